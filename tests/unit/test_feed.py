"""The channel's feed: asked of the local YouTube, and what is made of feeds that are none."""

from __future__ import annotations

from datetime import UTC, datetime
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from unit.db.db_samples import OPTIONS

from ytarchive_tui.domain.models import Job, JobKind, Source, SourceKind, Stage, Status
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import channel_by_name
from ytarchive_tui.sandbox.catalog.ids import Shelf
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import VideoKind
from ytarchive_tui.youtube_api.feed import YouTubeFeed, feed_address, video_ids

NEWEST = tuple(Shelf(30).video_id(VideoKind.VIDEO, n) for n in range(15))
_BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
_FEED = (
    b'%s<feed xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015">'
    b"<entry><yt:videoId>%s</yt:videoId></entry></feed>"
)


def job(list_url: str | None) -> Job:
    now = datetime.now(UTC)
    address = "https://www.youtube.com/@count-30"
    source = Source(
        id=1, url=address, address=address, kind=SourceKind.CHANNEL, options=OPTIONS, created_at=now,
        list_url=list_url,
    )  # fmt: skip
    return Job(
        id=1, kind=JobKind.SOURCE, stage=Stage.METADATA, status=Status.RUNNING, options=OPTIONS,
        source=source, created_at=now, updated_at=now,
    )  # fmt: skip


def feed(told: Addresses, **other: str) -> YouTubeFeed:
    return YouTubeFeed(
        proxy=other.get("proxy", told.proxy), ca_file=Path(told.ca_file), source_address="127.0.0.1",
        timeout_s=30,
    )  # fmt: skip


async def test_the_newest_of_a_channel_cost_one_request_through_the_proxy(
    local_youtube: Addresses, youtube: ControlClient
) -> None:
    channel = channel_by_name("@count-30")
    assert channel is not None
    for prefix in ("UU", "UULF"):
        youtube.clear_log()
        uploads = f"https://www.youtube.com/playlist?list={prefix}{channel.id[2:]}"
        assert tuple(await feed(local_youtube).newest(job(uploads)) or ()) == NEWEST
        assert [record.path for record in youtube.log()] == ["/feeds/videos.xml"]


async def test_a_feed_that_fails_tells_nothing_and_is_no_failure(
    local_youtube: Addresses, youtube: ControlClient
) -> None:
    nobody = "https://www.youtube.com/playlist?list=UU" + "x" * 22
    assert await feed(local_youtube).newest(job(nobody)) is None
    assert await feed(local_youtube, proxy="http://127.0.0.1:9").newest(job(nobody)) is None
    assert await feed(local_youtube, proxy="socks5://127.0.0.1:9").newest(job(nobody)) is None
    youtube.set(offline=True)
    assert await feed(local_youtube).newest(job(nobody)) is None


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asked: list[str] = []

    def connect(self: HTTPSConnection) -> None:
        asked.append(self.host)
        raise ConnectionRefusedError

    monkeypatch.setattr(HTTPSConnection, "connect", connect)
    without = YouTubeFeed(proxy=None, ca_file=None, source_address=None, timeout_s=5)
    assert await without.newest(job("https://www.youtube.com/playlist?list=UU" + "x" * 22)) is None
    assert asked == ["www.youtube.com"]


@pytest.mark.parametrize("list_url", [None, "https://www.youtube.com/playlist?list=PLabc"])
def test_only_uploads_have_a_feed_of_the_newest(list_url: str | None) -> None:
    assert feed_address(list_url) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", _FEED % (_BOMB, b"&b;&b;aaa"), _FEED % (_BOMB, b"&c;"), _FEED % (b"", b"../../../aaa")],
)
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="feed"):
        video_ids(body)
