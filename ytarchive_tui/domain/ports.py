"""The seams: what workers need from the outside, as Protocols that the runtime fills."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from ytarchive_tui.domain.bandwidth import Allowance
from ytarchive_tui.domain.breaker import Breaker
from ytarchive_tui.domain.governor import Budget
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    AtSource,
    Claim,
    FetchedSidecars,
    Former,
    ItemMetadata,
    Job,
    JobKind,
    ListPage,
    MissingSidecar,
    Progress,
    Stage,
    StagedDownload,
    StagedFile,
    StageOutcome,
)
from ytarchive_tui.domain.policy import Transition
from ytarchive_tui.domain.quota import Charged, NoneLeft


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

    async def wait_for_work(self, stage: Stage, kind: JobKind, timeout_s: float) -> None:
        """Return when such a job may have become claimable, or after the time-out.

        Called straight after a `claim` that found nothing, with no await between, it misses no change.
        """

    async def wait_for_change(self, timeout_s: float) -> None:
        """Return after jobs changed, or after the time-out; due times do not count."""

    async def wait_for_wish(self, timeout_s: float) -> None:
        """Return when a person may have paused or cancelled a running job, or after the time-out."""


class MetadataProvider(Protocol):
    """Tells what is known of items."""

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """Ask for one item; raises `StageError`."""


class SourceLister(Protocol):
    """Reads a list page by page."""

    def pages(self, job: Job, former: Former | None = None) -> AsyncGenerator[ListPage, None]:
        """Yield the pages in order; raises `StageError` after the last page that could be had.

        With `former`, only as far as it takes to see what changed among the newest; no page `ends` then.
        """


class VideoLooker(Protocol):
    """Looks at single videos, at one request each."""

    async def look(self, job: Job, video_ids: Sequence[str]) -> Mapping[str, AtSource]:
        """How each is seen now; `unknown` where the site does not tell, `public` if it plays."""


class NewestFeed(Protocol):
    """Tells the newest entries of a source at little cost."""

    async def newest(self, job: Job) -> Sequence[str] | None:
        """Their ids; None where there is no such feed, or it can't be had now."""


class SourceLedger(Protocol):
    """Knows how sources looked when they were last listed."""

    async def former(self, job: Job) -> Former | None:
        """The state before this job's listing began; None when there was none."""

    async def seen(self, job: Job) -> Sequence[str]:
        """What this job's listing has brought so far, in list order."""


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


class SidecarFetcher(Protocol):
    """Brings sidecars of an archived item into staging, without its media."""

    async def fetch(self, job: Job, staging: Path) -> FetchedSidecars:
        """Those that the job's options name; raises `StageError`."""


class SidecarStore(Protocol):
    """Adds what came late to copies; `number` names the copy's own staging folder."""

    async def staging(self, copy: ArchivedCopy, number: int) -> Path:
        """The folder for what is fetched, made when absent; raises `StageError`."""

    async def add(
        self,
        copy: ArchivedCopy,
        number: int,
        files: tuple[StagedFile, ...],
        missing: tuple[MissingSidecar, ...],
    ) -> ArchivedCopy:
        """Verify files from staging and add the good ones; the copy as it is then. Raises `StageError`."""

    async def go_on(self, copy: ArchivedCopy, number: int) -> ArchivedCopy | None:
        """End an addition that was interrupted; None when there is none. Raises `StageError`."""

    async def clear(self, copy: ArchivedCopy, number: int) -> None:
        """Remove what is left in staging; raises `StageError`."""


class SidecarLedger(Protocol):
    """Knows which copies miss sidecars."""

    async def copy(self, claim: Claim) -> ArchivedCopy | None:
        """The copy that the claim is about, None when it is not what it was any more."""

    async def supplied(self, claim: Claim, before: ArchivedCopy, now: ArchivedCopy) -> None:
        """Write what the copy holds and what it still misses."""


class ChildRunner(Protocol):
    """Runs named tasks in child processes, at most one job in each."""

    async def run(
        self,
        task: str,
        request: dict[str, Any],
        on_event: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
        *,
        more: bool = False,
    ) -> dict[str, Any]:
        """Return the task's result; raises `StageError`.

        With `more`, the caller expects to run another task of the same job (the request's `job`) soon.

        When it is cancelled, the child's whole process group is gone before it returns.
        """


class QuotaLedger(Protocol):
    """Account of what each key of the Data API has spent today; keys go by their fingerprints."""

    async def charge(self, keys: Collection[str], call: str) -> Charged | NoneLeft:
        """Book what the call costs on the first key that has as much left, before it is made."""

    async def give_back(self, charged: Charged) -> None:
        """Undo a booking: the call never reached the API."""

    async def rest(self, key: str, until: datetime, cause: str, why: str) -> None:
        """Leave a key alone for a while: the API said that it can't be used."""


class SiteMemory(Protocol):
    """What is remembered of a site, under the account that is in use, over restarts."""

    async def breaker(self, site: str) -> Breaker:
        """How its breaker stands; closed when nothing is known."""

    async def keep_breaker(self, site: str, breaker: Breaker) -> None:
        """Store it; workers and front ends are told when it opened or closed."""

    async def budget(self, site: str) -> Budget | None:
        """Its budget of requests as last stored."""

    async def keep_budget(self, site: str, budget: Budget) -> None:
        """Store it."""


class BandwidthMemory(Protocol):
    """What is remembered of the line over restarts."""

    async def used(self) -> Mapping[date, int]:
        """Bytes of media by local day."""

    async def add(self, day: date, count: int) -> None:
        """So many more came on that day."""

    async def keep(self, new: Allowance) -> None:
        """Store what is allowed; who waits and who downloads is told when downloads are held or let go."""


class ProgressBoard(Protocol):
    """The newest progress of each running job."""

    def put(self, progress: Progress) -> None:
        """Overwrite the job's entry."""

    def drop(self, job_id: int) -> None:
        """Forget the job."""
