"""Metadata of any number of videos: from the cache, in batches from the Data API, the rest by yt-dlp."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ytarchive_tui.db.metadata_cache import Kept, MetadataCache
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass, StageError
from ytarchive_tui.domain.merging import merged
from ytarchive_tui.domain.models import ItemMetadata
from ytarchive_tui.domain.quota import MOST_AT_ONCE
from ytarchive_tui.youtube_api.client import VIDEO_PARTS, YouTubeClient
from ytarchive_tui.youtube_api.resources import metadata as metadata_of
from ytarchive_tui.youtube_api.resources import subtitles

HOUR_S = 3600.0
LIFETIMES_S: Mapping[str, float] = {
    "video": 24 * HOUR_S,
    "absent": 6 * HOUR_S,
    "playlist": HOUR_S,
    "channel": 24 * HOUR_S,
    "entries": HOUR_S / 4,
    "captions": 7 * 24 * HOUR_S,
}
"""How long an answer is believed, by kind; `docs/metadata.md` lists them."""
_NOT_THERE = frozenset({FailureClass.GONE, FailureClass.AUTH, FailureClass.UNSUPPORTED})
_LEAVE_ALONE = frozenset({FailureClass.BOT_CHECK, FailureClass.THROTTLED})

Extract = Callable[[str], Awaitable[ItemMetadata]]
"""Asks yt-dlp for one video; raises `StageError`."""


class Told(NamedTuple):
    """What became of one id: either metadata or a failure."""

    video_id: str
    metadata: ItemMetadata | None
    failure: Failure | None = None
    cached: bool = False


class MetadataService:
    """Asks nothing twice; `api` is None without a key, `extract` None where yt-dlp must not be asked."""

    def __init__(
        self,
        cache: MetadataCache,
        api: YouTubeClient | None,
        extract: Extract | None = None,
        *,
        parallel: int = 2,
    ) -> None:
        self._cache = cache
        self._api = api
        self._extract = extract
        self._parallel = parallel
        self.detour: Failure | None = None
        """Why the API was not the one that answered last; None while it does, or is not used."""

    async def describe(
        self, ids: Iterable[str] | AsyncIterable[str], *, refresh: bool = False, formats: bool = False
    ) -> AsyncIterator[Told]:
        """Tell of each id once, as soon as it is known; never more than a few batches are in memory.

        `refresh` believes no kept answer, but lets the API say that nothing has changed. `formats` also asks
        yt-dlp, video by video, for what it alone knows.
        """
        waiting: list[str] = []
        async for some in _groups(ids):
            known = {} if refresh else await self.known(some)
            for video_id in some:
                told = known.get(video_id)
                if told is None or (formats and told.metadata and not told.metadata.offered):
                    waiting.append(video_id)
                else:
                    yield told
            while len(waiting) >= MOST_AT_ONCE:
                batch, waiting = waiting[:MOST_AT_ONCE], waiting[MOST_AT_ONCE:]
                async for told in self._ask(batch, formats):
                    yield told
        if waiting:
            async for told in self._ask(waiting, formats):
                yield told

    async def known(self, ids: Sequence[str]) -> dict[str, Told]:
        """What the cache tells and is young enough."""
        found = {}
        for video_id, kept in (await self._cache.find("video", ids)).items():
            if kept.fresh and (metadata := _read(kept)):
                found[video_id] = Told(video_id, metadata, cached=True)
        for video_id, kept in (await self._cache.find("absent", ids)).items():
            if kept.fresh and kept.data:
                found[video_id] = Told(video_id, None, Failure.model_validate_json(kept.data), cached=True)
        return found

    async def from_api(self, ids: Sequence[str]) -> dict[str, Told]:
        """One call for at most 50 ids, each of which is told of; raises `StageError` when there is none."""
        assert self._api is not None, "there is no key"
        batch = hashlib.sha256(",".join((VIDEO_PARTS, *ids)).encode()).hexdigest()
        old = await self._cache.find("video", ids)
        tag = (await self._cache.find("videos", [batch])).get(batch)
        readable = {video_id: metadata for video_id, kept in old.items() if (metadata := _read(kept))}
        answer = await self._api.videos(ids, etag=tag.etag if tag and len(readable) == len(ids) else None)
        if answer.body is None:
            await self._cache.prolong("video", ids, LIFETIMES_S["video"])
            return {video_id: Told(video_id, metadata) for video_id, metadata in readable.items()}
        told = {
            entry["id"]: Told(entry["id"], merged(metadata_of(entry), readable.get(entry["id"])))
            for entry in answer.body.get("items", ())
        }
        for video_id in ids:
            told.setdefault(video_id, Told(video_id, None, _NOT_LISTED))
        await self._remember(told.values())
        await self._cache.keep("videos", {batch: None}, LIFETIMES_S["video"], etag=answer.etag)
        return told

    async def captions(self, video_id: str) -> tuple[str, ...]:
        """Languages of its subtitles by the API, which is dear; raises `StageError`."""
        assert self._api is not None, "there is no key"
        kept = (await self._cache.find("captions", [video_id])).get(video_id)
        if kept and kept.fresh and kept.data is not None:
            return tuple(kept.data.split())
        answer = await self._api.captions(video_id, etag=kept.etag if kept else None)
        if answer.body is None:
            assert kept is not None and kept.data is not None
            await self._cache.prolong("captions", [video_id], LIFETIMES_S["captions"])
            return tuple(kept.data.split())
        languages = subtitles(answer.body)
        data = {video_id: " ".join(languages)}
        await self._cache.keep("captions", data, LIFETIMES_S["captions"], etag=answer.etag)
        return languages

    async def _ask(self, ids: Sequence[str], formats: bool) -> AsyncIterator[Told]:
        told: dict[str, Told] = {}
        if self._api is not None:
            try:
                told = await self.from_api(ids)
                self.detour = None
            except StageError as error:
                self.detour = classify(error.evidence)
        ask = list(ids) if formats else [video_id for video_id in ids if video_id not in told]
        if not formats or self._extract is None:
            for one in told.values():
                yield one
        if self._extract is not None:
            async for one in self._by_ytdlp(self._extract, ask, told):
                yield one
        elif not told:
            assert self.detour is not None, "without yt-dlp there is a key"
            for video_id in ids:
                yield Told(video_id, None, self.detour)

    async def _by_ytdlp(
        self, extract: Extract, ids: Sequence[str], told: Mapping[str, Told]
    ) -> AsyncIterator[Told]:
        """Some at a time; once the site wants to be left alone, the others are not asked for any more."""
        gate = asyncio.Semaphore(self._parallel)
        refused: list[Failure] = []

        async def one(video_id: str) -> Told:
            known = told.get(video_id)
            async with gate:
                if refused:
                    return known if known and known.metadata else Told(video_id, None, refused[0])
                try:
                    metadata = merged(await extract(video_id), known.metadata if known else None)
                except StageError as error:
                    failure = classify(error.evidence)
                    if failure.failure_class in _LEAVE_ALONE:
                        refused.append(failure)
                    return known if known and known.metadata else Told(video_id, None, failure)
            return Told(video_id, metadata)

        tasks = [asyncio.create_task(one(video_id)) for video_id in ids]
        try:
            for task in asyncio.as_completed(tasks):
                found = await task
                await self._remember([found])
                yield found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _remember(self, told: Iterable[Told]) -> None:
        """Keep what is there, and what surely is not; a failure on the way is no knowledge."""
        there, absent = {}, {}
        for one in told:
            if one.metadata is not None:
                there[one.video_id] = one.metadata.model_dump_json(exclude_defaults=True)
            elif one.failure is not None and one.failure.failure_class in _NOT_THERE:
                absent[one.video_id] = one.failure.model_dump_json()
        if there:
            await self._cache.keep("video", there, LIFETIMES_S["video"])
            await self._cache.forget("absent", there)
        if absent:
            await self._cache.keep("absent", absent, LIFETIMES_S["absent"])


_NOT_LISTED = classify(
    Evidence(exception=("NotListed",), message="the Data API lists no such video", activity="api")
)


def _read(kept: Kept) -> ItemMetadata | None:
    """None also for what an earlier version of the program kept in another form."""
    try:
        return ItemMetadata.model_validate_json(kept.data or "")
    except ValueError:
        return None


async def _groups(ids: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[list[str]]:
    """The ids in groups of 50, each id once."""
    seen: set[str] = set()
    group: list[str] = []
    async for video_id in _each(ids):
        if video_id not in seen:
            seen.add(video_id)
            group.append(video_id)
            if len(group) == MOST_AT_ONCE:
                yield group
                group = []
    if group:
        yield group


async def _each(ids: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(ids, AsyncIterable):
        async for video_id in ids:
            yield video_id
    else:
        for video_id in ids:
            yield video_id
