"""Media, manifests, pictures, captions and feeds, asked of the handler itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest

from ytarchive_tui.sandbox import catalog, youtube
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.model import FaultKind, Request, Response
from ytarchive_tui.sandbox.world import World

FRESH = "freshvideo1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def get(world: World, url: str, connection: int = 1, **headers: str) -> Response:
    parts = urlsplit(url)
    request = Request(
        "GET", parts.scheme, parts.netloc, parts.path, dict(parse_qsl(parts.query)), headers, b"", connection
    )
    return await youtube.handle(world)(request)


async def ask_player(world: World, video_id: str) -> dict[str, Any]:
    body = {"videoId": video_id, "context": {"client": {"clientName": "VISIONOS"}}}
    request = Request(
        "POST", "https", "www.youtube.com", "/youtubei/v1/player", {}, {}, json.dumps(body).encode(), 1
    )
    answer = await youtube.handle(world)(request)
    assert isinstance(answer.body, bytes)
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def media_url(world: World, video_id: str = FRESH, itag: int = 160) -> str:
    streams = (await ask_player(world, video_id))["streamingData"]
    return next(str(each["url"]) for each in streams["adaptiveFormats"] if each["itag"] == itag)


def text(answer: Response) -> str:
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


async def test_a_media_link_gives_the_file_it_promises(world: World) -> None:
    url = await media_url(world)
    answer, query = await get(world, url), dict(parse_qsl(urlsplit(url).query))
    assert not isinstance(answer.body, bytes)
    assert answer.body.size == int(query["clen"]) and answer.body.content_type == "video/mp4"
    assert {"expire", "id", "itag", "lmt"} <= query.keys() and "n" not in query
    assert dict(answer.headers)["Last-Modified"].endswith("GMT")


async def test_a_media_link_expires(world: World) -> None:
    url = await media_url(world)
    assert (await get(world, url)).status == 200
    world.clock.advance(6 * 3600)
    assert (await get(world, url)).status == 403


@pytest.mark.parametrize(
    ("condition", "status"), [("media_403", 403), ("media_429", 429), ("media_5xx", 503)]
)
async def test_media_refused_until_the_last_strike(world: World, condition: str, status: int) -> None:
    url = await media_url(world)
    world.knobs.conditions[FRESH] = condition
    world.knobs.fail_times[FRESH] = 2
    assert [(await get(world, url)).status for _ in range(3)] == [status, status, 200]


@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.RESET, FaultKind.TRUNCATE])
async def test_a_broken_transfer_never_comes_to_its_end(world: World, kind: FaultKind) -> None:
    suffix = "truncated" if kind is FaultKind.TRUNCATE else kind.value
    url = await media_url(world)
    world.knobs.conditions[FRESH] = f"media_{suffix}"
    whole = await get(world, url)
    assert not isinstance(whole.body, bytes)
    rest = await get(world, url, range=f"bytes={whole.body.size - 300}-99999999")
    assert whole.fault and rest.fault
    assert (whole.fault.kind, whole.fault.after_bytes) == (kind, whole.body.size // 3)
    assert rest.fault.after_bytes == 100


async def test_html_instead_of_media(world: World) -> None:
    answer = await get(world, await media_url(world, "htmlpage-01"))
    assert answer.status == 200 and text(answer).startswith("<!DOCTYPE html>")


async def test_a_changed_file_differs_from_connection_to_connection(world: World) -> None:
    url = await media_url(world, "changed-001")
    first, again, other = [await get(world, url, connection) for connection in (5, 5, 6)]
    assert not any(isinstance(each.body, bytes) for each in (first, again, other))
    assert first.body.etag == again.body.etag != other.body.etag  # type: ignore[union-attr]
    assert dict(first.headers)["Last-Modified"] != dict(other.headers)["Last-Modified"]


async def test_hls_with_and_without_holes(world: World) -> None:
    for video_id, missing in (("hlsonly-001", 0), ("hlsholes-01", 2)):
        streams = (await ask_player(world, video_id))["streamingData"]
        assert "adaptiveFormats" not in streams
        master = text(await get(world, streams["hlsManifestUrl"]))
        variant = next(line for line in master.splitlines() if line.startswith("https://"))
        listed = text(await get(world, variant)).splitlines()
        statuses = [(await get(world, line)).status for line in listed if line.startswith("https://")]
        assert len(statuses) > 2 and statuses.count(404) == missing
        start = next(line for line in listed if line.startswith("#EXT-X-MAP")).split('"')[1]
        assert (await get(world, start)).status == 200


async def test_a_live_playlist_has_no_end(world: World) -> None:
    master = (await ask_player(world, "live-000001"))["streamingData"]["hlsManifestUrl"]
    variant = next(
        line for line in text(await get(world, master)).splitlines() if line.startswith("https://")
    )
    assert "ENDLIST" not in text(await get(world, variant))


async def test_captions_and_their_trouble(world: World) -> None:
    base = f"https://www.youtube.com/api/timedtext?v={FRESH}&lang=en&fmt=vtt"
    for url in (base, f"{base}&kind=asr", f"{base}&tlang=fr"):
        answer = await get(world, url)
        assert answer.status == 200 and not isinstance(answer.body, bytes)
        assert b"".join(answer.body.read(0, answer.body.size)).startswith(b"WEBVTT")
    assert (await get(world, base.replace("lang=en", "lang=xx"))).status == 404
    assert (await get(world, base.replace(FRESH, "subs429-001"))).status == 429


@pytest.mark.parametrize(
    "path", ["vi/{}/maxresdefault.jpg", "vi_webp/{}/maxresdefault.webp", "vi/{}/hqdefault_live.jpg"]
)
async def test_thumbnails(world: World, path: str) -> None:
    assert (await get(world, f"https://i.ytimg.com/{path.format(FRESH)}")).status == 200
    assert (await get(world, f"https://i.ytimg.com/{path.format('missing-001')}")).status == 404


async def test_a_channel_has_a_picture(world: World) -> None:
    assert (await get(world, f"https://yt3.ggpht.com/{demo.CHANNEL_ID}=s900")).status == 200


async def test_the_feed_is_valid_xml_and_holds_the_newest_fifteen(world: World) -> None:
    for query in (f"channel_id={demo.CHANNEL_ID}", f"playlist_id={catalog.HOSTILE_PLAYLIST}"):
        answer = await get(world, f"https://www.youtube.com/feeds/videos.xml?{query}")
        found = ElementTree.fromstring(text(answer)).findall("{http://www.w3.org/2005/Atom}entry")
        assert len(found) == (15 if "channel" in query else 11)
    assert (await get(world, "https://www.youtube.com/feeds/videos.xml?channel_id=UCnobody")).status == 404


async def test_short_links_lead_to_the_watch_page(world: World) -> None:
    answer = await get(world, f"https://youtu.be/{FRESH}")
    assert (answer.status, dict(answer.headers)["Location"]) == (
        303,
        f"https://www.youtube.com/watch?v={FRESH}",
    )


async def test_pages_can_not_be_broken_out_of_by_a_title(world: World) -> None:
    world.knobs.overrides[FRESH] = {"title": "</script><script>alert(1)</script>"}
    assert "<script>alert" not in text(await get(world, f"https://www.youtube.com/watch?v={FRESH}"))
