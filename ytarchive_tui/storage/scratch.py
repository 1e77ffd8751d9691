"""A store for a dry run: staging in a temporary folder, and no archive at all."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ytarchive_tui.domain.models import ArchivedCopy, Job, Progress, StagedDownload


class ScratchStore:
    """`domain.ports.ArchiveStore` whose owner removes the folder; storing is refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def staging(self, job: Job) -> Path:
        """A folder for the job, made when absent; raises `OSError`."""
        folder = self._folder / str(job.id)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    async def store(
        self, job: Job, staged: StagedDownload, on_progress: Callable[[Progress], None]
    ) -> ArchivedCopy:
        """Raises `RuntimeError`: a dry run archives nothing."""
        raise RuntimeError("a dry run archives nothing")

    async def forget_extraction(self, archive: Path, job_id: int) -> None:
        """Start over with an empty folder."""
        await self.discard(archive, job_id)

    async def discard(self, archive: Path, job_id: int) -> None:
        """Remove the job's folder."""
        await asyncio.to_thread(shutil.rmtree, self._folder / str(job_id), ignore_errors=True)

    async def sweep(self, archive: Path, live_jobs: Sequence[int]) -> int:
        """Nothing to sweep: the folder is new."""
        return 0
