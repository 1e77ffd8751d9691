"""How the jobs and items of some sources stand, counted in one read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.views import OF_SOURCES, id_list, no_job
from ytarchive_tui.domain.models import Frozen, JobKind, Status

_BEGINNING_US = 1_000_000
"""A download that found room has gone on by then; one that found none has ended long before."""

KEPT_WITHOUT_JOB = f"""
SELECT DISTINCT si.item_id, c.id AS copy_id, si.position FROM source_items si
JOIN sources s ON s.id = si.source_id
JOIN copies c ON c.item_id = si.item_id AND c.archive_id = s.archive_id
WHERE si.source_id IN (SELECT value FROM json_each(:sources)) AND {no_job()}
"""
"""Items of some sources that are in the archive though no job here brought them in."""


_HIDDEN = f"""
SELECT DISTINCT si.item_id, iif(i.wanted = 0, 'not_wanted', i.at_source) AS reason FROM source_items si
JOIN sources s ON s.id = si.source_id
JOIN items i ON i.id = si.item_id
WHERE si.source_id IN (SELECT value FROM json_each(:sources))
AND (i.wanted = 0 OR i.at_source IN ('private', 'removed'))
AND {no_job()}
AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.item_id = si.item_id AND c.archive_id = s.archive_id)
"""
"""Items that a listing passed over, each with the reason."""


_DAMAGED = f"""
SELECT count(DISTINCT c.id) AS n FROM source_items si
JOIN sources s ON s.id = si.source_id
JOIN copies c ON c.item_id = si.item_id AND c.archive_id = s.archive_id
JOIN library l ON l.copy_id = c.id AND l.state IN ('missing', 'changed')
WHERE si.source_id IN (SELECT value FROM json_each(:sources)) AND {no_job("j.status <> 'done'")}
"""
"""Copies of which a check found something missing or changed, and that nothing is about to replace."""


_JOBS = f"""
SELECT j.kind, j.status, count(*) AS n, min(j.run_after) AS due, coalesce(sum(c.size), 0) AS bytes,
sum(j.failure_class IS 'local_disk' OR (j.stage <> 'storage' AND j.archive_id IN
(SELECT value FROM json_each(:barred)))) AS held,
sum(j.failure_class IS 'local_disk' AND j.updated_at > :lately) AS trying,
min(j.updated_at) AS began
FROM jobs j LEFT JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id
WHERE j.id IN ({OF_SOURCES}) GROUP BY j.kind, j.status
"""
_KEPT = f"""
SELECT count(*) AS n, coalesce(sum(c.size), 0) AS bytes
FROM ({KEPT_WITHOUT_JOB}) k JOIN copies c ON c.id = k.copy_id
"""
_REASONS = f"SELECT reason, count(*) AS n FROM ({_HIDDEN}) GROUP BY reason"


class Totals(Frozen):
    """Counts over the last jobs of some sources."""

    jobs: Mapping[tuple[JobKind, Status], int]
    without_job: int
    """Items in the archive that have no job."""
    hidden: Mapping[str, int]
    """Items of lists with neither job nor copy, by reason: `private`, `removed`, `not_wanted`."""
    damaged: int
    """Copies, with a job that is done or without one, that were found missing or changed."""
    bytes_archived: int
    next_due_s: float | None
    held: int
    """Queued items that wait for room on their archive's disk."""
    trying: int
    """Running items that have just begun to look whether there is room again."""
    running_s: float
    """For how long the item runs that began first; 0 when none runs."""

    def count(self, kind: JobKind, status: Status) -> int:
        """Jobs of that kind and status."""
        return self.jobs.get((kind, status), 0)


class KeptItem(Frozen):
    """An item that is in the archive already."""

    video_id: str
    url: str
    title: str | None
    duration_s: float | None
    size: int
    height: int | None


async def totals(db: Database, source_ids: Collection[int], barred: Collection[int] = ()) -> Totals:
    """Count; costs one pass over the sources' items. `barred`: archives whose disks have no room."""
    sources = {"sources": id_list(source_ids)}
    counted = {**sources, "barred": id_list(barred), "lately": db.now() - _BEGINNING_US}
    rows, kept, hidden, damaged = await db.fetch_each(
        (_JOBS, counted), (_KEPT, sources), (_REASONS, sources), (_DAMAGED, sources)
    )
    items = {row["status"]: row for row in rows if row["kind"] == JobKind.ITEM}
    queued, running = items.get(Status.QUEUED), items.get(Status.RUNNING)
    due = min((row["due"] for row in rows if row["status"] == Status.WAITING), default=None)
    return Totals(
        jobs={(JobKind(row["kind"]), Status(row["status"])): row["n"] for row in rows},
        without_job=kept[0]["n"],
        hidden={row["reason"]: row["n"] for row in hidden},
        damaged=damaged[0]["n"],
        bytes_archived=sum(row["bytes"] for row in rows) + kept[0]["bytes"],
        next_due_s=None if due is None else max(0.0, (due - db.now()) / 1e6),
        held=queued["held"] if queued else 0,
        trying=running["trying"] if running else 0,
        running_s=max(0.0, (db.now() - running["began"]) / 1e6) if running else 0.0,
    )


async def kept_without_job(db: Database, source_ids: Collection[int]) -> tuple[KeptItem, ...]:
    """The items behind `Totals.without_job`, in list order."""
    rows = await db.fetch(
        "SELECT i.video_id, i.url, i.title, i.duration_s, c.size, c.obtained_height AS height "
        f"FROM ({KEPT_WITHOUT_JOB}) k JOIN copies c ON c.id = k.copy_id JOIN items i ON i.id = k.item_id "
        "GROUP BY c.id ORDER BY min(k.position)",
        {"sources": id_list(source_ids)},
    )
    return tuple(KeptItem(**dict(row)) for row in rows)
