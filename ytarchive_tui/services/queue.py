"""The queue, as front ends see it: what is in it, what happens, and what one can do to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
from ytarchive_tui.db.views import Views, id_list
from ytarchive_tui.db.wishes import Wishes, wish, wishes
from ytarchive_tui.domain.events import JournalEntry
from ytarchive_tui.domain.models import JobKind, Progress, Stage, Status, Submission, Submitted
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.services.job_details import JobDetails, job_details
from ytarchive_tui.services.queue_changes import QueueChanges
from ytarchive_tui.services.queue_lines import (
    Figures,
    JobLine,
    LiveLine,
    Overview,
    PreviewLine,
    estimated,
    fields,
    preview_line,
)


class QueueService:
    """Submits, tells and steers; every answer is a snapshot."""

    def __init__(self, db: Database, queue: Queue, board: MemoryBoard) -> None:
        self._db = db
        self._queue = queue
        self._board = board
        self._views = Views(db)
        self._control = Control(db)
        self.changes = QueueChanges(db)
        """Pause, resume, retry, cancel, remove, move, and undo."""

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
            damaged=seen.damaged,
            bytes_archived=seen.bytes_archived,
            next_due_s=seen.next_due_s,
            held=seen.held,
            trying=seen.trying,
            running_s=seen.running_s,
        )

    async def lines(self, source_ids: Sequence[int], job_ids: Collection[int]) -> tuple[JobLine, ...]:
        """Those of these jobs that belong to some sources, in queue order."""
        return tuple(JobLine(**fields(row)) for row in await self._views.jobs_among(source_ids, job_ids))

    async def standing(self, source_ids: Sequence[int], statuses: Collection[Status]) -> tuple[JobLine, ...]:
        """The jobs of some sources that have one of these states, in queue order."""
        return tuple(JobLine(**fields(row)) for row in await self._views.jobs_standing(source_ids, statuses))

    async def done(self, source_ids: Sequence[int]) -> frozenset[int]:
        """Ids of those jobs of items of some sources that are done."""
        return await self._views.done(source_ids)

    async def notes(self, job_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
        """What is noted about the archived items of some jobs: what was refused, withheld or left out."""
        return await copies.notes_of_jobs(self._db, job_ids) if job_ids else {}

    async def live(self) -> tuple[LiveLine, ...]:
        """The running jobs, in queue order, each with its newest progress."""
        rows = await self._views.running()
        return tuple(LiveLine(**fields(row), progress=self._board.get(row.id)) for row in rows)

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
            *estimated([preview_line(row) for row in rows if row.video_id is not None]),
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
