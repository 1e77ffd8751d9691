"""What a playlist or a channel is, and what stands in it: by the Data API, else by yt-dlp."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from ytarchive_tui.db.metadata_cache import Kept, MetadataCache
from ytarchive_tui.domain.addresses import Recognised
from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import (
    AtSource,
    Frozen,
    ItemMetadata,
    ListedItem,
    ListPage,
    Provider,
    SourceKind,
)
from ytarchive_tui.services.metadata import LIFETIMES_S, MetadataService
from ytarchive_tui.youtube_api.client import YouTubeClient
from ytarchive_tui.youtube_api.lines import Answer
from ytarchive_tui.youtube_api.resources import Resource, count, listed_item, moment, text, visibility

Lister = Callable[[Recognised], AsyncIterator[ListPage]]
"""Reads a list by yt-dlp, page by page; raises `StageError`."""
_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})$")
_HANDLE = re.compile(r"/(@[^/]+)$")
_NOT_TOLD = frozenset({AtSource.PRIVATE, AtSource.REMOVED})


class ListInfo(Frozen):
    """What is known of a list itself; None is «not told»."""

    kind: Literal["playlist", "channel"]
    address: str
    provider: Provider
    list_id: str | None = None
    """What its entries are read from: of a channel, its uploads."""
    title: str | None = None
    channel: str | None = None
    channel_id: str | None = None
    description: str | None = None
    published_at: datetime | None = None
    at_source: AtSource = AtSource.UNKNOWN
    entries: int | None = None
    subscribers: int | None = None
    view_count: int | None = None


class Entry(NamedTuple):
    """One entry of a list, and what is known of its video where that was asked for."""

    item: ListedItem
    metadata: ItemMetadata | None

    @property
    def duration_s(self) -> float | None:
        """Its length, whoever told it."""
        return self.metadata.duration_s if self.metadata else self.item.duration_s


class PlaylistService:
    """Asks the API first when there is a key; `lister` steps in when there is none or it is spent."""

    def __init__(
        self,
        cache: MetadataCache,
        api: YouTubeClient | None,
        metadata: MetadataService,
        lister: Lister | None = None,
    ) -> None:
        self._cache = cache
        self._api = api
        self._metadata = metadata
        self._lister = lister
        self._refused: StageError | None = None

    async def info(self, found: Recognised, *, refresh: bool = False) -> ListInfo:
        """What the list is; raises `StageError`, and `ValueError` for a video."""
        if found.kind is SourceKind.VIDEO:
            raise ValueError("that is a video, not a list")
        if self._api is not None and (asked := _asked(found)) is not None:
            try:
                return await self._info_by_api(self._api, found.address, *asked, refresh=refresh)
            except StageError as error:
                self._give_way(error)
        return await self._info_by_ytdlp(found)

    async def pages(
        self, found: Recognised, *, refresh: bool = False
    ) -> AsyncIterator[tuple[ListedItem, ...]]:
        """What stands in the list, in order, each video once; raises `StageError` after the last page."""
        seen: set[str] = set()
        list_id = await self._list_id(found)
        if self._api is not None and list_id is not None and self._refused is None:
            try:
                async for items in self._pages_by_api(self._api, list_id, refresh=refresh):
                    yield _new(items, seen)
                return
            except StageError as error:
                self._give_way(error)
        assert self._lister is not None, "else the error was raised"
        async for page in self._lister(found):
            yield _new(page.entries, seen)

    async def entries(self, found: Recognised, *, refresh: bool = False) -> AsyncIterator[Entry]:
        """The same with what is known of each video: the API's lists tell neither lengths nor dates."""
        async for items in self.pages(found, refresh=refresh):
            known: dict[str, ItemMetadata] = {}
            if self._api is not None and self._refused is None:
                ids = [item.video_id for item in items if item.at_source not in _NOT_TOLD]
                async for told in self._metadata.describe(ids, refresh=refresh):
                    if told.metadata is not None:
                        known[told.video_id] = told.metadata
            for item in items:
                yield Entry(item, known.get(item.video_id))

    async def _list_id(self, found: Recognised) -> str | None:
        """What the API calls the list; only a channel has to be asked for it."""
        match _asked(found):
            case "playlist", name:
                return name
            case "channel", _:
                return (await self.info(found)).list_id
        return None

    def _give_way(self, error: StageError) -> None:
        """Let yt-dlp step in; raises the error where it may not."""
        if self._lister is None:
            raise error
        self._refused = error

    async def _info_by_api(
        self, api: YouTubeClient, address: str, kind: str, name: str, *, refresh: bool
    ) -> ListInfo:
        kept = (await self._cache.find(kind, [name])).get(name)
        if kept and kept.data and kept.fresh and not refresh:
            return ListInfo.model_validate_json(kept.data)
        etag = kept.etag if kept and kept.data else None
        if kind == "playlist":
            answer = await api.playlists([name], etag=etag)
        elif name.startswith("@"):
            answer = await api.channel_of(name, etag=etag)
        else:
            answer = await api.channels([name], etag=etag)
        if answer.body is None:
            assert kept is not None and kept.data is not None
            await self._cache.prolong(kind, [name], LIFETIMES_S[kind])
            return ListInfo.model_validate_json(kept.data)
        items = answer.body.get("items", ())
        if not items:
            said = f"the Data API lists no such {kind}"
            raise StageError(Evidence(exception=("NoSuchList",), message=said, activity="api"))
        info = _playlist(items[0], address) if kind == "playlist" else _channel(items[0], address)
        await self._cache.keep(kind, {name: info.model_dump_json()}, LIFETIMES_S[kind], etag=answer.etag)
        return info

    async def _info_by_ytdlp(self, found: Recognised) -> ListInfo:
        """From the list's first page, or, where that does not tell its length, from all of them."""
        assert self._lister is not None, "without a key there is yt-dlp"
        title, entries = None, 0
        pages = self._lister(found)
        async for page in pages:
            title = title or page.title
            entries += len(page.entries)
            if page.told is not None:
                entries = page.told
                break
        kind: Literal["playlist", "channel"] = "playlist" if found.kind is SourceKind.PLAYLIST else "channel"
        return ListInfo(kind=kind, address=found.address, provider="ytdlp", title=title, entries=entries)

    async def _pages_by_api(
        self, api: YouTubeClient, list_id: str, *, refresh: bool
    ) -> AsyncIterator[list[ListedItem]]:
        token, first = "", 1
        while True:
            name = f"{list_id} {token}"
            kept = (await self._cache.find("entries", [name])).get(name)
            if kept and kept.data and kept.fresh and not refresh:
                body = json.loads(kept.data)
            else:
                etag = kept.etag if kept and kept.data else None
                answer = await api.playlist_items(list_id, token or None, etag)
                body = await self._page(name, answer, kept)
            items = [listed_item(entry, first + n) for n, entry in enumerate(body["items"])]
            yield items
            first += len(items)
            if not (token := body.get("nextPageToken", "")):
                return

    async def _page(self, name: str, answer: Answer, kept: Kept | None) -> dict[str, Any]:
        if answer.body is None:
            assert kept is not None and kept.data is not None
            await self._cache.prolong("entries", [name], LIFETIMES_S["entries"])
            known: dict[str, Any] = json.loads(kept.data)
            return known
        body: dict[str, Any] = {
            key: answer.body[key] for key in ("items", "nextPageToken") if key in answer.body
        }
        data = {name: json.dumps(body)}
        await self._cache.keep("entries", data, LIFETIMES_S["entries"], etag=answer.etag)
        return body


def _new(items: Iterable[ListedItem], seen: set[str]) -> tuple[ListedItem, ...]:
    """Those not seen before, which are now."""
    fresh = tuple(item for item in items if item.video_id not in seen)
    seen.update(item.video_id for item in fresh)
    return fresh


def _asked(found: Recognised) -> tuple[str, str] | None:
    """Kind and name for the API; None for what it has no name for, such as a tab of a channel."""
    address = urlsplit(found.address)
    if found.kind is SourceKind.PLAYLIST:
        return "playlist", parse_qs(address.query)["list"][0]
    if found.kind is SourceKind.CHANNEL and (
        named := _CHANNEL.search(address.path) or _HANDLE.search(address.path)
    ):
        return "channel", unquote(named[1])
    return None


def _playlist(told: Resource, address: str) -> ListInfo:
    snippet = told.get("snippet", {})
    return ListInfo(
        kind="playlist",
        address=address,
        provider="youtube_api",
        list_id=told["id"],
        title=text(snippet.get("title")),
        channel=text(snippet.get("channelTitle")),
        channel_id=snippet.get("channelId"),
        description=text(snippet.get("description")),
        published_at=moment(snippet.get("publishedAt")),
        at_source=visibility(told),
        entries=told.get("contentDetails", {}).get("itemCount"),
    )


def _channel(told: Resource, address: str) -> ListInfo:
    snippet, statistics = told.get("snippet", {}), told.get("statistics", {})
    title = text(snippet.get("title"))
    hidden = statistics.get("hiddenSubscriberCount", False)
    return ListInfo(
        kind="channel",
        address=address,
        provider="youtube_api",
        list_id=told["contentDetails"]["relatedPlaylists"].get("uploads") or None,
        title=title,
        channel=title,
        channel_id=told["id"],
        description=text(snippet.get("description")),
        published_at=moment(snippet.get("publishedAt")),
        at_source=visibility(told),
        entries=count(statistics.get("videoCount")),
        subscribers=None if hidden else count(statistics.get("subscriberCount")),
        view_count=count(statistics.get("viewCount")),
    )
