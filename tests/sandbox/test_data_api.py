"""The Data API in the eyes of google-api-python-client, and its errors."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import httplib2
import pytest
from real_sandbox import running

from ytarchive_tui.sandbox import catalog
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.client import ControlClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from googleapiclient.discovery import build
    from googleapiclient.errors import HttpError

KEY = "sandbox-key"
LECTURE = demo.group("lectures")[0]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with running(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


@pytest.fixture
def control(addresses: Addresses) -> ControlClient:
    client = ControlClient(addresses)
    client.reset()
    return client


@pytest.fixture
def youtube(addresses: Addresses, control: ControlClient) -> Iterator[Any]:
    with service(addresses, KEY) as made:
        yield made


def service(addresses: Addresses, key: str) -> Any:
    return build(
        "youtube",
        "v3",
        developerKey=key,
        client_options={"api_endpoint": addresses.api},
        static_discovery=True,
        http=httplib2.Http(timeout=1),
    )


def get(addresses: Addresses, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    http = httplib2.Http(timeout=5)
    try:
        response, body = http.request(f"{addresses.api}/youtube/v3/{path}", headers=headers)
        return response.status, dict(response), body
    finally:
        http.close()


def error_of(addresses: Addresses, path: str) -> tuple[int, str]:
    status, _, body = get(addresses, path)
    return status, json.loads(body)["error"]["errors"][0]["reason"]


def test_videos_with_all_parts_in_the_order_asked(youtube: Any) -> None:
    asked = [LECTURE, "private-001", "missing-001", "geo-0000001", "premiere-01"]
    parts = "snippet,contentDetails,statistics,status,topicDetails,liveStreamingDetails"
    found = youtube.videos().list(part=parts, id=",".join(asked)).execute()
    lecture, blocked, premiere = found["items"]
    assert [each["id"] for each in found["items"]] == [LECTURE, "geo-0000001", "premiere-01"]
    assert found["pageInfo"]["totalResults"] == 3
    assert lecture["snippet"]["title"] == demo.entries()[demo.positions()[LECTURE]].title
    assert lecture["snippet"]["channelTitle"] == demo.TITLE
    assert lecture["contentDetails"]["duration"] == "PT19M1S"
    assert int(lecture["statistics"]["viewCount"]) and lecture["status"]["privacyStatus"] == "public"
    assert blocked["contentDetails"]["regionRestriction"] == {"allowed": ["IS", "JP"]}
    assert premiere["snippet"]["liveBroadcastContent"] == "upcoming"
    assert premiere["liveStreamingDetails"]["scheduledStartTime"]


def test_a_playlist_of_250_is_five_pages(youtube: Any) -> None:
    list_id, wanted = catalog.counted_playlist_id(250), catalog.playlist(catalog.counted_playlist_id(250))
    assert wanted is not None
    request = youtube.playlistItems().list(part="snippet,contentDetails", playlistId=list_id, maxResults=50)
    pages = []
    while request is not None:
        pages.append(request.execute())
        request = youtube.playlistItems().list_next(request, pages[-1])
    found = [item["contentDetails"]["videoId"] for page in pages for item in page["items"]]
    assert len(pages) == 5
    assert found == [wanted.video_id(n) for n in range(250)]
    assert pages[0]["pageInfo"] == {"totalResults": 250, "resultsPerPage": 50}


def test_private_and_deleted_entries_are_only_named(youtube: Any) -> None:
    listed = youtube.playlistItems().list(
        part="snippet,status", playlistId=catalog.CONDITIONS_PLAYLIST, maxResults=50
    )
    titles = {
        each["snippet"]["resourceId"]["videoId"]: each["snippet"]["title"]
        for each in listed.execute()["items"]
    }
    assert (titles["private-001"], titles["deleted-001"]) == ("Private video", "Deleted video")


@pytest.mark.parametrize(
    "filter_", [{"id": demo.CHANNEL_ID}, {"forHandle": demo.HANDLE}, {"forUsername": "tidewrackfilms"}]
)
def test_a_channel_leads_to_its_uploads(youtube: Any, filter_: dict[str, str]) -> None:
    found = youtube.channels().list(part="snippet,contentDetails,statistics", **filter_).execute()["items"]
    (channel,) = found
    assert channel["contentDetails"]["relatedPlaylists"]["uploads"] == "UU" + demo.CHANNEL_ID[2:]
    assert channel["statistics"]["subscriberCount"] == str(demo.SUBSCRIBERS)


def test_playlists_by_id_and_by_channel(youtube: Any) -> None:
    by_id = youtube.playlists().list(part="snippet,contentDetails", id=catalog.LECTURES_PLAYLIST).execute()
    by_channel = youtube.playlists().list(part="snippet", channelId=demo.CHANNEL_ID, maxResults=50).execute()
    assert by_id["items"][0]["contentDetails"]["itemCount"] == 30
    assert [each["id"] for each in by_channel["items"]][:2] == [
        catalog.DEMO_PLAYLIST,
        catalog.LECTURES_PLAYLIST,
    ]


def test_captions(youtube: Any) -> None:
    found = youtube.captions().list(part="snippet", videoId=LECTURE).execute()["items"]
    assert [(each["snippet"]["language"], each["snippet"]["trackKind"]) for each in found] == [
        ("en", "standard"), ("de", "standard"), ("ja", "standard"), ("en", "asr"),
    ]  # fmt: skip


def test_each_key_has_its_own_quota(addresses: Addresses, control: ControlClient) -> None:
    control.set(api_keys={"poor": 2, "rich": 100})
    with service(addresses, "poor") as poor:
        request = poor.videos().list(part="id", id=LECTURE)
        request.execute()
        request.execute()
        with pytest.raises(HttpError) as caught:
            request.execute()
    assert caught.value.status_code == 403
    assert caught.value.error_details[0]["reason"] == "quotaExceeded"
    assert control.knobs().api_keys == {"poor": 0, "rich": 100}


def test_bad_and_missing_keys(addresses: Addresses, control: ControlClient) -> None:
    status, _, body = get(addresses, f"videos?part=id&id={LECTURE}&key=wrong")
    assert status == 400
    assert json.loads(body)["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert error_of(addresses, f"videos?part=id&id={LECTURE}") == (403, "forbidden")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("videos?part=id", (400, "missingRequiredParameter")),
        (f"videos?id={LECTURE}", (400, "missingRequiredParameter")),
        (f"videos?part=colour&id={LECTURE}", (400, "unknownPart")),
        (f"videos?part=id&id={','.join(f'video{n:06d}' for n in range(51))}", (400, "invalidFilters")),
        ("playlistItems?part=id&playlistId=PLnothing", (404, "playlistNotFound")),
        (
            f"playlistItems?part=id&playlistId={catalog.DEMO_PLAYLIST}&maxResults=51",
            (400, "invalidParameter"),
        ),
        (f"playlistItems?part=id&playlistId={catalog.DEMO_PLAYLIST}&pageToken=x", (400, "invalidPageToken")),
        ("captions?part=snippet&videoId=missing-001", (404, "videoNotFound")),
    ],
)
def test_bad_requests(
    addresses: Addresses, control: ControlClient, path: str, error: tuple[int, str]
) -> None:
    assert error_of(addresses, f"{path}&key={KEY}") == error


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("500", (500, "backendError")),
        ("503", (503, "backendError")),
        ("rateLimitExceeded", (403, "rateLimitExceeded")),
    ],
)
def test_faults(addresses: Addresses, control: ControlClient, fault: str, error: tuple[int, str]) -> None:
    control.set(api_fault=fault)
    assert error_of(addresses, f"videos?part=id&id={LECTURE}&key={KEY}") == error


def test_malformed_and_hanging_answers(youtube: Any, control: ControlClient) -> None:
    request = youtube.videos().list(part="id", id=LECTURE)
    control.set(api_fault="malformed")
    assert isinstance(request.execute(), str), "the client hands on what it can't parse"
    control.set(api_fault="hang")
    with pytest.raises(TimeoutError):
        request.execute()


def test_an_unchanged_answer_is_not_sent_again(addresses: Addresses, control: ControlClient) -> None:
    path = f"videos?part=snippet&id={LECTURE}&key={KEY}"
    _, headers, body = get(addresses, path)
    assert headers["etag"].strip('"') == json.loads(body)["etag"]
    assert get(addresses, path, **{"If-None-Match": headers["etag"]})[0] == 304
    control.set(overrides={LECTURE: {"title": "Renamed"}})
    assert get(addresses, path, **{"If-None-Match": headers["etag"]})[0] == 200
