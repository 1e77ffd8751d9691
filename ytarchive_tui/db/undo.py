"""Takes back what a person did to jobs, from what the journal noted as «before»."""

from __future__ import annotations

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import BEFORE
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.domain.events import EventKind

_NOTED = """
SELECT job_id, min(id), data ->> '$.action' AS action, data ->> '$.before' AS before FROM journal
WHERE id > :after AND id <= :upto AND kind = :kind GROUP BY job_id
"""
"""Each job's oldest entry of the change: what was before the whole of it."""

_RESTORE = f"""
UPDATE jobs SET
    status = CASE WHEN jobs.status = 'running' THEN 'running' WHEN b.status = 'running' THEN 'queued'
        ELSE b.status END,
    stage = CASE WHEN jobs.status = 'running' THEN jobs.stage WHEN b.stage = 'storage' AND NOT EXISTS
        (SELECT 1 FROM staged WHERE job_id = jobs.id) THEN 'download' ELSE b.stage END,
    run_after = iif(jobs.status = 'running', jobs.run_after, b.run_after),
    failure_class = iif(jobs.status = 'running', jobs.failure_class, b.failure_class),
    failed_stage = iif(jobs.status = 'running', jobs.failed_stage, b.failed_stage),
    repeated = iif(jobs.status = 'running', jobs.repeated, b.repeated),
    reason = iif(jobs.status = 'running' OR b.status = 'running', NULL, b.reason),
    priority = b.priority, position = b.position,
    options_id = iif(jobs.status = 'running' OR b.options_id IS NULL, jobs.options_id, b.options_id),
    cancel_requested = iif(jobs.status = 'running', b.cancel_requested, 0),
    pause_requested = iif(jobs.status = 'running', b.pause_requested, 0),
    updated_at = :now
FROM (SELECT job_id, action,
        before ->> '$.status' AS status, before ->> '$.stage' AS stage, before ->> '$.run_after' AS run_after,
        before ->> '$.failure_class' AS failure_class, before ->> '$.failed_stage' AS failed_stage,
        before ->> '$.repeated' AS repeated, before ->> '$.reason' AS reason,
        before ->> '$.priority' AS priority, before ->> '$.position' AS position,
        before ->> '$.cancel_requested' AS cancel_requested,
        before ->> '$.pause_requested' AS pause_requested, before ->> '$.options_id' AS options_id
    FROM ({_NOTED})) b
WHERE b.job_id = jobs.id AND jobs.superseded = 0 AND jobs.id IN (SELECT value FROM json_each(:ids))
"""

_RESTORABLE = f"""
SELECT j.id, j.status FROM jobs j JOIN ({_NOTED}) b ON b.job_id = j.id WHERE j.superseded = 0 AND CASE
    WHEN b.action = 'cancel' THEN j.status = 'cancelled' OR j.cancel_requested
    WHEN b.action = 'pause' THEN j.status = 'paused' OR j.pause_requested
    WHEN b.action = 'resume' THEN j.status IN ('queued', 'waiting') OR j.status = 'running'
    WHEN b.action = 'retry' THEN j.status = 'queued' AND j.attempt = 0
    WHEN b.action = 'profile' THEN j.status NOT IN ('running', 'done')
        AND NOT EXISTS (SELECT 1 FROM staged WHERE job_id = j.id)
    ELSE j.status NOT IN {FINAL} END
"""
"""Jobs that still are where the change left them; what has gone on since is left alone."""


async def last_change(db: Database) -> int:
    """The id of the journal's newest entry, 0 when it is empty."""
    rows = await db.fetch("SELECT max(id) AS id FROM journal")
    return rows[0]["id"] or 0


async def undo(db: Database, after: int, upto: int) -> int:
    """Put jobs back to where they were before the changes noted in (`after`, `upto`]; the number of jobs.

    The undoing is journalled as a change of its own.
    """
    noted = {"after": after, "upto": upto, "kind": EventKind.JOB_CHANGED}
    async with db.write() as tx:
        rows = await tx.fetch(_RESTORABLE, noted)
        if not rows:
            return 0
        ids = str([row["id"] for row in rows])
        await tx.run(
            "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, id, "
            f"item_id, source_id, json_object('action', 'undo', 'before', {BEFORE}) FROM jobs "
            "WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id",
            {"now": tx.now, "kind": EventKind.JOB_CHANGED, "ids": ids},
        )
        await tx.run(_RESTORE, noted | {"ids": ids, "now": tx.now})
        tx.announce(wish=any(row["status"] == "running" for row in rows))
        return len(rows)
