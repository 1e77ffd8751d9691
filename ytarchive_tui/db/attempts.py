"""The attempts table: one row for each claim, closed by whatever ended it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Literal

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import Frozen, Stage

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
