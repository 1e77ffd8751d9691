"""The storage stage: staged files are verified and become part of the archive."""

from __future__ import annotations

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import Claim, Stored
from ytarchive_tui.domain.ports import ArchiveStore, JobQueue, ProgressBoard


class StorageStage:
    """Commits one item to the archive."""

    def __init__(self, queue: JobQueue, store: ArchiveStore, board: ProgressBoard) -> None:
        self._queue = queue
        self._store = store
        self._board = board

    async def __call__(self, claim: Claim) -> Stored:
        """Verify and commit; raises `StageError`."""
        staged = await self._queue.staged(claim.job.id)
        if staged is None:
            raise StageError(
                Evidence(
                    exception=("VerificationFailed",), message="nothing is staged for it", activity="verify"
                )
            )
        return Stored(archived=await self._store.store(claim.job, staged, self._board.put))
