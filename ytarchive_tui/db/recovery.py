"""Failed jobs, grouped by what they have in common, and what was done about them; in bulk at any number.

What reads takes a plain connection, for a thread of its own; what writes takes a transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from ytarchive_tui.db.archives import options_id
from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.db.control import AGAIN, BEFORE, THESE
from ytarchive_tui.db.times import from_us, seconds, to_us
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Frozen, JobOptions
from ytarchive_tui.domain.recovery import Facts, Group, Plan, SetAside

_ITEM = "(SELECT {} FROM items WHERE id = j.item_id)"
_FACTS = f"""json_array(
    CASE WHEN j.failure_class IN ('auth', 'tool') THEN j.reason END,
    CASE WHEN j.failure_class = 'auth' THEN {_ITEM.format("channel")} END,
    CASE WHEN j.failure_class = 'format' THEN 
        (SELECT data ->> '$.quality' FROM options WHERE id = j.options_id) END,
    CASE WHEN j.failure_class IN ('local_disk', 'local_io') THEN 
        (SELECT path FROM archives WHERE id = j.archive_id) END,
    CASE WHEN j.failure_class IN ('bot_check', 'throttled', 'url_expired')
        THEN coalesce({_ITEM.format("extractor")}, 'youtube') END)"""
"""`Facts` of a job. Other tables are asked only for the classes that need it: a join would cost each row."""
_FAILED = (
    "FROM jobs j WHERE j.superseded = 0 AND j.failure_class IS NOT NULL "
    "AND j.status IN ('failed', 'blocked', 'waiting')"
)
_OF_PLAN = (
    "FROM jobs j WHERE j.superseded = 0 AND j.failure_class = :class "
    f"AND j.status IN ('failed', 'blocked', 'waiting') AND {_FACTS} IN (SELECT value FROM json_each(:facts))"
)
_FIRST_FAILED = (
    "iif(j.repeated <= 1, j.updated_at, coalesce((SELECT min(t.ended_at) FROM attempts t "
    "WHERE t.job_id = j.id AND t.failure_class = j.failure_class), j.updated_at))"
)
"""When a job first failed like this; the attempts need be asked only if it did so again."""
_IN_LINE = "ORDER BY j.priority DESC, j.position"


class Example(NamedTuple):
    """One failed job, with what its newest attempt met."""

    job_id: int
    title: str | None
    url: str
    status: str
    at: datetime
    """When it failed."""
    reason: str
    message: str
    """What the site or the tool said itself; hostile."""
    http_status: int | None


class Step(Frozen):
    """Something that was done about a plan."""

    id: int
    at: datetime
    plan: str
    title: str
    fix: str
    jobs: int
    after_entry: int
    upto_entry: int
    undone_at: datetime | None


class StepOutcome(NamedTuple):
    """Where the jobs of a step stand now."""

    to_come: int
    """Not begun since."""
    under_way: int
    done: int
    again: int
    """Failed once more."""
    job: str | None
    """Title or address of one of them."""
    reason: str | None
    """Why that one failed again, if it did."""
    next_at: datetime | None


# Reading


def groups(db: sqlite3.Connection) -> list[Group]:
    """All failed jobs; costs one look at each of them and at its attempts."""
    rows = db.execute(
        f"SELECT j.failure_class, {_FACTS} AS facts, sum(j.status = 'failed'), sum(j.status = 'blocked'), "
        "sum(j.status = 'waiting'), sum(j.stage = 'metadata'), sum(j.stage = 'download'), "
        f"min({_FIRST_FAILED}), max(j.updated_at), max(iif(j.repeated <= 1, j.updated_at, NULL)), "
        f"min(iif(j.status = 'waiting', j.run_after, NULL)) {_FAILED} GROUP BY 1, 2"
    )
    return [
        Group(
            failure_class=FailureClass(failure_class), facts=Facts(*json.loads(facts)), failed=failed,
            blocked=blocked, waiting=waiting, from_metadata=metadata, from_download=download,
            since=from_us(since), latest=from_us(latest), newest=from_us(newest), next_at=from_us(due),
        )
        for failure_class, facts, failed, blocked, waiting, metadata, download, since, latest, newest, due
        in rows
    ]  # fmt: skip


def set_aside(db: sqlite3.Connection) -> dict[str, SetAside]:
    """What is not to be seen, by the plan's key."""
    rows = db.execute("SELECT plan, at, until FROM plans_set_aside")
    return {plan: SetAside(at=from_us(at), until=from_us(until)) for plan, at, until in rows}


def examples(db: sqlite3.Connection, plan: Plan, limit: int) -> list[Example]:
    """The jobs of a plan that failed last, the newest first."""
    return _examples(db, plan, "-j.updated_at", limit)


def first_example(db: sqlite3.Connection, plan: Plan) -> Example | None:
    """The job of a plan that failed first."""
    return next(iter(_examples(db, plan, _FIRST_FAILED, 1)), None)


def in_line(db: sqlite3.Connection, plan: Plan, limit: int) -> list[Example]:
    """The jobs of a plan in the order in which they would be tried again."""
    return _examples(db, plan, "row_number() OVER (ORDER BY j.priority DESC, j.position)", limit)


def _examples(db: sqlite3.Connection, plan: Plan, order: str, limit: int) -> list[Example]:
    rows = db.execute(
        "SELECT j.id, coalesce(i.title, s.title), coalesce(i.url, s.url), j.status, coalesce(t.ended_at, "
        "j.updated_at), coalesce(j.reason, ''), coalesce(t.evidence ->> '$.message', t.message, ''), "
        f"t.evidence ->> '$.http_status' FROM (SELECT j.id, {order} AS place {_OF_PLAN} "
        "ORDER BY place LIMIT :limit) c JOIN jobs j ON j.id = c.id LEFT JOIN items i ON i.id = j.item_id "
        "LEFT JOIN sources s ON s.id = j.source_id LEFT JOIN attempts t ON t.job_id = j.id AND t.fence = "
        "(SELECT max(fence) FROM attempts f WHERE f.job_id = j.id AND f.outcome = 'failed') ORDER BY c.place",
        _named(plan) | {"limit": limit},
    )
    return [
        Example(job_id, title, url, status, from_us(at), reason, message, http_status)
        for job_id, title, url, status, at, reason, message, http_status in rows
    ]


def steps(db: sqlite3.Connection, limit: int, plan: str | None = None) -> list[Step]:
    """What was done, of one plan or of all; the newest first."""
    rows = db.execute(
        "SELECT id, at, plan, title, fix, jobs, after_entry, upto_entry, undone_at FROM recovery_steps "
        "WHERE :plan IS NULL OR plan = :plan ORDER BY id DESC LIMIT :limit",
        {"plan": plan, "limit": limit},
    )
    return [
        Step(id=id, at=from_us(at), plan=plan, title=title, fix=fix, jobs=jobs, after_entry=after,
             upto_entry=upto, undone_at=from_us(undone))
        for id, at, plan, title, fix, jobs, after, upto, undone in rows
    ]  # fmt: skip


def outcome(db: sqlite3.Connection, step: Step) -> StepOutcome:
    """How far a step is; costs one look at each of its jobs."""
    row = db.execute(
        "SELECT coalesce(sum(new), 0), coalesce(sum(NOT new AND NOT ended AND status <> 'done'), 0), "
        "coalesce(sum(status = 'done'), 0), coalesce(sum(NOT new AND ended), 0), max(name), "
        "max(iif(NOT new AND ended, reason, NULL)), min(iif(new, run_after, NULL)) FROM ("
        "SELECT j.fence = n.data ->> '$.before.fence' AND j.status IN ('queued', 'waiting') AS new, "
        "j.failure_class IS NOT NULL AND j.status IN ('failed', 'blocked', 'waiting') AS ended, "
        "j.status, j.reason, j.run_after, coalesce(i.title, s.title, i.url, s.url) AS name "
        "FROM journal n JOIN jobs j ON j.id = n.job_id LEFT JOIN items i ON i.id = j.item_id "
        "LEFT JOIN sources s ON s.id = j.source_id WHERE n.id > ? AND n.id <= ?)",
        (step.after_entry, step.upto_entry),
    ).fetchone()
    to_come, under_way, done, again, job, reason, due = row
    return StepOutcome(to_come, under_way, done, again, job, reason, from_us(due))


# Writing


async def choose(tx: Transaction, plan: Plan, limit: int = -1) -> str:
    """The plan's jobs as they are now, in line order, as a JSON list of ids for the calls below."""
    row = await tx.one(
        f"SELECT json_group_array(id) AS ids FROM (SELECT j.id {_OF_PLAN} {_IN_LINE} LIMIT :limit)",
        _named(plan) | {"limit": limit},
    )
    return str(row["ids"]) if row else "[]"


async def note_before(tx: Transaction, ids: str, action: str) -> tuple[int, int]:
    """Journal how jobs stand before they are changed; the entries, as (after, up to)."""
    after = await _newest_entry(tx)
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, id, item_id, "
        f"source_id, json_object('action', :action, 'before', json_set({BEFORE}, '$.options_id', options_id, "
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
    used = await tx.fetch(
        f"SELECT DISTINCT o.id, o.data FROM jobs j JOIN options o ON o.id = j.options_id WHERE j.{THESE}",
        {"ids": ids},
    )
    for row in used:
        other = JobOptions.model_validate_json(row["data"]).model_copy(update={"quality": quality})
        await tx.run(
            f"UPDATE jobs SET options_id = :new WHERE options_id = :old AND {THESE}",
            {"new": await options_id(tx, other), "old": row["id"], "ids": ids},
        )
    await tx.run("DELETE FROM staged WHERE job_id IN (SELECT value FROM json_each(:ids))", {"ids": ids})
    await tx.run(f"UPDATE jobs SET stage = 'metadata' WHERE {THESE}", {"ids": ids})


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


def _named(plan: Plan) -> dict[str, object]:
    return {"class": plan.failure_class.value, "facts": json.dumps([_compact(facts) for facts in plan.facts])}


def _compact(values: Iterable[object]) -> str:
    """As SQLite's own `json_array` writes it."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


async def _newest_entry(tx: Transaction) -> int:
    row = await tx.one("SELECT coalesce(max(id), 0) AS id FROM journal")
    return int(row["id"]) if row else 0


async def _note_plan(tx: Transaction, plan: str, action: str) -> None:
    await tx.run(
        "INSERT INTO journal (at, kind, data) VALUES (?, ?, json_object('action', ?, 'plan', ?))",
        (tx.now, EventKind.JOB_CHANGED, action, plan),
    )
