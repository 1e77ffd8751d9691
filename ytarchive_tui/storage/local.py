"""The archive in a local folder: the port `ArchiveStore` over staging, verification and commit."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from ytarchive_tui.domain.endings import ended, to_the_end
from ytarchive_tui.domain.models import EXTRACTED, ArchivedCopy, Job, Progress, Stage, StagedDownload
from ytarchive_tui.domain.ports import ChildRunner

from . import commit, manifest
from .archive import (
    IDENTITY,
    MARKER,
    STAGING,
    TRASH,
    KnownArchives,
    open_archive,
    open_folder,
    private_folder,
)
from .failing import os_errors
from .judging import Expected
from .verification import Verified, VerifyRequest

P = ParamSpec("P")
R = TypeVar("R")


class LocalArchive:
    """`domain.ports.ArchiveStore` on a local disk; may be used for several archive roots at once.

    runner: runs the task `verify` (`verification.verify`) in a child.
    ffprobe, ffmpeg: absolute paths; None when the program is missing, which `store` then says.
    known: which archive was last seen at which root; entries are added as roots are first used.
    decode: whether verification decodes every frame as well.
    public: whether files get 0644 and folders 0755 instead of 0600 and 0700.
    """

    def __init__(
        self,
        runner: ChildRunner,
        *,
        ffprobe: str | None,
        ffmpeg: str | None,
        known: KnownArchives,
        decode: bool = False,
        public: bool = False,
    ) -> None:
        self._runner = runner
        self._ffprobe = ffprobe
        self._ffmpeg = ffmpeg
        self._known = known
        self._decode = decode
        self._modes = commit.PUBLIC if public else commit.PRIVATE

    def staging(self, job: Job) -> Path:
        """The job's staging folder (0700), made when absent; raises `StageError` if that can't be done."""
        root = job.options.archive
        with os_errors("staging"), self._open_staging(root, job.id):
            return root / MARKER / STAGING / str(job.id)

    async def store(
        self, job: Job, staged: StagedDownload, on_progress: Callable[[Progress], None]
    ) -> ArchivedCopy:
        """Verify, fsync, write the manifest and commit by one rename; raises `StageError`.

        Idempotent: what an earlier, killed call committed is adopted. Staging stays until `discard`.
        """
        found = await in_thread(self._committed_or_gathered, job, staged)
        if isinstance(found, ArchivedCopy):
            return found
        request = VerifyRequest(
            job=job.id,
            folder=_item_path(job),
            files=tuple(file.model_copy(update={"name": found[file.name]}) for file in staged.files),
            expected=Expected.of(staged.obtained, staged.metadata.duration_s, job.options.quality),
            ffprobe=self._ffprobe,
            ffmpeg=self._ffmpeg,
            decode=self._decode,
            accept_flaws=job.options.accept_flaws,
        )

        async def report(event: dict[str, Any]) -> None:
            on_progress(Progress(job_id=job.id, stage=Stage.STORAGE, **event["progress"]))

        answer = await self._runner.run("verify", request.model_dump(mode="json"), report)
        return await committed_in_thread(self._commit, job, staged, Verified.model_validate(answer))

    async def forget_extraction(self, archive: Path, job_id: int) -> None:
        """Remove the stored extraction, whose addresses are no longer good, but keep partial files.

        Raises `StageError`.
        """
        await in_thread(self._forget_extraction, archive, job_id)

    async def discard(self, archive: Path, job_id: int) -> None:
        """Remove a job's staging folder, if there is one; raises `StageError`."""
        await in_thread(self._remove, archive, lambda job: job == job_id)

    async def forgotten(self, archive: Path) -> list[ArchivedCopy]:
        """What jobs have committed, as far as their staging still tells.

        After a kill between a commit and its rows no row names it. To be asked before `sweep`.
        Raises `StageError`.
        """
        return await in_thread(self._forgotten, archive)

    async def sweep(self, archive: Path, live_jobs: Sequence[int]) -> int:
        """Remove staging folders of jobs that need none any more; the number removed.

        Finishes deletions that a kill interrupted. Does nothing where no archive is. Raises `StageError`.
        """
        live = frozenset(live_jobs)
        return await in_thread(self._remove, archive, lambda job: job not in live)

    @contextmanager
    def _open_staging(self, root: Path, job_id: int) -> Iterator[tuple[int, int]]:
        """Descriptors of the archive's root and of the job's staging folder."""
        with (
            open_archive(root, self._known) as (root_folder, marker),
            _staging_of(job_id, marker) as staging,
        ):
            yield root_folder, staging

    def _committed_or_gathered(self, job: Job, staged: StagedDownload) -> ArchivedCopy | dict[str, str]:
        """What an earlier call committed, else the final names of the files, now gathered under them."""
        root = job.options.archive
        with os_errors("commit"), open_archive(root, self._known) as (root_folder, marker):
            found = commit.find_committed(root_folder, staged)
            if found is not None:
                return self._copy(root, found)
            with _staging_of(job.id, marker) as staging:
                return commit.gather(staging, staged)

    def _commit(self, job: Job, staged: StagedDownload, verified: Verified) -> ArchivedCopy:
        root = job.options.archive
        content = manifest.describe(job, staged, verified)
        with os_errors("commit"), self._open_staging(root, job.id) as (root_folder, staging):
            committed = commit.commit(root_folder, staging, staged.metadata, content, self._modes)
        return self._copy(root, committed)

    def _copy(self, root: Path, committed: commit.Committed) -> ArchivedCopy:
        return ArchivedCopy(
            archive=root,
            archive_uuid=self._known[root],
            folder=committed.folder,
            manifest=committed.manifest,
        )

    def _forget_extraction(self, root: Path, job_id: int) -> None:
        with (
            os_errors("staging"),
            self._open_staging(root, job_id) as (_, staging),
            suppress(FileNotFoundError),
        ):
            os.unlink(EXTRACTED, dir_fd=staging)

    def _forgotten(self, root: Path) -> list[ArchivedCopy]:
        if not (root / MARKER / IDENTITY).exists():
            return []
        found = []
        with (
            os_errors("staging"),
            open_archive(root, self._known) as (root_folder, marker),
            private_folder(STAGING, marker) as all_staging,
        ):
            for name in _jobs(all_staging):
                with open_folder(name, all_staging) as staging:
                    committed = commit.find_forgotten(root_folder, staging)
                if committed is not None:
                    found.append(self._copy(root, committed))
        return found

    def _remove(self, root: Path, unwanted: Callable[[int], bool]) -> int:
        """Move unwanted staging folders to the trash, then empty it; how many were moved."""
        if not (root / MARKER / IDENTITY).exists():
            return 0
        with (
            os_errors("discard"),
            open_archive(root, self._known) as (_, marker),
            private_folder(STAGING, marker) as staging,
            private_folder(TRASH, marker) as trash,
        ):
            removed = [name for name in _jobs(staging) if unwanted(int(name))]
            for name in removed:
                os.rename(name, f"{name}-{uuid4().hex}", src_dir_fd=staging, dst_dir_fd=trash)
            for name in os.listdir(trash):
                shutil.rmtree(name, ignore_errors=True, dir_fd=trash)
            return len(removed)


@contextmanager
def _staging_of(job_id: int, marker: int) -> Iterator[int]:
    # What lies in it is not brought to the disk by force either, before it is verified.
    with (
        private_folder(STAGING, marker) as everyone,
        private_folder(str(job_id), everyone, lasting=False) as staging,
    ):
        yield staging


def _jobs(staging: int) -> list[str]:
    """The names of staging folders."""
    with os.scandir(staging) as entries:
        return [
            entry.name
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and entry.name.isascii() and entry.name.isdigit()
        ]


def _item_path(job: Job) -> Path:
    """Where the job's item is put together before it is committed."""
    return job.options.archive / MARKER / STAGING / str(job.id) / commit.ITEM


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run in a thread; when cancelled, wait for its end first.

    A thread can't be stopped: were it left behind, it would commit an item that its worker had given up.
    """
    return await to_the_end(asyncio.to_thread(function, *args, **kwargs))


async def committed_in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `in_thread`; what is done is told even when cancelled meanwhile, so that it is not forgotten."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    cancelled = await ended(work)
    if cancelled is not None and (work.cancelled() or work.exception() is not None):
        raise cancelled
    return work.result()
