"""The metadata stage: a source becomes items, an item becomes known."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

from ytarchive_tui.domain.changes import Comparison, compare
from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import (
    AtSource,
    Claim,
    Former,
    ItemMetadata,
    Job,
    Listed,
    Listing,
    Progress,
    Resolved,
    Scan,
)
from ytarchive_tui.domain.ports import (
    ArchiveStore,
    JobQueue,
    MetadataProvider,
    NewestFeed,
    ProgressBoard,
    SourceLedger,
    SourceLister,
    VideoLooker,
)

MOST_LOOKS = 20
"""Missing entries that one scan asks for by themselves; the others wait for the next one."""


class ListStage:
    """Reads a source's list; every page is stored as it comes, so that a later failure loses none.

    With a ledger, what vanished since the last time is looked at before it is believed. With a feed, that is
    asked before the newest pages when the job's scan says so.
    """

    def __init__(
        self,
        queue: JobQueue,
        lister: SourceLister,
        board: ProgressBoard,
        ledger: SourceLedger | None = None,
        looker: VideoLooker | None = None,
        feed: NewestFeed | None = None,
    ) -> None:
        self._queue = queue
        self._lister = lister
        self._board = board
        self._ledger = ledger
        self._looker = looker
        self._feed = feed

    async def __call__(self, claim: Claim) -> Listed:
        """List the pages that the job's scan wants; raises `StageError`."""
        job = claim.job
        former = await self._ledger.former(job) if self._ledger else None
        newest_only = job.scan in (Scan.FEED, Scan.DELTA)
        if former and job.scan is Scan.FEED and await self._nothing_new(job, former):
            return Listed(entries=0, whole=False, feed_only=True)
        title: str | None = None
        told: int | None = None
        whole = False
        entries = 0
        # Closed here and now: a generator that is left is closed some time, and its child lives until then.
        async with aclosing(self._lister.pages(job, former if newest_only else None)) as pages:
            async for page in pages:
                if not await self._queue.add_page(claim, page):
                    raise StageError(Evidence(message="the lease was lost while listing", activity="list"))
                title, told = title or page.title, page.told if told is None else told
                whole |= page.ends
                entries += len(page.entries)
                self._board.put(Progress(job_id=job.id, stage=job.stage, activity="listing", done=entries))
        looks = await self._look(job, former, whole=whole) if former else {}
        return Listed(title=title, entries=entries, whole=whole, told=told, looks=looks)

    async def _nothing_new(self, job: Job, former: Former) -> bool:
        """Whether the feed names some videos, and all of them stood in the list."""
        newest = await self._feed.newest(job) if self._feed else None
        return bool(newest) and set(newest or ()) <= set(former.ids)

    async def _look(self, job: Job, former: Former, *, whole: bool) -> Mapping[str, AtSource]:
        """How some of what is missing is seen by itself.

        Raises `StageError` when so much vanished from a whole list that the site is not believed.
        """
        assert self._ledger is not None
        found = compare(former.ids, former.absent, await self._ledger.seen(job), whole=whole)
        if found.suspicious and whole and job.scan is not Scan.BELIEVE:
            raise StageError(_unbelievable(found))
        if (found.suspicious and not whole) or self._looker is None or job.listing is not Listing.ARCHIVE:
            return {}
        # What was missing before is looked at again: the second sighting must not rest on the list alone.
        asked = (*found.missing, *(former.absent if whole else ()))[:MOST_LOOKS]
        return await self._looker.look(job, asked) if asked else {}


def _unbelievable(found: Comparison) -> Evidence:
    return Evidence(
        exception=("TooManyVanished",),
        message=f"{len(found.missing):,} of {found.looked_at:,} entries vanished at once; nothing was marked",
        activity="list",
    )


class ResolveStage:
    """Learns what there is to know of an item before it is downloaded."""

    def __init__(self, provider: MetadataProvider, store: ArchiveStore, board: ProgressBoard) -> None:
        self._provider = provider
        self._store = store
        self._board = board

    async def __call__(self, claim: Claim) -> Resolved:
        """Resolve one item; raises `StageError`."""
        job = claim.job
        self._board.put(Progress(job_id=job.id, stage=job.stage, activity="metadata"))
        staging = await asyncio.to_thread(self._store.staging, job)
        return Resolved(metadata=await self._provider.resolve(job, staging))


class SampleStage:
    """Resolves some items of a dry run; of the others, what their list told of them has to do.

    Asking for every video of a channel only to add up sizes would cost thousands of requests: the
    preview estimates the others from the sample.
    """

    def __init__(self, resolve: ResolveStage, sample: int) -> None:
        self._resolve = resolve
        self._left = sample

    async def __call__(self, claim: Claim) -> Resolved:
        """Resolve the item if it must be known better; raises `StageError`."""
        item = claim.job.item
        assert item is not None
        if item.title is None or item.duration_s is None:
            return await self._resolve(claim)
        if self._left > 0:
            self._left -= 1
            return await self._resolve(claim)
        known = ItemMetadata(extractor=item.extractor, video_id=item.video_id, provider="ytdlp")
        return Resolved(metadata=known)
