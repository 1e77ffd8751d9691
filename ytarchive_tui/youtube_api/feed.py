"""The Atom feed of a channel: its newest videos for one small request, without yt-dlp.

https://www.youtube.com/feeds/videos.xml, with `channel_id` for all uploads or `playlist_id` for a tab's. It
names 15 videos and is at times not served; then there is simply nothing to be learnt from it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Sequence
from functools import partial
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)
from xml.parsers import expat

from ytarchive_tui.domain.models import Job

log = logging.getLogger(__name__)

ADDRESS = "https://www.youtube.com/feeds/videos.xml"
MOST_BYTES = 1 << 20
"""A feed has some 30 kB."""
MOST_TIMEOUT_S = 10.0
"""It is only a short cut."""
_UPLOADS = re.compile(r"https://www\.youtube\.com/playlist\?list=(?P<list>UU(?:LF|SH|LV)?(?P<id>[\w-]{22}))")
"""What `ytdlp.child.listing` finds behind channels and their tabs: the newest comes first."""
_ENTRY, _VIDEO_ID = "http://www.w3.org/2005/Atom entry", "http://www.youtube.com/xml/schemas/2015 videoId"
_ID = re.compile(r"[\w-]{11}", re.ASCII)


class YouTubeFeed:
    """`NewestFeed` by HTTP, through the proxy and with the certificates that yt-dlp would use."""

    def __init__(
        self, *, proxy: str | None, ca_file: Path | None, source_address: str | None, timeout_s: float
    ) -> None:
        self._proxy = proxy
        self._ca_file = ca_file
        self._source_address = source_address
        self._timeout_s = min(timeout_s, MOST_TIMEOUT_S)

    async def newest(self, job: Job) -> Sequence[str] | None:
        """The ids of the newest videos of the job's source; None where no feed tells."""
        address = feed_address(job.source.list_url) if job.source else None
        if address is None:
            return None
        try:
            return video_ids(await asyncio.to_thread(self._get, address))
        except (OSError, HTTPException, ValueError) as error:
            log.info("no feed for %s: %s", address, error)
            return None

    def _get(self, address: str) -> bytes:
        """No redirect is followed: it would lead to a page for people."""
        opener = OpenerDirector()
        for handler in (
            ProxyHandler({"https": self._proxy} if self._proxy else {}),
            _From(self._source_address, context=ssl.create_default_context(cafile=self._ca_file)),
            HTTPErrorProcessor(),
            HTTPDefaultErrorHandler(),
        ):
            opener.add_handler(handler)
        with opener.open(Request(address), timeout=self._timeout_s) as answer:
            body: bytes = answer.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise ValueError("the feed is too large")
        return body


class _From(HTTPSHandler):
    """Connects from an address of this machine, if one is given."""

    def __init__(self, source_address: str | None, *, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._own_context = context
        self._from = (source_address, 0) if source_address else None

    def https_open(self, req: Request) -> Any:
        connection: Any = partial(HTTPSConnection, source_address=self._from)
        return self.do_open(connection, req, context=self._own_context)


def feed_address(list_url: str | None) -> str | None:
    """Where the feed of a channel's uploads is; None for other lists, whose feeds do not name the newest."""
    found = _UPLOADS.fullmatch(list_url or "")
    if found is None:
        return None
    if found["list"] == f"UU{found['id']}":
        return f"{ADDRESS}?channel_id=UC{found['id']}"
    return f"{ADDRESS}?playlist_id={found['list']}"


def video_ids(body: bytes) -> tuple[str, ...]:
    """The videos that a feed names, the newest first; raises `ValueError` for what is no such feed.

    Entities are refused before they are expanded, and nothing outside of the document is ever read.
    """
    found: list[str] = []
    path: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise ValueError("the feed declares a document type")

    def begin(name: str, _: object) -> None:
        path.append(name)
        if path[1:] == [_ENTRY, _VIDEO_ID]:
            found.append("")

    def text(words: str) -> None:
        if path[1:] == [_ENTRY, _VIDEO_ID]:
            found[-1] += words

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise ValueError(f"the feed is no XML: {error}") from None
    if any(not _ID.fullmatch(each) for each in found):
        raise ValueError("the feed names something that is no video")
    return tuple(found)
