"""The attempts table: one row for each claim, closed by whatever ended it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Literal

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import MICROSECOND, from_us
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import Frozen, Job, Stage
from ytarchive_tui.domain.strategy import REMEMBERED, Past

_MOST = 1000
"""Failures of which one look at the past learns."""
_PLACE = "coalesce((SELECT extractor FROM items WHERE id = {}.item_id), 'youtube')"
_AT_HOME = frozenset({FailureClass.LOCAL_DISK, FailureClass.LOCAL_IO})
_PAST = """
WITH failed AS (
    SELECT t.job_id, t.fence, t.stage, t.ended_at FROM attempts t JOIN jobs j ON j.id = t.job_id,
        jobs here ON here.id = :job
    WHERE t.failure_class = :class AND t.ended_at > :since AND {}
    ORDER BY t.ended_at DESC LIMIT :most
)
SELECT ended_at, 0 AS good FROM failed
UNION ALL
SELECT s.ended_at, 1 FROM failed f JOIN attempts s ON s.job_id = f.job_id AND s.fence = (
    SELECT min(n.fence) FROM attempts n WHERE n.job_id = f.job_id AND n.fence > f.fence
    AND n.stage = f.stage AND n.outcome IN ('succeeded', 'failed'))
WHERE s.outcome = 'succeeded'
ORDER BY ended_at
"""
"""A success counts when the same stage of that job had failed like this the time before."""

AttemptOutcome = Literal["succeeded", "failed", "released", "interrupted", "cancelled"]


class Attempt(Frozen):
    """One try of one stage."""

    job_id: int
    fence: int
    stage: Stage
    n: int
    """Its number within the stage, from 1."""
    owner: str
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    failure_class: FailureClass | None
    message: str | None
    evidence: Evidence | None


async def start(tx: Transaction, job: sqlite3.Row) -> None:
    """Open the attempt of a job that was just claimed."""
    await tx.run(
        "INSERT INTO attempts (job_id, fence, stage, n, owner, started_at) VALUES (?, ?, ?, ?, ?, ?)",
        (job["id"], job["fence"], job["stage"], job["attempt"], job["owner"], tx.now),
    )


async def end(
    tx: Transaction, job_id: int, fence: int, outcome: AttemptOutcome, failure: Failure | None
) -> None:
    """Close the attempt."""
    await tx.run(
        "UPDATE attempts SET ended_at = ?, outcome = ?, failure_class = ?, message = ?, evidence = ? "
        "WHERE job_id = ? AND fence = ?",
        (
            tx.now,
            outcome,
            failure.failure_class if failure else None,
            failure.sentence if failure else None,
            failure.evidence.model_dump_json() if failure else None,
            job_id,
            fence,
        ),
    )


async def past(db: Database, job: Job, failure_class: FailureClass) -> list[Past]:
    """How tries ended after such a failure where the job works, the oldest first.

    That place is the archive for what fails there, and the site for all else.
    """
    same = "j.archive_id = here.archive_id"
    if failure_class not in _AT_HOME:
        same = f"{_PLACE.format('j')} = {_PLACE.format('here')}"
    rows = await db.fetch(
        _PAST.format(same),
        {"job": job.id, "class": failure_class, "since": db.now() - REMEMBERED // MICROSECOND, "most": _MOST},
    )
    return [Past(from_us(row["ended_at"]), bool(row["good"])) for row in rows]


async def of_job(db: Database, job_id: int) -> tuple[Attempt, ...]:
    """All attempts of a job, oldest first."""
    rows = await db.fetch("SELECT * FROM attempts WHERE job_id = ? ORDER BY fence", (job_id,))
    return tuple(
        Attempt(
            job_id=row["job_id"],
            fence=row["fence"],
            stage=row["stage"],
            n=row["n"],
            owner=row["owner"],
            started_at=from_us(row["started_at"]),
            ended_at=from_us(row["ended_at"]),
            outcome=row["outcome"],
            failure_class=row["failure_class"],
            message=row["message"],
            evidence=Evidence.model_validate_json(row["evidence"]) if row["evidence"] else None,
        )
        for row in rows
    )
