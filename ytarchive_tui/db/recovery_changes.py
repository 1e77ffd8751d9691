"""What is done about failed jobs, in bulk; journalled with what was before, so that it can be undone."""

from __future__ import annotations

from datetime import datetime

from ytarchive_tui.db.archives import options_id
from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.db.control import AGAIN, BEFORE, THESE
from ytarchive_tui.db.filters import condition, parse
from ytarchive_tui.db.reach import wish_reach
from ytarchive_tui.db.recovery import Step, named, of_plan
from ytarchive_tui.db.times import from_us, seconds, to_us
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.domain.plans import Plan
from ytarchive_tui.domain.reach import Reach

IN_LINE = "ORDER BY j.priority DESC, j.position"


async def choose(tx: Transaction, plan: Plan, limit: int = -1) -> str:
    """The plan's jobs as they are now, in line order, as a JSON list of ids for the calls below."""
    row = await tx.one(
        f"SELECT json_group_array(id) AS ids FROM (SELECT j.id {of_plan(plan)} {IN_LINE} LIMIT :limit)",
        named(plan) | {"limit": limit},
    )
    return str(row["ids"]) if row else "[]"


async def make_plan(tx: Transaction, words: str, source: int | None, title: str) -> tuple[int, int]:
    """Make a plan of what failed and fits the words of the queue's filter; its number, and how many jobs."""
    fits = condition(parse(words))
    row = await tx.one("INSERT INTO made_plans (at, title) VALUES (?, ?) RETURNING id", (tx.now, title))
    assert row is not None
    jobs = await tx.run(
        "INSERT INTO made_plan_jobs (plan, job_id) SELECT :plan, j.id FROM jobs j "
        "LEFT JOIN items i ON i.id = j.item_id LEFT JOIN sources s ON s.id = j.source_id "
        "WHERE j.superseded = 0 AND j.failure_class IS NOT NULL AND j.status IN ('failed', 'blocked', "
        "'waiting') AND (:source IS NULL OR j.source_id = :source OR j.item_id IN (SELECT item_id FROM "
        f"source_items WHERE source_id = :source)) AND {fits.sql}",
        {"plan": row["id"], "source": source, **fits.parameters},
    )
    tx.announce()
    return row["id"], jobs


STUCK = (
    "SELECT j.id FROM jobs j JOIN archives a ON a.id = j.archive_id WHERE a.path = :archive "
    "AND j.status IN ('failed', 'blocked')"
)
"""Jobs at an archive that go nowhere by themselves; what was cancelled is swept at the next start."""


async def forget_staged(tx: Transaction, ids: str) -> None:
    """What these jobs have downloaded is not there any more."""
    await tx.run("DELETE FROM staged WHERE job_id IN (SELECT value FROM json_each(:ids))", {"ids": ids})
    await tx.run(f"UPDATE jobs SET stage = 'download' WHERE stage = 'storage' AND {THESE}", {"ids": ids})


async def note_before(tx: Transaction, ids: str, action: str) -> tuple[int, int]:
    """Journal how jobs stand before they are changed; the entries, as (after, up to)."""
    after = await _newest_entry(tx)
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, id, item_id, "
        f"source_id, json_object('action', :action, 'before', json_set({BEFORE}, "
        f"'$.fence', fence, '$.updated_at', updated_at)) FROM jobs WHERE {THESE} ORDER BY id",
        {"now": tx.now, "kind": EventKind.JOB_CHANGED, "action": action, "ids": ids},
    )
    return after, await _newest_entry(tx)


async def release(tx: Transaction, ids: str, gap_s: float = 0) -> int:
    """Let jobs be tried again, the first now and each further one `gap_s` later; the number of jobs."""
    # Of a column that is set twice the last value counts: what follows `AGAIN` refines it.
    changed = await tx.run(
        f"UPDATE jobs SET {AGAIN}, updated_at = :now, status = iif(c.key * :gap = 0, 'queued', 'waiting'), "
        "run_after = iif(c.key * :gap = 0, NULL, :now + c.key * :gap), "
        "reason = iif(c.key * :gap = 0, NULL, 'tried again by you, one after the other') "
        "FROM json_each(:ids) c WHERE c.value = jobs.id",
        {"ids": ids, "now": tx.now, "gap": seconds(gap_s)},
    )
    tx.announce()
    return changed


async def put_first(tx: Transaction, ids: str) -> None:
    """Give jobs the first place in line among those of their priority."""
    await tx.run(
        f"UPDATE jobs SET position = (SELECT min(position) FROM jobs) - 1 WHERE {THESE}", {"ids": ids}
    )


async def take_quality(tx: Transaction, ids: str, quality: str) -> None:
    """Give jobs another quality; they begin with their metadata, where formats are chosen."""
    await _take_options(tx, ids, quality=quality)
    await tx.run("DELETE FROM staged WHERE job_id IN (SELECT value FROM json_each(:ids))", {"ids": ids})
    await tx.run(f"UPDATE jobs SET stage = 'metadata' WHERE {THESE}", {"ids": ids})


async def accept_flaws(tx: Transaction, ids: str) -> None:
    """From now on these jobs take files with flaws of their source as they are."""
    await _take_options(tx, ids, accept_flaws=True)


async def _take_options(tx: Transaction, ids: str, **changes: object) -> None:
    used = await tx.fetch(
        f"SELECT DISTINCT o.id, o.data FROM jobs j JOIN options o ON o.id = j.options_id WHERE j.{THESE}",
        {"ids": ids},
    )
    for row in used:
        other = JobOptions.model_validate_json(row["data"]).model_copy(update=changes)
        await tx.run(
            f"UPDATE jobs SET options_id = :new WHERE options_id = :old AND {THESE}",
            {"new": await options_id(tx, other), "old": row["id"], "ids": ids},
        )


async def change_reach(tx: Transaction, plan: Plan, action: str, new: Reach) -> tuple[int, int]:
    """Wish for another way to the site; the journal's entry, as (after, up to)."""
    after = await _newest_entry(tx)
    before = await wish_reach(tx, new)
    await tx.run(
        "INSERT INTO journal (at, kind, data) VALUES (?, ?, json_object('action', ?, 'plan', ?, 'reach', "
        "json(?)))",
        (tx.now, EventKind.JOB_CHANGED, action, plan.key, before.model_dump_json()),
    )
    return after, await _newest_entry(tx)


async def undo_reach(tx: Transaction, step: Step) -> int:
    """Go back to the way before a step; 1, or 0 when that is not known."""
    row = await tx.one(
        "SELECT data -> '$.reach' AS reach FROM journal WHERE id > ? AND id <= ? AND data -> '$.reach' "
        "IS NOT NULL",
        (step.after_entry, step.upto_entry),
    )
    if row is None:
        return 0
    await wish_reach(tx, Reach.model_validate_json(row["reach"]))
    return 1


async def put_aside(tx: Transaction, plan: Plan, action: str, until: datetime | None) -> tuple[int, int]:
    """Hide a plan; the journal's entry, as (after, up to)."""
    after = await _newest_entry(tx)
    await tx.run(
        "INSERT INTO plans_set_aside (plan, at, until) VALUES (:plan, :now, :until) "
        "ON CONFLICT (plan) DO UPDATE SET at = :now, until = :until",
        {"plan": plan.key, "now": tx.now, "until": None if until is None else to_us(until)},
    )
    await _note_plan(tx, plan.key, action)
    return after, await _newest_entry(tx)


async def bring_back(tx: Transaction, plan: str) -> bool:
    """Show a hidden plan again; False when it was not hidden."""
    found = await tx.run("DELETE FROM plans_set_aside WHERE plan = ?", (plan,))
    if found:
        await _note_plan(tx, plan, "show the plan again")
        tx.announce()
    return bool(found)


async def add_step(tx: Transaction, plan: Plan, fix: str, jobs: int, entries: tuple[int, int]) -> Step:
    """Remember what was done, so that it can be followed and taken back."""
    row = await tx.one(
        "INSERT INTO recovery_steps (at, plan, title, fix, jobs, after_entry, upto_entry) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (tx.now, plan.key, plan.title, fix, jobs, *entries),
    )
    assert row is not None
    tx.announce()
    return Step(id=row["id"], at=from_us(tx.now), plan=plan.key, title=plan.title, fix=fix, jobs=jobs,
                after_entry=entries[0], upto_entry=entries[1], undone_at=None)  # fmt: skip


async def undo_release(tx: Transaction, step: Step) -> int:
    """Put back the jobs of a step that nobody has claimed since; the number of jobs."""
    noted = {"after": step.after_entry, "upto": step.upto_entry, "now": tx.now}
    row = await tx.one(
        "SELECT json_group_array(j.id) AS ids FROM journal n JOIN jobs j ON j.id = n.job_id "
        "WHERE n.id > :after AND n.id <= :upto AND j.superseded = 0 AND j.status IN ('queued', 'waiting') "
        "AND j.fence = n.data ->> '$.before.fence'",
        noted,
    )
    ids = str(row["ids"]) if row else "[]"
    if ids == "[]":
        return 0
    await note_before(tx, ids, "undo")
    changed = await tx.run(
        "UPDATE jobs SET status = b.data ->> '$.status', stage = iif(b.data ->> '$.stage' = 'storage' "
        "AND NOT EXISTS (SELECT 1 FROM staged WHERE job_id = jobs.id), 'download', b.data ->> '$.stage'), "
        + ", ".join(f"{name} = b.data ->> '$.{name}'" for name in _RESTORED)
        + " FROM (SELECT job_id, data -> '$.before' AS data FROM journal WHERE id > :after "
        f"AND id <= :upto) b WHERE b.job_id = jobs.id AND jobs.{THESE}",
        noted | {"ids": ids},
    )
    tx.announce()
    return changed


async def mark_undone(tx: Transaction, step: Step) -> None:
    """Remember that a step was taken back, or that nothing of it can be."""
    await tx.run("UPDATE recovery_steps SET undone_at = ? WHERE id = ?", (tx.now, step.id))


_RESTORED = (
    "run_after", "failure_class", "failed_stage", "repeated", "reason", "priority", "position", "options_id",
    "updated_at",
)  # fmt: skip


async def _newest_entry(tx: Transaction) -> int:
    row = await tx.one("SELECT coalesce(max(id), 0) AS id FROM journal")
    return int(row["id"]) if row else 0


async def _note_plan(tx: Transaction, plan: str, action: str) -> None:
    await tx.run(
        "INSERT INTO journal (at, kind, data) VALUES (?, ?, json_object('action', ?, 'plan', ?))",
        (tx.now, EventKind.JOB_CHANGED, action, plan),
    )
