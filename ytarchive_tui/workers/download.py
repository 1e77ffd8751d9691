"""The download stage: an item's files come into staging."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ytarchive_tui.domain.models import Claim, Downloaded, ItemMetadata, Progress
from ytarchive_tui.domain.ports import ArchiveStore, Downloader, JobQueue, ProgressBoard


class DownloadStage:
    """Downloads one item; what is learnt of it on the way is stored at once."""

    def __init__(
        self,
        queue: JobQueue,
        downloader: Downloader,
        store: ArchiveStore,
        board: ProgressBoard,
        took: Callable[[int], None] = lambda count: None,
    ) -> None:
        """`took` is told how many bytes of media came."""
        self._queue = queue
        self._downloader = downloader
        self._store = store
        self._board = board
        self._took = took

    async def __call__(self, claim: Claim) -> Downloaded:
        """Download, resume or take over; raises `StageError`."""

        async def record(metadata: ItemMetadata) -> None:
            await self._queue.record(claim, metadata)

        received = 0

        def progress(now: Progress) -> None:
            nonlocal received
            self._board.put(now)
            self._took(max(0, now.received - received))
            received = now.received

        staging = await asyncio.to_thread(self._store.staging, claim.job)
        staged = await self._downloader.download(claim.job, staging, on_metadata=record, on_progress=progress)
        return Downloaded(staged=staged)
