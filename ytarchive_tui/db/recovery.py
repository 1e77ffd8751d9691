"""Failed jobs, grouped by what they have in common, and what was done about them: read at any number.

Everything here takes a plain connection, for a thread of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.domain.plans import Facts, Group, Made, Plan, SetAside

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
_OF_CAUSE = (
    "FROM jobs j WHERE j.superseded = 0 AND j.failure_class = :class "
    f"AND j.status IN ('failed', 'blocked', 'waiting') AND {_FACTS} IN (SELECT value FROM json_each(:facts))"
)
_OF_MADE = f"{_FAILED} AND j.id IN (SELECT job_id FROM made_plan_jobs WHERE plan = :made)"
_COUNTED = (
    "sum(j.status = 'failed'), sum(j.status = 'blocked'), "
    "sum(j.status = 'waiting'), sum(j.stage = 'metadata'), sum(j.stage = 'download'), "
    "min({first}), max(j.updated_at), max(iif(j.repeated <= 1, j.updated_at, NULL)), "
    "min(iif(j.status = 'waiting', j.run_after, NULL))"
)
_FIRST_FAILED = (
    "iif(j.repeated <= 1, j.updated_at, coalesce((SELECT min(t.ended_at) FROM attempts t "
    "WHERE t.job_id = j.id AND t.failure_class = j.failure_class), j.updated_at))"
)
"""When a job first failed like this; the attempts need be asked only if it did so again."""


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


def groups(db: sqlite3.Connection) -> list[Group]:
    """All failed jobs; costs one look at each of them and at its attempts."""
    rows = db.execute(
        f"SELECT j.failure_class, {_FACTS} AS facts, {_COUNTED.format(first=_FIRST_FAILED)} "
        f"{_FAILED} GROUP BY 1, 2"
    )
    return [_group(row) for row in rows]


def made(db: sqlite3.Connection) -> list[Made]:
    """The plans that were made by hand, with those of their jobs that still are where they failed."""
    found = []
    for number, title in db.execute("SELECT id, title FROM made_plans ORDER BY id").fetchall():
        rows = db.execute(
            f"SELECT j.failure_class, '[]', {_COUNTED.format(first=_FIRST_FAILED)} {_OF_MADE} GROUP BY 1",
            {"made": number},
        )
        found.append(Made(id=number, title=title, groups=tuple(_group(row) for row in rows)))
    return found


def _group(row: Sequence[Any]) -> Group:
    failure_class, facts, failed, blocked, waiting, metadata, download, since, latest, newest, due = row
    return Group(
        failure_class=FailureClass(failure_class), facts=Facts(*json.loads(facts)), failed=failed,
        blocked=blocked, waiting=waiting, from_metadata=metadata, from_download=download,
        since=from_us(since), latest=from_us(latest), newest=from_us(newest), next_at=from_us(due),
    )  # fmt: skip


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
        f"t.evidence ->> '$.http_status' FROM (SELECT j.id, {order} AS place {of_plan(plan)} "
        "ORDER BY place LIMIT :limit) c JOIN jobs j ON j.id = c.id LEFT JOIN items i ON i.id = j.item_id "
        "LEFT JOIN sources s ON s.id = j.source_id LEFT JOIN attempts t ON t.job_id = j.id AND t.fence = "
        "(SELECT max(fence) FROM attempts f WHERE f.job_id = j.id AND f.outcome = 'failed') ORDER BY c.place",
        named(plan) | {"limit": limit},
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


def of_plan(plan: Plan) -> str:
    """What a statement about the plan's jobs, `j`, goes on with after its columns."""
    return _OF_CAUSE if plan.made is None else _OF_MADE


def named(plan: Plan) -> dict[str, object]:
    """The parameters of `of_plan`."""
    if plan.made is not None:
        return {"made": plan.made}
    return {"class": plan.failure_class.value, "facts": json.dumps([_compact(facts) for facts in plan.facts])}


def _compact(values: Iterable[object]) -> str:
    """As SQLite's own `json_array` writes it."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
