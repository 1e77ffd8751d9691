"""Lists a source lazily, in pages, the cheap way where it gives the same items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from yt_dlp.utils import DownloadError, ExtractorError

from ytarchive_tui.domain.changes import RUN, caught_up
from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import ListedItem, ListedList, ListPage
from ytarchive_tui.ytdlp.child.describe import listed_item, listed_list
from ytarchive_tui.ytdlp.child.evidence import clean, evidence
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.options import list_params
from ytarchive_tui.ytdlp.protocol import ListRequest
from ytarchive_tui.ytdlp.task import Emit

PAGE = 100
FIRST_PAGE = 20
"""Somebody may be waiting for the first rows: they come before the other entries were even made."""
_LIST = "https://www.youtube.com/playlist?list="
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
    """Emit a `page` event for the first few and each hundred further entries; returns title and number.

    With `request.known`, the reading ends before the first request that would bring nothing new, and no
    page says that the list ends. Raises what yt-dlp raises, or `StageError` (ListCut) for a list that does
    not end, after the entries that came before the failure were emitted.
    """
    session.activity = "list"
    session.params.update(list_params(session.params))
    found = _open(session, request)
    title = found.title
    pages = _Pages(found, emit)
    seen: dict[str, None] = {}
    session.before_request = _Brake(request, found, seen)
    try:
        for entry in _flat(session, found.entries, DEPTH if request.whole else 0):
            if entry["id"] in seen:
                continue
            if len(seen) >= request.most:
                raise _cut(f"the list was cut after {request.most} entries")
            seen[entry["id"]] = None
            if _is_list(entry):
                pages.add_list(listed_list(entry, len(seen)))
            else:
                pages.add(listed_item(entry, len(seen)))
        pages.ends = True
    except _CaughtUpError:
        pass
    finally:
        session.before_request = None
        pages.flush()
    return {"title": title, "entries": len(seen)}


class _CaughtUpError(Exception):
    """What follows is known."""


class _Brake:
    """Ends a listing when the next request would bring only what is known.

    A channel's uploads have what is new first. Into any other list it may come anywhere, so there the
    reading ends early only when the list looks as it did, says that it has as many entries as then, and names
    no day of a change that the last whole reading may have missed.
    """

    def __init__(self, request: ListRequest, found: _Found, seen: dict[str, None]) -> None:
        self._known = request.known
        self._places = {video_id: place for place, video_id in enumerate(request.known)}
        self._newest_first = found.url is not None
        self._same_length = found.told is not None and found.told == request.told
        limit = request.unproved_from
        self._changed = bool(limit and found.changed and found.changed >= f"{limit:%Y%m%d}")
        self._seen = seen

    def __call__(self) -> None:
        newest = list(islice(reversed(self._seen), RUN))[::-1]
        if caught_up(newest, self._places) and (self._newest_first or self._unchanged()):
            raise _CaughtUpError

    def _unchanged(self) -> bool:
        return self._same_length and not self._changed and tuple(self._seen) == self._known[: len(self._seen)]


class _Found(NamedTuple):
    """An opened list."""

    title: str | None
    entries: Iterable[Mapping[str, Any]]
    """Read lazily."""
    told: int | None
    url: str | None = None
    """Where the entries are, if that is another list than the one asked for."""
    changed: str | None = None
    """The day on which it was changed last, as `YYYYMMDD`, in whichever zone the site counts."""


class _Pages:
    def __init__(self, found: _Found, emit: Emit) -> None:
        self._found = found
        self._emit = emit
        self.ends = False
        self._most = FIRST_PAGE
        self._entries: list[ListedItem] = []
        self._lists: list[ListedList] = []

    def add(self, entry: ListedItem) -> None:
        self._entries.append(entry)
        self._flush_full()

    def add_list(self, entry: ListedList) -> None:
        self._lists.append(entry)
        self._flush_full()

    def _flush_full(self) -> None:
        if len(self._entries) + len(self._lists) >= self._most:
            self.flush()
            self._most = PAGE

    def flush(self) -> None:
        if self._entries or self._lists or self.ends:
            page = ListPage(
                title=self._found.title,
                entries=tuple(self._entries),
                lists=tuple(self._lists),
                list_url=self._found.url,
                told=self._found.told,
                ends=self.ends,
            )
            self._entries, self._lists = [], []
            self._emit({"page": page.model_dump(mode="json")})


def _open(session: Session, request: ListRequest) -> _Found:
    if request.list_url and (page := _unless_gone(session, request.list_url)):
        return _found(page, request.list_url)._replace(title=None)
    channel = _CHANNEL.fullmatch(request.url)
    page = None
    if channel:
        channel_id, title = channel["id"], None
        if channel_id is None:
            page = _ask(session, request.url)
            channel_id, title = page.get("channel_id"), page.get("channel")
        if channel_id:
            address = _LIST + _UPLOADS[channel["tab"]] + channel_id.removeprefix("UC")
            if uploads := _unless_gone(session, address):
                return _found(uploads, address, title)
    return _found(page or _ask(session, request.url))


def _found(page: Mapping[str, Any], url: str | None = None, title: str | None = None) -> _Found:
    told = page.get("playlist_count")
    return _Found(_title(page, title), page.get("entries") or (), told, url, page.get("modified_date"))


def _unless_gone(session: Session, address: str) -> dict[str, Any] | None:
    """A list that may well not exist; None then."""
    try:
        return _ask(session, address)
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
