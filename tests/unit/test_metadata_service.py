"""Batches, the cache, partial failures and the way through yt-dlp, with the real API client and sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from metadata_samples import Clock, Extractor, client_of

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.metadata_cache import MetadataCache
from ytarchive_tui.domain.errors import Evidence, FailureClass, StageError
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.request_log import RequestRecord
from ytarchive_tui.services.metadata import LIFETIMES_S, MetadataService, Told

Make = Callable[..., MetadataService]
IDS = [f"batch-{n:05}" for n in range(120)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state.db", clock=clock) as database:
        yield database


@pytest.fixture
async def service(local_youtube: Addresses, db: Database, clock: Clock) -> AsyncIterator[Make]:
    made: list[Any] = []

    def make(extract: Extractor | None = None, *, cache_bytes: int = 10**8, **more: Any) -> MetadataService:
        made.append(client_of(local_youtube, db, now=clock, **more))
        return MetadataService(MetadataCache(db, limit_bytes=cache_bytes), made[-1], extract)

    yield make
    for client in made:
        client.close()


async def told(service: MetadataService, ids: list[str], **how: bool) -> dict[str, Told]:
    found = [one async for one in service.describe(ids, **how)]
    assert len({one.video_id for one in found}) == len(found), "each id is told once"
    return {one.video_id: one for one in found}


def calls(youtube: ControlClient) -> list[RequestRecord]:
    found = [record for record in youtube.log() if record.path.startswith("/youtube/v3/")]
    youtube.clear_log()
    return found


async def test_as_few_calls_as_can_be_and_none_for_what_is_known(
    service: Make, youtube: ControlClient
) -> None:
    found = await told(service(), IDS + IDS[:30])
    assert len(found) == 120 and all(one.metadata and not one.cached for one in found.values())
    assert len(calls(youtube)) == 3
    again = await told(service(), [*IDS[100:], "fresh-00001"])
    assert len(calls(youtube)) == 1
    assert [one.cached for one in again.values()] == [True] * 20 + [False]


async def test_ids_that_are_not_there_fail_alone_and_are_remembered(
    service: Make, youtube: ControlClient
) -> None:
    for _ in range(2):
        found = await told(service(), ["ordinary-01", "missing-001", "private-001"])
        assert found["ordinary-01"].metadata
        failures = {found[name].failure.failure_class for name in ("missing-001", "private-001")}  # type: ignore[union-attr]
        assert failures == {FailureClass.GONE}
    assert len(calls(youtube)) == 1


async def test_an_answer_is_believed_for_its_lifetime(
    service: Make, youtube: ControlClient, clock: Clock
) -> None:
    await told(service(), ["ordinary-01", "missing-001"])
    clock.now += timedelta(seconds=LIFETIMES_S["absent"] + 1)
    await told(service(), ["ordinary-01"])
    assert len(calls(youtube)) == 1
    await told(service(), ["missing-001"])
    assert len(calls(youtube)) == 1
    clock.now += timedelta(seconds=LIFETIMES_S["video"])
    await told(service(), ["ordinary-01"])
    assert len(calls(youtube)) == 1


async def test_a_refresh_asks_whether_something_changed(service: Make, youtube: ControlClient) -> None:
    ids = IDS[:50]
    before = await told(service(), ids)
    calls(youtube)
    again = await told(service(), ids, refresh=True)
    assert [record.status for record in calls(youtube)] == [304]
    assert {name: one.metadata for name, one in again.items()} == {
        name: one.metadata for name, one in before.items()
    }
    youtube.set(overrides={ids[3]: {"title": "Renamed"}})
    changed = await told(service(), ids, refresh=True)
    assert [record.status for record in calls(youtube)] == [200]
    assert changed[ids[3]].metadata.title == "Renamed"  # type: ignore[union-attr]


async def test_the_cache_stays_within_its_size(
    service: Make, youtube: ControlClient, db: Database, clock: Clock
) -> None:
    small = service(cache_bytes=60_000)
    await told(small, IDS[:100])
    clock.now += timedelta(seconds=1)
    await told(small, IDS[100:])
    (row,) = await db.fetch(
        "SELECT (SELECT bytes FROM metadata_cache_size) AS told, sum(size) AS n, count(*) AS rows "
        "FROM metadata_cache"
    )
    assert row["told"] == row["n"] <= 60_000 and row["rows"] > 10
    calls(youtube)
    newest = await small.known(IDS[-10:])
    assert len(newest) == 10, "the least recently used go first"


async def test_spent_quota_sends_the_rest_through_ytdlp_and_nothing_is_asked_twice(
    service: Make, youtube: ControlClient
) -> None:
    ytdlp = Extractor()
    one = service(ytdlp, limit=1)
    found = await told(one, IDS)
    by = {name: each.metadata.provider for name, each in found.items() if each.metadata}
    assert sorted(by) == sorted(IDS)
    api_told = {name for name, provider in by.items() if provider == "youtube_api"}
    assert (len(api_told), len(calls(youtube))) == (50, 1)
    assert sorted(ytdlp.asked) == sorted(set(IDS) - api_told), "each once, and none that the API told"
    assert one.detour is not None and one.detour.failure_class is FailureClass.THROTTLED
    await told(service(ytdlp, limit=1), IDS)
    assert (len(calls(youtube)), len(ytdlp.asked)) == (0, 70)


async def test_without_a_way_round_each_id_has_the_apis_failure(
    service: Make, youtube: ControlClient
) -> None:
    youtube.set(api_fault="503")
    found = await told(service(), IDS)
    assert {one.failure.failure_class for one in found.values() if one.failure} == {
        FailureClass.NET_TRANSIENT
    }
    assert len(found) == 120 and len(calls(youtube)) == 2, "a broken API is left alone for a while"
    youtube.set(api_fault="")
    assert all((await told(service(), IDS[:3])).values()), "a failure is no knowledge and is not kept"


async def test_a_site_that_refuses_is_left_alone(service: Make, youtube: ControlClient) -> None:
    ytdlp = Extractor(StageError(Evidence(message="Sign in to confirm you're not a bot")))
    found = await told(service(ytdlp, limit=0), IDS[:40])
    assert {one.failure.failure_class for one in found.values() if one.failure} == {FailureClass.BOT_CHECK}
    assert len(found) == 40 and len(ytdlp.asked) <= 2


async def test_formats_come_from_ytdlp_on_top(service: Make, youtube: ControlClient) -> None:
    ytdlp = Extractor()
    found = await told(service(ytdlp), ["ordinary-01"], formats=True)
    metadata = found["ordinary-01"].metadata
    assert metadata and metadata.provider == "ytdlp" and metadata.filled["made_for_kids"] == "youtube_api"


async def test_subtitles_are_asked_for_once(service: Make, youtube: ControlClient) -> None:
    one, lecture = service(), demo.group("lectures")[0]
    assert await one.captions(lecture) == ("de", "en", "ja") == await one.captions(lecture)
    assert len(calls(youtube)) == 1
