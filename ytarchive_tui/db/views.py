"""What front ends show, read on the connection that cannot write."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import Frozen, JobKind, Stage, Status

OF_SOURCES = " UNION ".join(
    f"""
SELECT id FROM jobs WHERE {last} AND kind = 'source'
    AND source_id IN (SELECT value FROM json_each(:sources))
UNION
SELECT j.id FROM source_items si
JOIN jobs j ON j.kind = 'item' AND j.{last} AND j.item_id = si.item_id
JOIN sources s ON s.id = si.source_id AND s.archive_id = j.archive_id
WHERE si.source_id IN (SELECT value FROM json_each(:sources))
"""
    for last in ("superseded = 0", "removed = 1")
)
"""The last jobs of some sources: their own, and those of their items in the same archive.

What a person took off the list is among them: it is still how the item of a run has ended. A plus before a
status has what is asked of them go by the sources, which may be small, and not by all that have that status.
"""


def no_job(which: str = "true") -> str:
    """SQL: no such job `j` is there for `si.item_id` in the archive of `s`."""
    return " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'item' AND j.{last} AND j.item_id = si.item_id "
        f"AND j.archive_id = s.archive_id AND {which})"
        for last in ("superseded = 0", "removed = 1")
    )


_THEIRS = """
CASE j.kind WHEN 'source' THEN j.source_id IN (SELECT value FROM json_each(:sources))
ELSE EXISTS
    (SELECT 1 FROM source_items si JOIN sources o ON o.id = si.source_id AND o.archive_id = j.archive_id
     WHERE si.item_id = j.item_id AND si.source_id IN (SELECT value FROM json_each(:sources)))
END
"""
"""Whether one of the last jobs is among `OF_SOURCES`: cheaper where few jobs are asked about."""

ROW = """
SELECT j.*, i.url AS item_url, i.video_id, i.title AS item_title, i.channel, i.duration_s,
       s.url AS source_url, s.title AS source_title, c.folder, c.size AS copy_size, c.obtained_height,
       coalesce(c.offered_height, m.offered_height) AS offered_height, m.selected_height, m.selected_bytes,
       a.path AS archive, (SELECT count(*) FROM attempts t WHERE t.job_id = j.id) AS attempts
FROM jobs j
JOIN archives a ON a.id = j.archive_id
LEFT JOIN items i ON i.id = j.item_id
LEFT JOIN metadata m ON m.item_id = j.item_id
LEFT JOIN sources s ON s.id = j.source_id
LEFT JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id
"""


class Count(Frozen):
    """How many current jobs stand at one place."""

    kind: JobKind
    stage: Stage
    status: Status
    n: int


class JobRow(Frozen):
    """One line of the queue."""

    id: int
    kind: JobKind
    stage: Stage
    status: Status
    item_id: int | None
    source_id: int | None
    video_id: str | None
    url: str
    title: str | None
    channel: str | None
    duration_s: float | None
    priority: int
    reason: str | None
    run_after: datetime | None
    failure_class: FailureClass | None
    attempts: int
    """Over all stages."""
    cancel_requested: bool
    pause_requested: bool
    archive: Path
    folder: str | None
    """Of the copy, below `archive`; None while there is none."""
    size: int | None
    """Bytes of the copy; before that, of what was selected, when the site told it."""
    obtained_height: int | None
    offered_height: int | None
    selected_height: int | None
    owner: str | None
    updated_at: datetime


class Views:
    """Queries; nothing here changes anything."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def counts(self, source_ids: Collection[int] | None = None) -> tuple[Count, ...]:
        """Current jobs by (kind, stage, status): all of them, or those of some sources."""
        if source_ids is None:
            rows = await self._db.fetch("SELECT kind, stage, status, n FROM counters WHERE n > 0")
        else:
            rows = await self._db.fetch(
                f"SELECT kind, stage, status, count(*) AS n FROM jobs WHERE id IN ({OF_SOURCES}) "
                "GROUP BY kind, stage, status",
                {"sources": id_list(source_ids)},
            )
        return tuple(Count(**dict(row)) for row in rows)

    async def jobs_of_sources(self, source_ids: Collection[int]) -> tuple[JobRow, ...]:
        """The current jobs of some sources, in queue order."""
        rows = await self._db.fetch(
            f"{ROW} WHERE j.id IN ({OF_SOURCES}) ORDER BY j.priority DESC, j.position",
            {"sources": id_list(source_ids)},
        )
        return tuple(_row(row) for row in rows)

    async def jobs_among(self, source_ids: Collection[int], job_ids: Collection[int]) -> tuple[JobRow, ...]:
        """Those of some jobs that are current jobs of some sources, in queue order."""
        rows = await self._db.fetch(
            f"{ROW} WHERE j.id IN (SELECT value FROM json_each(:jobs)) "
            f"AND (j.superseded = 0 OR j.removed = 1) AND {_THEIRS} ORDER BY j.priority DESC, j.position",
            {"sources": id_list(source_ids), "jobs": id_list(job_ids)},
        )
        return tuple(_row(row) for row in rows)

    async def jobs_standing(
        self, source_ids: Collection[int], statuses: Collection[Status]
    ) -> tuple[JobRow, ...]:
        """The current jobs of some sources that have one of these states, in queue order."""
        rows = await self._db.fetch(
            f"{ROW} WHERE j.id IN ({OF_SOURCES}) AND +j.status IN (SELECT value FROM json_each(:statuses)) "
            "ORDER BY j.priority DESC, j.position",
            {"sources": id_list(source_ids), "statuses": json.dumps(list(statuses))},
        )
        return tuple(_row(row) for row in rows)

    async def done(self, source_ids: Collection[int]) -> frozenset[int]:
        """Ids of the current jobs of the items of some sources that are done."""
        rows = await self._db.fetch(
            f"SELECT id FROM jobs WHERE id IN ({OF_SOURCES}) AND +status = 'done' AND kind = 'item'",
            {"sources": id_list(source_ids)},
        )
        return frozenset(row["id"] for row in rows)

    async def jobs(self, job_ids: Collection[int]) -> tuple[JobRow, ...]:
        """Some jobs, in queue order."""
        rows = await self._db.fetch(
            f"{ROW} WHERE j.id IN (SELECT value FROM json_each(?)) ORDER BY j.priority DESC, j.position",
            (id_list(job_ids),),
        )
        return tuple(_row(row) for row in rows)

    async def running(self) -> tuple[JobRow, ...]:
        """The jobs that an engine works on, in queue order."""
        rows = await self._db.fetch(f"{ROW} WHERE j.status = 'running' ORDER BY j.priority DESC, j.position")
        return tuple(_row(row) for row in rows)

    async def jobs_with_staging(self, archive: Path) -> tuple[int, ...]:
        """Ids of the jobs whose staging folder the sweep must keep.

        Besides the active ones these are the failed: a retry resumes from what they have. One that never
        began has no folder.
        """
        rows = await self._db.fetch(
            "SELECT j.id FROM jobs j JOIN archives a ON a.id = j.archive_id WHERE a.path = :path "
            f"AND j.fence > 0 AND j.status NOT IN {FINAL} UNION ALL "
            "SELECT j.id FROM jobs j JOIN archives a ON a.id = j.archive_id WHERE a.path = :path "
            "AND j.fence > 0 AND j.status = 'failed' AND j.superseded = 0",
            {"path": str(archive)},
        )
        return tuple(row["id"] for row in rows)


def _row(row: sqlite3.Row) -> JobRow:
    item = row["item_id"] is not None
    return JobRow(
        id=row["id"],
        kind=row["kind"],
        stage=row["stage"],
        status=row["status"],
        item_id=row["item_id"],
        source_id=row["source_id"],
        video_id=row["video_id"],
        url=row["item_url"] if item else row["source_url"],
        title=row["item_title"] if item else row["source_title"],
        channel=row["channel"],
        duration_s=row["duration_s"],
        priority=row["priority"],
        reason=row["reason"],
        run_after=from_us(row["run_after"]),
        failure_class=row["failure_class"],
        attempts=row["attempts"],
        cancel_requested=bool(row["cancel_requested"]),
        pause_requested=bool(row["pause_requested"]),
        archive=Path(row["archive"]),
        folder=row["folder"],
        size=row["selected_bytes"] if row["copy_size"] is None else row["copy_size"],
        obtained_height=row["obtained_height"],
        offered_height=row["offered_height"],
        selected_height=row["selected_height"],
        owner=row["owner"],
        updated_at=from_us(row["updated_at"]),
    )


def id_list(values: Collection[int]) -> str:
    """Ids as one parameter, for `json_each`."""
    return json.dumps(list(values))
