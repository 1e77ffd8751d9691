"""The metadata stage: a source becomes items, an item becomes known."""

from __future__ import annotations

import asyncio

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import Claim, ItemMetadata, Listed, Progress, Resolved
from ytarchive_tui.domain.ports import ArchiveStore, JobQueue, MetadataProvider, ProgressBoard, SourceLister


class ListStage:
    """Reads a source's list; every page is stored as it comes, so that a later failure loses none."""

    def __init__(self, queue: JobQueue, lister: SourceLister, board: ProgressBoard) -> None:
        self._queue = queue
        self._lister = lister
        self._board = board

    async def __call__(self, claim: Claim) -> Listed:
        """List all pages; raises `StageError`."""
        title: str | None = None
        entries = 0
        async for page in self._lister.pages(claim.job):
            if not await self._queue.add_page(claim, page):
                raise StageError(Evidence(message="the lease was lost while listing", activity="list"))
            title = title or page.title
            entries += len(page.entries)
            self._board.put(
                Progress(job_id=claim.job.id, stage=claim.job.stage, activity="listing", done=entries)
            )
        return Listed(title=title, entries=entries)


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
