"""The queue, as front ends see it: what is in it, what happens, and what one can do to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ytarchive_tui.db import copies, items_search
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.journal import entries, last_entries
from ytarchive_tui.db.known import Known, known
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.sizes import mean_size
from ytarchive_tui.db.totals import kept_without_job, totals
from ytarchive_tui.db.views import JobRow, Views, id_list
from ytarchive_tui.db.wishes import Wishes, wish, wishes
from ytarchive_tui.domain.events import JournalEntry
from ytarchive_tui.domain.models import Frozen, JobKind, Progress, Stage, Status, Submission, Submitted
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.services.job_details import JobDetails, job_details
from ytarchive_tui.services.queue_changes import QueueChanges


class JobLine(Frozen):
    """One job, as a line of the queue shows it."""

    job_id: int
    video_id: str | None
    url: str
    title: str | None
    channel: str | None
    stage: Stage
    status: Status
    reason: str | None
    run_after: datetime | None
    failure_class: str | None
    attempts: int
    height_obtained: int | None
    height_offered: int | None
    size: int | None
    """Bytes in the archive; before that, of what was selected, when the site told it."""
    duration_s: float | None
    folder: Path | None
    """Where the item lies in the archive; None while it does not."""


class LiveLine(JobLine):
    """A running job with its newest progress."""

    progress: Progress | None


class Overview(Frozen):
    """How the jobs of some sources stand, counted; sources' own jobs count among all but `done`."""

    sources_open: int
    """Lists that are queued or being read."""
    total: int
    """Items, whatever their state."""
    done: int
    already: int
    """Items in the archive for which there never was a job here."""
    queued: int
    running: int
    waiting: int
    blocked: int
    failed: int
    cancelled: int
    hidden: Mapping[str, int]
    """Items of lists that get no job, by reason: `private`, `removed`, `not_wanted`; not among `total`."""
    bytes_archived: int
    next_due_s: float | None
    """Seconds until the first waiting job is due; None when none waits."""
    held: int
    """Of `queued`: wait for room on their archive's disk."""
    trying: int
    """Of `running`: have just begun to look whether there is room again."""
    running_s: float
    """For how long the item runs that began first; 0 when none runs."""


class Figures(Frozen):
    """The whole queue in a few numbers, from counters: cheap at any size."""

    running: int = 0
    queued: int = 0
    waiting: int = 0
    blocked: int = 0
    paused: int = 0
    failed: int = 0
    done: int = 0
    cancelled: int = 0

    @property
    def open(self) -> int:
        """Jobs that are not at their end."""
        return self.running + self.queued + self.waiting + self.blocked + self.paused

    @property
    def total(self) -> int:
        """All jobs."""
        return self.open + self.failed + self.done + self.cancelled


class PreviewLine(Frozen):
    """What a run would do with one item."""

    video_id: str
    url: str
    title: str | None
    duration_s: float | None
    size: int | None
    estimated: bool = False
    """True when the size is worked out from the length, by what other items of the run need."""
    height: int | None
    already: bool = False
    problem: str | None = None


class QueueService:
    """Submits, tells and steers; every answer is a snapshot."""

    def __init__(self, db: Database, queue: Queue, board: MemoryBoard) -> None:
        self._db = db
        self._queue = queue
        self._board = board
        self._views = Views(db)
        self._control = Control(db)
        self.changes = QueueChanges(db)
        """Pause, resume, retry, cancel, move, and undo."""

    async def submit(self, submissions: Sequence[Submission]) -> tuple[Submitted, ...]:
        """Store addresses, in one transaction and before anything is asked of the network."""
        return await submit(self._db, submissions)

    async def retry_failed(self, source_ids: Sequence[int]) -> int:
        """Queue what failed or needs someone again; the number of jobs."""
        return await self._control.retry_failed(source_ids)

    async def overview(self, source_ids: Sequence[int]) -> Overview:
        """Counts over the jobs of some sources."""
        seen = await totals(self._db, source_ids, await self._queue.barred())
        items = {status: seen.count(JobKind.ITEM, status) for status in Status}
        sources = {status: seen.count(JobKind.SOURCE, status) for status in Status}
        both = {status: items[status] + sources[status] for status in Status}
        return Overview(
            sources_open=sources[Status.QUEUED] + sources[Status.RUNNING],
            total=sum(items.values()) + seen.without_job,
            done=items[Status.DONE],
            already=seen.without_job,
            queued=items[Status.QUEUED],
            running=items[Status.RUNNING],
            waiting=both[Status.WAITING],
            blocked=both[Status.BLOCKED] + both[Status.PAUSED],
            failed=both[Status.FAILED],
            cancelled=both[Status.CANCELLED],
            hidden=seen.hidden,
            bytes_archived=seen.bytes_archived,
            next_due_s=seen.next_due_s,
            held=seen.held,
            trying=seen.trying,
            running_s=seen.running_s,
        )

    async def lines(self, source_ids: Sequence[int]) -> tuple[JobLine, ...]:
        """The jobs of some sources, in queue order."""
        return tuple(JobLine(**_fields(row)) for row in await self._views.jobs_of_sources(source_ids))

    async def notes(self, job_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
        """What is noted about the archived items of some jobs: what was refused, withheld or left out."""
        return await copies.notes_of_jobs(self._db, job_ids)

    async def live(self) -> tuple[LiveLine, ...]:
        """The running jobs, in queue order, each with its newest progress."""
        rows = await self._views.running()
        return tuple(LiveLine(**_fields(row), progress=self._board.get(row.id)) for row in rows)

    async def entries(self, after_id: int, limit: int = 500) -> tuple[JournalEntry, ...]:
        """The journal after an entry, oldest first."""
        return await entries(self._db, after_id, limit)

    async def last_entry(self) -> int:
        """The id of the journal's newest entry; 0 when it is empty."""
        newest = await last_entries(self._db, 1)
        return newest[0].id if newest else 0

    async def preview(self, source_ids: Sequence[int]) -> tuple[PreviewLine, ...]:
        """What a run would do with each item of some sources, in list order."""
        rows = await self._views.jobs_of_sources(source_ids)
        kept = await kept_without_job(self._db, source_ids)
        return (
            *_estimated([_preview(row) for row in rows if row.video_id is not None]),
            *(PreviewLine(**item.model_dump(), already=True) for item in kept),
        )

    async def figures(self) -> Figures:
        """How many jobs stand where."""
        counted = dict.fromkeys((status.value for status in Status), 0)
        for each in await self._views.counts():
            counted[each.status] += each.n
        return Figures(**counted)

    async def left(self) -> float | None:
        """Bytes that are yet to come, for all that waits for nobody; about, by what items need on average."""
        mean = await mean_size(self._db)
        if mean is None:
            return None
        coming = (Status.QUEUED, Status.RUNNING, Status.WAITING)
        items = sum(
            each.n
            for each in await self._views.counts()
            if each.kind is JobKind.ITEM and each.stage is not Stage.STORAGE and each.status in coming
        )
        return max(0.0, items * mean - self._board.downloaded())

    async def end_hold(self) -> bool:
        """Let everything go on; whether it was held."""
        return (await wish(self._db, on_hold=False)).on_hold

    async def forget_downloads(self) -> None:
        """Forget what was wished of parallel downloads: the command line says it anew."""
        await wish(self._db, downloads=None)

    async def wishes(self) -> Wishes:
        """What a person wishes of the engine as a whole."""
        return await wishes(self._db)

    async def speed(self) -> float:
        """Bytes a second, over all running jobs of this process."""
        rows = await self._db.fetch("SELECT id FROM jobs WHERE status = 'running'")
        found = [self._board.get(row["id"]) for row in rows]
        return sum(progress.speed or 0 for progress in found if progress)

    def progress(self, job_id: int) -> Progress | None:
        """The newest progress of a running job of this process."""
        return self._board.get(job_id)

    async def details(self, job_id: int) -> JobDetails | None:
        """Everything that is known of one job; None when there is no such job."""
        return await job_details(self._db, job_id)

    async def known(
        self, archive: Path, addresses: Sequence[str], video_ids: Sequence[str]
    ) -> Mapping[str, Known]:
        """What is known already of lists, by address, and of videos, by id."""
        return await known(self._db, archive, addresses, video_ids)

    async def copies(self, job_ids: Sequence[int]) -> tuple[int, ...]:
        """Ids of the copies in the archive that some jobs are about."""
        rows = await self._db.fetch(
            "SELECT c.id FROM jobs j JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id "
            "WHERE j.id IN (SELECT value FROM json_each(?)) ORDER BY c.id",
            (id_list(job_ids),),
        )
        return tuple(row["id"] for row in rows)

    async def archived(self, archive: Path) -> frozenset[tuple[str, str]]:
        """(extractor, video id) of every item that lies in that archive."""
        return await copies.archived_identities(self._db, archive)

    async def describe_texts(self) -> bool:
        """Put some new texts into the index that filters use; whether there are more."""
        return await items_search.describe(self._db) == items_search.AT_ONCE

    async def wait_for_change(self, timeout_s: float) -> None:
        """Return when jobs changed, or after the time-out."""
        await self._queue.wait_for_change(timeout_s)


def _estimated(lines: list[PreviewLine]) -> list[PreviewLine]:
    """Give every line of known length a size, by the bytes a second of those whose size is known."""
    known = [line for line in lines if line.size is not None and line.duration_s]
    seconds = sum(line.duration_s or 0 for line in known)
    if not seconds:
        return lines
    rate = sum(line.size or 0 for line in known) / seconds
    return [
        line.model_copy(update={"size": round(rate * line.duration_s), "estimated": True})
        if line.size is None and line.duration_s and not line.problem
        else line
        for line in lines
    ]


def _preview(row: JobRow) -> PreviewLine:
    assert row.video_id is not None
    return PreviewLine(
        video_id=row.video_id,
        url=row.url,
        title=row.title,
        duration_s=row.duration_s,
        size=row.size,
        height=row.selected_height,
        already=row.folder is not None,
        problem=None if row.status is Status.DONE else row.reason or f"still {row.status}",
    )


def _fields(row: JobRow) -> dict[str, object]:
    return {
        "job_id": row.id,
        "video_id": row.video_id,
        "url": row.url,
        "title": row.title,
        "channel": row.channel,
        "stage": row.stage,
        "status": row.status,
        "reason": row.reason,
        "run_after": row.run_after,
        "failure_class": row.failure_class,
        "attempts": row.attempts,
        "height_obtained": row.obtained_height,
        "height_offered": row.offered_height,
        "size": row.size,
        "duration_s": row.duration_s,
        "folder": row.archive / row.folder if row.folder is not None else None,
    }
