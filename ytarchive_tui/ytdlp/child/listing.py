"""Lists a source lazily, in pages, the cheap way where it gives the same items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yt_dlp.utils import DownloadError, ExtractorError

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import ListedItem, ListedList, ListPage
from ytarchive_tui.ytdlp.child.describe import listed_item, listed_list
from ytarchive_tui.ytdlp.child.evidence import clean, evidence
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.options import list_params
from ytarchive_tui.ytdlp.protocol import ListRequest
from ytarchive_tui.ytdlp.task import Emit

PAGE = 100
DEPTH = 2
"""A channel's page leads to tabs, a tab of playlists to playlists; nothing leads further."""
_CHANNEL = re.compile(
    r"https?://(?:www\.|m\.)?youtube\.com/(?:channel/(?P<id>UC[\w-]{22})|(?:@|c/|user/)[^/?#]+)"
    r"(?:/(?P<tab>featured|videos|shorts|streams))?/?(?:[?#].*)?"
)
_UPLOADS = {None: "UU", "featured": "UU", "videos": "UULF", "shorts": "UUSH", "streams": "UULV"}
"""Tab → prefix of the playlist that holds the same videos; a channel's id without `UC` follows.

yt-dlp needs 7.6 ms of CPU for an entry of a tab and 2.0 ms for one of a playlist.
"""


def list_source(session: Session, request: ListRequest, emit: Emit) -> dict[str, Any]:
    """Emit a `page` event for each hundred entries; returns title and number of entries.

    Raises what yt-dlp raises, or `StageError` (ListCut) for a list that does not end, after the entries
    that came before the failure were emitted.
    """
    session.activity = "list"
    session.params.update(list_params(session.params))
    title, entries = _open(session, request.url)
    pages = _Pages(title, emit)
    seen: set[str] = set()
    try:
        for entry in _flat(session, entries, DEPTH if request.whole else 0):
            if entry["id"] in seen:
                continue
            if len(seen) >= request.most:
                raise _cut(f"the list was cut after {request.most} entries")
            seen.add(entry["id"])
            if _is_list(entry):
                pages.add_list(listed_list(entry, len(seen)))
            else:
                pages.add(listed_item(entry, len(seen)))
    finally:
        pages.flush()
    return {"title": title, "entries": len(seen)}


class _Pages:
    def __init__(self, title: str | None, emit: Emit) -> None:
        self._title = title
        self._emit = emit
        self._entries: list[ListedItem] = []
        self._lists: list[ListedList] = []

    def add(self, entry: ListedItem) -> None:
        self._entries.append(entry)
        self._flush_full()

    def add_list(self, entry: ListedList) -> None:
        self._lists.append(entry)
        self._flush_full()

    def _flush_full(self) -> None:
        if len(self._entries) + len(self._lists) >= PAGE:
            self.flush()

    def flush(self) -> None:
        if self._entries or self._lists:
            page = ListPage(title=self._title, entries=tuple(self._entries), lists=tuple(self._lists))
            self._entries, self._lists = [], []
            self._emit({"page": page.model_dump(mode="json")})


def _open(session: Session, url: str) -> tuple[str | None, Iterable[Mapping[str, Any]]]:
    """The list's title and its lazy entries."""
    found = _CHANNEL.fullmatch(url)
    page: dict[str, Any] | None = None
    if found:
        channel_id, title = found["id"], None
        if channel_id is None:
            page = _ask(session, url)
            channel_id, title = page.get("channel_id"), page.get("channel")
        if channel_id and (uploads := _uploads(session, channel_id, found["tab"])):
            return _title(uploads, title), uploads["entries"]
    page = page or _ask(session, url)
    return _title(page, None), page.get("entries") or ()


def _uploads(session: Session, channel_id: str, tab: str | None) -> dict[str, Any] | None:
    """The playlist that holds a tab's videos; None when there is none."""
    listing = f"https://www.youtube.com/playlist?list={_UPLOADS[tab]}{channel_id.removeprefix('UC')}"
    try:
        return _ask(session, listing)
    except (DownloadError, ExtractorError) as error:
        # Only a playlist that does not exist is a reason for the longer way; a refusal stays one.
        if evidence(error, session).http_status not in (None, 404):
            raise
        return None


def _ask(session: Session, url: str) -> dict[str, Any]:
    info = session.extract_info(url, download=False, process=False)
    while info.get("_type") in ("url", "url_transparent"):
        info = session.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
    if info.get("_type") not in ("playlist", "multi_video"):
        raise StageError(
            Evidence(exception=("NotAList",), message="the address leads to a video, not to a list")
        )
    found: dict[str, Any] = info
    return found


def _flat(session: Session, entries: Iterable[Any], depth: int) -> Iterator[dict[str, Any]]:
    """The videos of a list and of the lists in it; below `depth`, these lists themselves."""
    for entry in _advancing(entries):
        if entry.get("_type") in ("playlist", "multi_video"):
            yield from _flat(session, entry.get("entries") or (), depth)
        elif _is_list(entry) and depth > 0:
            yield from _flat(session, _ask(session, entry["url"]).get("entries") or (), depth - 1)
        elif entry.get("id") and entry.get("url"):
            yield entry


def _advancing(entries: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The entries of one list; raises `StageError` when it only repeats itself.

    Different lists may well name the same videos, so each is held against itself alone.
    """
    seen: set[Any] = set()
    repeats = 0
    for entry in filter(None, entries):
        name = entry.get("id") or entry.get("url")
        repeats = repeats + 1 if name is not None and name in seen else 0
        if repeats > 2 * PAGE:
            raise _cut("the list repeats itself and was ended")
        seen.add(name)
        yield entry


def _cut(message: str) -> StageError:
    return StageError(Evidence(exception=("ListCut",), message=message, activity="list"))


def _is_list(entry: Mapping[str, Any]) -> bool:
    return entry.get("ie_key") in ("YoutubeTab", "YoutubePlaylist")


def _title(info: Mapping[str, Any], better: str | None) -> str | None:
    title = better or info.get("title")
    return clean(str(title)) if title else None
