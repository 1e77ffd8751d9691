"""Recovery: the plans that follow from what failed, what each remedy would do, and doing it.

Reads in a thread with a connection that can't write, so it may stand beside an engine of this or of
another process; what it writes, that engine notices within a second.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

from ytarchive_tui.db import recovery as rows
from ytarchive_tui.db import recovery_changes as changes
from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.breakers import probe_now
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.reach import reach
from ytarchive_tui.db.reader import Reader
from ytarchive_tui.db.recovery import Example, Step, StepOutcome
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.plans import Around, Fix, FixKind, Plan
from ytarchive_tui.domain.recovery import made_key, plans, requests
from ytarchive_tui.services.reaching import with_cookies, with_proxy
from ytarchive_tui.storage.space import held, put_aside, throw_away

T = TypeVar("T")
SHOWN = 5
"""Examples and steps beside a plan."""
PACES = (30, 60, 120, 300, 600, 1200, 3600, None)
"""Items an hour that a release can be slowed down or sped up to; None: all at once."""
MOST_TRIED = 3
"""Items that a trial may take: enough to tell chance from cause."""
_UNDO_AMONG = 20
_MORNING = 8


class Details(NamedTuple):
    """Everything that is known of one plan."""

    plan: Plan
    first: Example | None
    """The job that failed first, if another one than the newest."""
    newest: tuple[Example, ...]
    steps: tuple[tuple[Step, StepOutcome], ...]
    """What was done about it, the newest first."""


class Preview(NamedTuple):
    """What a remedy would do."""

    plan: Plan
    fix: Fix
    jobs: int
    sample: tuple[Example, ...]
    """Those that would go first."""
    requests: int
    """Asked of the site, about."""
    per_hour: int | None
    """None: all at once."""

    @property
    def takes_s(self) -> float:
        """Until the last of them is released."""
        return (self.jobs - 1) * 3600 / self.per_hour if self.per_hour else 0.0


class Undone(NamedTuple):
    """A step that was taken back."""

    step: Step
    jobs: int
    """How many went back; those that have begun since did not."""


class RecoveryService:
    """One per front end; `close` it."""

    def __init__(
        self, database: Path, around: Around | None = None, *, clock: Callable[[], datetime] = utcnow
    ) -> None:
        """The file is opened when first asked; it must be of this version (`open` sees to that)."""
        self._path = database
        self._around = around or Around()
        self._clock = clock
        self._reader = Reader(database)
        self._db: Database | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> Database:
        """Open the file for writing, and bring it up to date; raises a `StateError`."""
        async with self._opening:
            if self._db is None:
                self._db = await Database.open(self._path, clock=self._clock)
            return self._db

    async def close(self) -> None:
        """End threads and connections."""
        await self._reader.close()
        if self._db is not None:
            await self._db.close()

    # Looking

    async def plans(self, *, hidden: bool = False) -> tuple[Plan, ...]:
        """What is worth a look, the most pressing first; with `hidden` also what was set aside."""

        def read(db: sqlite3.Connection) -> tuple[Plan, ...]:
            aside, now = rows.set_aside(db), self._clock()
            return plans(rows.groups(db), self._around, aside, now, rows.made(db))

        found = await self._reader.run(lambda db, _: read(db))
        return tuple(plan for plan in found if hidden or plan.hidden is None)

    async def find(self, name: str) -> Plan:
        """The plan of that key or of that beginning of a key; raises `UsageError`."""
        everything = await self.plans(hidden=True)
        exact = [plan for plan in everything if plan.key == name]
        found = exact or [plan for plan in everything if name and plan.key.startswith(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"«{name}» may mean {', '.join(plan.key for plan in found)}")
        raise UsageError(f"there is no plan «{name}»; `recovery list` shows all")

    async def details(self, plan: Plan) -> Details:
        """Evidence of a plan, and what was done about it."""

        def read(db: sqlite3.Connection) -> Details:
            newest = tuple(rows.examples(db, plan, SHOWN))
            first = rows.first_example(db, plan) if plan.jobs > 1 else None
            done = [step for step in rows.steps(db, SHOWN, plan.key) if step.undone_at is None]
            return Details(plan, first, newest, tuple((step, rows.outcome(db, step)) for step in done))

        return await self._reader.run(lambda db, _: read(db))

    async def preview(
        self, plan: Plan, kind: FixKind, per_hour: int | None = None, items: int = 1
    ) -> Preview:
        """What `apply` would do now; raises `UsageError` when the plan does not offer that.

        `items`: how many to try, of the fix that tries on a few.
        """
        fix = _offered(plan, kind)
        jobs = min(items, plan.jobs) if kind is FixKind.TRY_ONE else plan.jobs
        sample = await self._reader.run(lambda db, _: tuple(rows.in_line(db, plan, SHOWN)))
        asked = requests(jobs, 0) if kind is FixKind.QUALITY else round(plan.requests * jobs / plan.jobs)
        return Preview(plan, fix, jobs, sample[:jobs], asked, per_hour)

    async def outcome(self, step: Step) -> StepOutcome:
        """Where the jobs of a step stand now."""
        return await self._reader.run(lambda db, _: rows.outcome(db, step))

    # Doing

    async def create(self, words: str, *, source: int | None = None, title: str = "") -> Plan:
        """Make a plan of what failed and fits the words of the queue's filter, and belongs to that source.

        Raises `UsageError` when there is nothing like that.
        """
        told = title.strip() or words.strip() or "everything that failed"

        async def change(tx: Transaction) -> int:
            number, jobs = await changes.make_plan(tx, words, source, told)
            if not jobs:
                raise UsageError(f"nothing that failed fits «{words}»; `recovery list` shows what failed")
            return number

        return await self.find(made_key(await self._change(change)))

    async def try_one(self, plan: Plan, items: int = 1) -> Step:
        """Let the first job of a plan, or a few, be tried at once, before all others of their priority.

        Of a site that is left alone the first is the probe.
        """

        async def change(tx: Transaction) -> Step:
            ids = await changes.choose(tx, plan, items)
            noted = await changes.note_before(tx, ids, "try on one" if items == 1 else f"try on {items}")
            jobs = await changes.release(tx, ids)
            await changes.put_first(tx, ids)
            await probe_now(tx)
            return await changes.add_step(tx, plan, FixKind.TRY_ONE, jobs, noted)

        return await self._change(change)

    async def retry(self, plan: Plan, per_hour: int | None) -> Step:
        """Let all jobs of a plan be tried again: the first now, the others one after the other."""

        async def change(tx: Transaction) -> Step:
            ids = await changes.choose(tx, plan)
            noted = await changes.note_before(tx, ids, "try all again")
            jobs = await changes.release(tx, ids, 3600 / per_hour if per_hour else 0)
            return await changes.add_step(tx, plan, FixKind.RETRY, jobs, noted)

        return await self._change(change)

    async def take_quality(self, plan: Plan, quality: str, per_hour: int | None) -> Step:
        """Let all jobs of a plan be tried again with another quality, from their metadata on."""

        async def change(tx: Transaction) -> Step:
            ids = await changes.choose(tx, plan)
            noted = await changes.note_before(tx, ids, f"take quality {quality}")
            await changes.take_quality(tx, ids, quality)
            jobs = await changes.release(tx, ids, 3600 / per_hour if per_hour else 0)
            return await changes.add_step(tx, plan, FixKind.QUALITY, jobs, noted)

        return await self._change(change)

    async def accept(self, plan: Plan, per_hour: int | None) -> Step:
        """Let all jobs of a plan be tried again, and take what comes with flaws of its source as it is."""

        async def change(tx: Transaction) -> Step:
            ids = await changes.choose(tx, plan)
            noted = await changes.note_before(tx, ids, "accept as it is")
            await changes.accept_flaws(tx, ids)
            jobs = await changes.release(tx, ids, 3600 / per_hour if per_hour else 0)
            return await changes.add_step(tx, plan, FixKind.ACCEPT, jobs, noted)

        return await self._change(change)

    async def space(self, plan: Plan) -> dict[int, int]:
        """Bytes of partial files by job, of what failed or needs someone in the plan's archive.

        Raises `UsageError` when the plan does not offer to give them up.
        """
        _offered(plan, FixKind.SPACE)
        archive = plan.facts[0].archive or ""
        rows_ = await (await self.open()).fetch(changes.STUCK, {"archive": archive})
        return await asyncio.to_thread(held, Path(archive), [row["id"] for row in rows_])

    async def free_space(self, plan: Plan) -> int:
        """Give them up; the bytes that this freed. What is waited for goes on by itself then."""
        sizes, db = await self.space(plan), await self.open()
        archive, known = Path(plan.facts[0].archive or ""), await known_archives(db)
        async with db.write() as tx:
            # What began to run since then keeps its files, and nothing can begin before the folders are away.
            rows_ = await tx.fetch(changes.STUCK, {"archive": str(archive)})
            jobs = [row["id"] for row in rows_ if row["id"] in sizes]
            ids = json.dumps(jobs)
            noted = await changes.note_before(tx, ids, "give up partial files")
            await changes.forget_staged(tx, ids)
            await changes.add_step(tx, plan, FixKind.SPACE, len(jobs), noted)
            aside = await asyncio.to_thread(put_aside, archive, known, jobs)
        await asyncio.to_thread(throw_away, archive, known, aside)
        return sum(sizes[job] for job in jobs)

    async def use(self, plan: Plan, kind: FixKind, text: str) -> Step:
        """Reach the site with other cookies or by another proxy, from the next task of the engine on.

        `text`: a file, a browser, a proxy's address, `direct`, or `settings` to go back. Nothing is released.
        Raises `UsageError` when it can't be used.
        """
        _offered(plan, kind)
        now = await reach(await self.open())
        check = with_cookies if kind is FixKind.COOKIES else with_proxy
        new = await asyncio.to_thread(check, now, text)

        async def change(tx: Transaction) -> Step:
            noted = await changes.change_reach(tx, plan, f"use other {kind}", new)
            return await changes.add_step(tx, plan, kind, 0, noted)

        return await self._change(change)

    async def dismiss(self, plan: Plan) -> Step:
        """Hide a plan until something new fails for the same cause."""
        return await self._hide(plan, FixKind.DISMISS, None)

    async def snooze(self, plan: Plan) -> Step:
        """Hide a plan until tomorrow morning, whatever happens."""
        morning = self._clock().astimezone() + timedelta(days=1)
        return await self._hide(
            plan, FixKind.SNOOZE, morning.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
        )

    async def bring_back(self, plan: Plan) -> bool:
        """Show a hidden plan again; False when it was not hidden."""
        return await self._change(lambda tx: changes.bring_back(tx, plan.key))

    async def undo(self) -> Undone | None:
        """Take back the newest step that still can be, of any run; None when there is none."""

        async def change(tx: Transaction) -> Undone | None:
            for step in candidates:
                if step.fix in (FixKind.DISMISS, FixKind.SNOOZE):
                    back = step.jobs if await changes.bring_back(tx, step.plan) else 0
                elif step.fix == FixKind.SPACE:
                    back = 0
                elif step.fix in (FixKind.COOKIES, FixKind.PROXY):
                    back = await changes.undo_reach(tx, step)
                else:
                    back = await changes.undo_release(tx, step)
                await changes.mark_undone(tx, step)
                if back:
                    return Undone(step, back)
            return None

        newest = await self._reader.run(lambda db, _: rows.steps(db, _UNDO_AMONG))
        candidates = [step for step in newest if step.undone_at is None]
        return await self._change(change) if candidates else None

    async def can_undo(self) -> bool:
        """Whether there is a step that was not taken back yet."""
        newest = await self._reader.run(lambda db, _: rows.steps(db, _UNDO_AMONG))
        return any(step.undone_at is None for step in newest)

    async def _hide(self, plan: Plan, kind: FixKind, until: datetime | None) -> Step:
        async def change(tx: Transaction) -> Step:
            noted = await changes.put_aside(tx, plan, f"{kind} the plan", until)
            return await changes.add_step(tx, plan, kind, plan.jobs, noted)

        return await self._change(change)

    async def _change(self, change: Callable[[Transaction], Awaitable[T]]) -> T:
        async with (await self.open()).write() as tx:
            return await change(tx)


def _offered(plan: Plan, kind: FixKind) -> Fix:
    fix = plan.fix(kind)
    if fix is None:
        raise UsageError(
            f"«{plan.key}» does not offer «{kind}»: {', '.join(each.kind for each in plan.fixes)}"
        )
    return fix
