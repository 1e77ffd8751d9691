"""The seams: what workers need from the outside, as Protocols that the runtime fills."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from ytarchive_tui.domain.models import (
    ArchivedCopy,
    Claim,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    ListPage,
    Progress,
    Stage,
    StagedDownload,
    StageOutcome,
)
from ytarchive_tui.domain.policy import Transition


class JobQueue(Protocol):
    """Where workers get jobs and leave results; every call is one transaction."""

    async def claim(self, stage: Stage, kind: JobKind, owner: str) -> Claim | None:
        """Take the next due job of that stage and kind, or None when there is none."""

    async def heartbeat(self, claim: Claim) -> Job | None:
        """Renew the lease; None when it was lost: stop the work, another one owns the job now."""

    async def record(self, claim: Claim, metadata: ItemMetadata) -> bool:
        """Store what was learnt of the item while its stage still runs; False when the lease was lost."""

    async def add_page(self, claim: Claim, page: ListPage) -> bool:
        """Upsert a page of a source's items and queue a job for each that is wanted and not archived."""

    async def finish(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> bool:
        """Write status, rows, follow-up stage and journal together; False when the fence is old."""

    async def staged(self, job_id: int) -> StagedDownload | None:
        """What the download stage of this job left for its storage stage."""

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when a job may have become claimable, or after the time-out.

        Called straight after a `claim` that found nothing, with no await between, it misses no change.
        """

    async def wait_for_wish(self, timeout_s: float) -> None:
        """Return when a person may have paused or cancelled a running job, or after the time-out."""


class MetadataProvider(Protocol):
    """Tells what is known of items."""

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """Ask for one item; raises `StageError`."""


class SourceLister(Protocol):
    """Reads a list page by page."""

    def pages(self, job: Job) -> AsyncIterator[ListPage]:
        """Yield the pages in order; raises `StageError` after the last page that could be had."""


class Downloader(Protocol):
    """Brings an item's files into staging."""

    async def download(
        self,
        job: Job,
        staging: Path,
        *,
        on_metadata: Callable[[ItemMetadata], Awaitable[None]],
        on_progress: Callable[[Progress], None],
    ) -> StagedDownload:
        """Download, resume or take over what lies in `staging`; raises `StageError`.

        When it is cancelled, the child's whole process group is gone before it returns.
        """


class ArchiveStore(Protocol):
    """Owns the folders: staging while a job runs, the archive afterwards."""

    def staging(self, job: Job) -> Path:
        """The job's staging folder (0700), made when absent; raises `StageError` if that can't be done."""

    async def store(
        self, job: Job, staged: StagedDownload, on_progress: Callable[[Progress], None]
    ) -> ArchivedCopy:
        """Verify, fsync, write the manifest and commit by one rename; raises `StageError`. Idempotent."""

    async def forget_extraction(self, archive: Path, job_id: int) -> None:
        """Remove the stored extraction, whose addresses are no longer good, but keep partial files."""

    async def discard(self, archive: Path, job_id: int) -> None:
        """Remove a job's staging folder, if there is one."""

    async def sweep(self, archive: Path, live_jobs: Sequence[int]) -> int:
        """Remove staging folders of jobs that need none any more; the number removed."""


class ChildRunner(Protocol):
    """Runs one named task in a fresh child process."""

    async def run(
        self,
        task: str,
        request: dict[str, Any],
        on_event: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
    ) -> dict[str, Any]:
        """Return the task's result; raises `StageError`.

        When it is cancelled, the child's whole process group is gone before it returns.
        """


class FormatChecker(Protocol):
    """Judges a yt-dlp format string without asking the network."""

    async def check(self, options: JobOptions) -> str | None:
        """None when the options can be used, else what is wrong with them."""


class ProgressBoard(Protocol):
    """The newest progress of each running job."""

    def put(self, progress: Progress) -> None:
        """Overwrite the job's entry."""

    def drop(self, job_id: int) -> None:
        """Forget the job."""
