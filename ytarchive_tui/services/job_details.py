"""Everything that is known of one job, for a pane beside the queue."""

from __future__ import annotations

from ytarchive_tui.db import attempts, copies, items, journal
from ytarchive_tui.db.archives import options_of_job
from ytarchive_tui.db.attempts import Attempt
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.views import JobRow, Views
from ytarchive_tui.domain.events import JournalEntry
from ytarchive_tui.domain.models import ArchivedCopy, Frozen, JobOptions


class JobDetails(Frozen):
    """One job with its history."""

    row: JobRow
    options: JobOptions
    """The profile under which it is archived."""
    attempts: tuple[Attempt, ...]
    """Oldest first."""
    offered: tuple[str, ...]
    """The formats that the site last offered, in short, the best first."""
    kept: ArchivedCopy | None
    """What lies in the job's archive."""
    journal: tuple[JournalEntry, ...]
    """Oldest first."""


async def job_details(db: Database, job_id: int) -> JobDetails | None:
    """The job as it is now; None when there is no such job."""
    rows = await Views(db).jobs((job_id,))
    if not rows:
        return None
    row = rows[0]
    kept = await copies.of_item(db, row.item_id) if row.item_id is not None else ()
    return JobDetails(
        row=row,
        options=await options_of_job(db, job_id),
        attempts=await attempts.of_job(db, job_id),
        offered=() if row.item_id is None else await items.offered(db, row.item_id),
        kept=next((copy for copy in kept if copy.archive == row.archive), None),
        journal=await journal.entries_of_job(db, job_id),
    )
