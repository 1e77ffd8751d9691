"""The download stage: an item's files come into staging."""

from __future__ import annotations

import asyncio

from ytarchive_tui.domain.models import Claim, Downloaded, ItemMetadata
from ytarchive_tui.domain.ports import ArchiveStore, Downloader, JobQueue, ProgressBoard


class DownloadStage:
    """Downloads one item; what is learnt of it on the way is stored at once."""

    def __init__(
        self, queue: JobQueue, downloader: Downloader, store: ArchiveStore, board: ProgressBoard
    ) -> None:
        self._queue = queue
        self._downloader = downloader
        self._store = store
        self._board = board

    async def __call__(self, claim: Claim) -> Downloaded:
        """Download, resume or take over; raises `StageError`."""

        async def record(metadata: ItemMetadata) -> None:
            await self._queue.record(claim, metadata)

        staging = await asyncio.to_thread(self._store.staging, claim.job)
        staged = await self._downloader.download(
            claim.job, staging, on_metadata=record, on_progress=self._board.put
        )
        return Downloaded(staged=staged)
