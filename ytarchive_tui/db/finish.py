"""The end of a stage: where its job goes and what its outcome leaves in the tables."""

from __future__ import annotations

import sqlite3
from uuid import uuid4

from ytarchive_tui.db import attempts, copies, items, journal, sightings, withheld
from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.db.sidecars import names
from ytarchive_tui.db.times import seconds
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import (
    AtSource,
    Downloaded,
    Listed,
    Resolved,
    Stage,
    StageOutcome,
    Status,
    Stored,
)
from ytarchive_tui.domain.policy import Transition

ORDER = (Stage.METADATA, Stage.DOWNLOAD, Stage.STORAGE)


async def finish(
    tx: Transaction, job: sqlite3.Row, outcome: StageOutcome | None, transition: Transition
) -> None:
    """Write everything that follows from the end of the stage which `job` (a row of jobs) was running."""
    status, reason = _end(job, transition)
    reason = await _leave(tx, job, outcome) or reason
    if isinstance(outcome, Resolved) and status is Status.DONE:
        await withheld.looked(tx, job["item_id"], job["archive_id"], outcome.metadata)
    failure = transition.failure
    if failure and failure.failure_class is FailureClass.GONE and status is Status.FAILED and job["item_id"]:
        await items.see(tx, job["item_id"], AtSource.REMOVED)
    if transition.forget == "staging" or status in (Status.DONE, Status.CANCELLED):
        await tx.run("DELETE FROM staged WHERE job_id = ?", (job["id"],))
    run_after = None if transition.delay_s is None else tx.now + seconds(transition.delay_s)
    if transition.status is Status.WAITING and run_after is None:
        run_after = tx.now
    await tx.run(
        "UPDATE jobs SET stage = :stage, status = :status, reason = :reason, run_after = :run_after, "
        "attempt = iif(stage = :stage, attempt, 0), failure_class = :failure_class, "
        "failed_stage = :failed_stage, repeated = :repeated, owner = NULL, lease_until = NULL, "
        "cancel_requested = 0, pause_requested = 0, updated_at = :now, "
        # Who only looked has no use for the job afterwards: it leaves the queue.
        "superseded = iif(listing = 'browse' AND :status = 'done', 1, superseded) WHERE id = :id",
        {
            "stage": transition.stage,
            "status": status,
            "reason": reason,
            "run_after": None if status.is_final else run_after,
            **_blame(job, outcome, transition),
            "now": tx.now,
            "id": job["id"],
        },
    )
    ended: attempts.AttemptOutcome = (
        "failed"
        if failure
        else "succeeded"
        if outcome is not None
        else "cancelled"
        if status is Status.CANCELLED
        else "released"
    )
    await attempts.end(tx, job["id"], job["fence"], ended, failure)
    await journal.append(
        tx,
        EventKind.STAGE_FAILED if failure else EventKind.STAGE_FINISHED,
        job_id=job["id"],
        item_id=job["item_id"],
        source_id=job["source_id"],
        stage=job["stage"],
        attempt=job["attempt"],
        outcome=ended,
        next_stage=transition.stage,
        status=status,
        delay_s=transition.delay_s,
        failure_class=failure.failure_class if failure else None,
        reason=reason,
    )
    tx.announce()


def _end(job: sqlite3.Row, transition: Transition) -> tuple[Status, str | None]:
    """What the user asked for meanwhile goes before what the policy says, but what is done stays done."""
    if transition.status is Status.DONE:
        return Status.DONE, transition.reason
    if job["cancel_requested"]:
        return Status.CANCELLED, "cancelled by you"
    if job["pause_requested"] and not transition.status.is_final:
        return Status.PAUSED, "paused by you"
    return transition.status, transition.reason


def _blame(job: sqlite3.Row, outcome: StageOutcome | None, transition: Transition) -> dict[str, object]:
    """The failure that stands against the job, and how often it came in a row.

    A success clears it only from the failed stage on: when storage finds a download incomplete, the next
    good download proves nothing yet, and clearing the count there would let the two alternate for ever.
    """
    failure = transition.failure
    if failure is not None:
        again = job["failure_class"] == failure.failure_class
        return {
            "failure_class": failure.failure_class,
            "failed_stage": job["stage"],
            "repeated": job["repeated"] + 1 if again else 1,
        }
    failed_stage = job["failed_stage"]
    proved = outcome is not None and (
        failed_stage is None or ORDER.index(Stage(job["stage"])) >= ORDER.index(Stage(failed_stage))
    )
    if proved:
        return {"failure_class": None, "failed_stage": None, "repeated": 0}
    return {
        "failure_class": job["failure_class"],
        "failed_stage": failed_stage,
        "repeated": job["repeated"],
    }


async def _leave(tx: Transaction, job: sqlite3.Row, outcome: StageOutcome | None) -> str | None:
    """What the outcome leaves in the tables; a sentence when there is more to say of it."""
    match outcome:
        case Listed():
            await sightings.keep_listing(tx, job, outcome)
        case Resolved():
            await items.learn(tx, job["item_id"], outcome.metadata)
        case Downloaded():
            await items.learn(tx, job["item_id"], outcome.staged.metadata)
            staged = outcome.staged.model_copy(update={"nonce": uuid4().hex})
            await tx.run(
                "INSERT INTO staged (job_id, data) VALUES (?, ?) "
                "ON CONFLICT (job_id) DO UPDATE SET data = excluded.data",
                (job["id"], staged.model_dump_json()),
            )
        case Stored():
            kept = await copies.keep(tx, job["item_id"], outcome.archived)
            await journal.append(
                tx,
                EventKind.ITEM_ARCHIVED if kept else EventKind.ITEM_NOT_REPLACED,
                job_id=job["id"],
                item_id=job["item_id"],
                source_id=job["source_id"],
                archive=str(outcome.archived.archive),
                folder=outcome.archived.folder,
                size=sum(file.size for file in outcome.archived.manifest.files),
            )
            if kept and outcome.archived.manifest.missing:
                return f"without {names(outcome.archived.manifest)}: asked for again by itself"
            if not kept:
                return f"only {outcome.archived.manifest.obtained_height}p came; the better copy stays"
    return None
