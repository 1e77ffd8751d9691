"""The Data API: the real client against the sandbox's endpoint, paid from a real ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from metadata_samples import CANARY, KEY, Clock, client_of

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.quota import StoredLedger
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.domain.models import AtSource
from ytarchive_tui.domain.pacific import quota_renewed
from ytarchive_tui.domain.quota import fingerprint
from ytarchive_tui.sandbox import catalog
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.request_log import RequestRecord
from ytarchive_tui.youtube_api.client import YouTubeClient
from ytarchive_tui.youtube_api.resources import listed_item, metadata, seconds, subtitles

Client = Callable[..., YouTubeClient]


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state.db") as database:
        yield database


@pytest.fixture
async def client(local_youtube: Addresses, db: Database) -> AsyncIterator[Client]:
    made: list[YouTubeClient] = []

    def make(*keys: str, **more: Any) -> YouTubeClient:
        made.append(client_of(local_youtube, db, *keys, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def asked(youtube: ControlClient) -> list[RequestRecord]:
    return [record for record in youtube.log() if record.path.startswith("/youtube/v3/")]


async def test_a_video_is_described(client: Client, youtube: ControlClient) -> None:
    answer = await client().videos(["ordinary-01"])
    assert answer.body is not None and answer.etag
    told = metadata(answer.body["items"][0])
    assert (told.video_id, told.provider) == ("ordinary-01", "youtube_api")
    assert told.title and told.channel and told.channel_id and told.tags and told.categories
    assert told.duration_s and told.duration_s > 0
    assert told.published_at is not None and told.published_at.tzinfo is not None
    assert (told.at_source, told.live_status) == (AtSource.PUBLIC, "not_live")
    assert None not in (told.view_count, told.like_count, told.comment_count)
    assert (told.made_for_kids, told.embeddable, told.licence) == (False, True, "youtube")
    assert (told.topics, told.age_limit) == (("Knowledge",), 0)


async def test_what_only_the_api_tells(client: Client, youtube: ControlClient) -> None:
    answer = await client().videos(["geo-0000001", "age-0000001", "premiere-01"])
    assert answer.body is not None
    geo, adult, premiere = map(metadata, answer.body["items"])
    assert geo.regions_allowed == ("IS", "JP")
    assert adult.age_limit == 18
    assert (premiere.live_status, premiere.at_source) == ("is_upcoming", AtSource.UPCOMING)


async def test_lists_their_entries_channels_and_subtitles(client: Client, youtube: ControlClient) -> None:
    api = client()
    lists = await api.playlists([catalog.LECTURES_PLAYLIST])
    by_handle, by_id = await api.channel_of(demo.HANDLE), await api.channels([demo.CHANNEL_ID])
    first = await api.playlist_items(catalog.counted_playlist_id(120))
    assert lists.body and by_handle.body and by_id.body and first.body
    assert lists.body["items"][0]["contentDetails"]["itemCount"] == 30
    assert by_handle.body["items"] == by_id.body["items"]
    second = await api.playlist_items(catalog.counted_playlist_id(120), first.body["nextPageToken"])
    assert second.body
    items = [listed_item(entry, n) for n, entry in enumerate(second.body["items"], 51)]
    assert (len(items), items[0].position) == (50, 51) and items[0].title
    tracks = await api.captions(demo.group("lectures")[0])
    assert tracks.body and subtitles(tracks.body) == ("de", "en", "ja")


async def test_entries_that_are_gone_are_told_so(client: Client, youtube: ControlClient) -> None:
    answer = await client().playlist_items(catalog.CONDITIONS_PLAYLIST)
    assert answer.body
    seen = {item.video_id: item.at_source for item in (listed_item(e, 1) for e in answer.body["items"])}
    assert (seen["private-001"], seen["deleted-001"]) == (AtSource.PRIVATE, AtSource.REMOVED)


async def test_an_unchanged_answer_is_told_by_its_etag(client: Client, youtube: ControlClient) -> None:
    api, listing = client(), catalog.counted_playlist_id(60)
    first = await api.playlist_items(listing)
    again = await api.playlist_items(listing, etag=first.etag)
    assert again.body is None and again.etag == first.etag
    assert [record.status for record in asked(youtube)] == [200, 304]


async def test_the_key_travels_in_a_header_alone(
    client: Client, youtube: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    youtube.set(api_keys={CANARY: 2})
    api = client(CANARY)
    await api.videos(["ordinary-01"])
    youtube.set(api_fault="500")
    with pytest.raises(StageError) as caught:
        await api.videos(["ordinary-01"])
    assert CANARY not in caplog.text and "key=" not in caplog.text
    assert CANARY not in caught.value.evidence.model_dump_json() and CANARY not in str(caught.value)


TROUBLE = [
    ("500", FailureClass.NET_TRANSIENT, "the site has an error of its own (HTTP 500)"),
    ("503", FailureClass.NET_TRANSIENT, "the site has an error of its own (HTTP 503)"),
    ("rateLimitExceeded", FailureClass.THROTTLED, "the Data API says: too many requests at once (HTTP 403)"),
    ("malformed", FailureClass.NET_TRANSIENT, "the Data API's answer is not JSON"),
    ("hang", FailureClass.NET_TRANSIENT, "the site sent nothing for too long"),
]


@pytest.mark.parametrize(("fault", "failure_class", "sentence"), TROUBLE)
async def test_each_trouble_has_its_class_and_its_line(
    client: Client, youtube: ControlClient, fault: str, failure_class: FailureClass, sentence: str
) -> None:
    youtube.set(api_fault=fault)
    with pytest.raises(StageError) as caught:
        await client(timeout_s=0.3).videos(["ordinary-01"])
    failure = classify(caught.value.evidence)
    assert (failure.failure_class, failure.sentence) == (failure_class, sentence)


async def test_a_bad_key_is_said_to_be_one_and_not_asked_with_again(
    client: Client, youtube: ControlClient
) -> None:
    api = client(CANARY)
    for _ in range(3):
        with pytest.raises(StageError) as caught:
            await api.videos(["ordinary-01"])
    assert classify(caught.value.evidence).failure_class is FailureClass.AUTH
    assert "API key not valid" in caught.value.evidence.message
    assert len(asked(youtube)) == 1


async def test_a_broken_api_is_tried_twice_and_then_left_alone_for_a_minute(
    client: Client, youtube: ControlClient, db: Database
) -> None:
    clock = Clock()
    api = client(now=clock)
    youtube.set(api_fault="503")
    for _ in range(3):
        with pytest.raises(StageError):
            await api.videos(["ordinary-01"])
    assert len(asked(youtube)) == 2
    youtube.set(api_fault="")
    clock.now += timedelta(minutes=2)
    assert (await api.videos(["ordinary-01"])).body


async def test_the_next_key_is_used_and_nobody_is_asked_while_all_are_spent(
    local_youtube: Addresses, youtube: ControlClient, tmp_path: Path
) -> None:
    clock = Clock()
    async with await Database.open(tmp_path / "rotation.db", clock=clock) as db:
        api = client_of(local_youtube, db, "one", "two", now=clock)
        youtube.set(api_keys={"one": 1, "two": 1})
        for _ in range(2):
            assert (await api.videos(["ordinary-01"])).body
        for _ in range(2):
            with pytest.raises(StageError) as caught:
                await api.videos(["ordinary-01"])
        assert classify(caught.value.evidence).failure_class is FailureClass.THROTTLED
        # Two answers, and each key learnt once that it is spent: the ledger thought it had more.
        assert len(asked(youtube)) == 4
        youtube.set(api_keys={"one": 9, "two": 9})
        clock.now = quota_renewed(clock.now) + timedelta(seconds=1)
        assert (await api.videos(["ordinary-01"])).body
        api.close()


async def test_no_call_goes_past_the_limit(client: Client, youtube: ControlClient, db: Database) -> None:
    youtube.set(api_keys={KEY: 10_000})
    api = client(limit=5)
    answers = await asyncio.gather(
        *(api.videos([f"ordinary-{n:02}"]) for n in range(9)), return_exceptions=True
    )
    assert sum(isinstance(each, StageError) for each in answers) == 4
    assert len(asked(youtube)) == 5
    (standing,) = await StoredLedger(db, limit=5).standings([fingerprint(KEY)])
    assert (standing.spent, standing.left, standing.calls) == (5, 0, {"videos.list": 5})


async def test_a_call_that_reaches_nobody_costs_nothing(tmp_path: Path, db: Database) -> None:
    nobody = Addresses(proxy="", ca_file="", api="http://127.0.0.1:9", control="", token="", pid=0)
    api = client_of(nobody, db)
    with pytest.raises(StageError) as caught:
        await api.videos(["ordinary-01"])
    api.close()
    assert classify(caught.value.evidence).failure_class is FailureClass.NET_TRANSIENT
    (standing,) = await StoredLedger(db, limit=5).standings([fingerprint(KEY)])
    assert standing.spent == 0


async def test_calls_at_once_get_the_videos_that_they_asked_for(
    client: Client, youtube: ControlClient
) -> None:
    api = client()

    async def ask(number: int) -> bool:
        video_id = f"thread-{number:04}"
        body = (await api.videos([video_id])).body
        return body is not None and [item["id"] for item in body["items"]] == [video_id]

    assert all(await asyncio.gather(*map(ask, range(80))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H2M3S", 3723),
        ("PT45S", 45),
        ("P1DT2S", 86402),
        ("P0D", 0),
        ("PT", None),
        ("x", None),
        (None, None),
    ],
)
def test_durations_of_the_api(text: str | None, expected: float | None) -> None:
    assert seconds(text) == expected
