"""What could be claimed at this moment, read at most once for each change however many workers ask."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.models import JobKind, Listing, Stage

LOOK_OUTSIDE_S = 1.0
"""How often another process's commits are looked for."""
LOOK_AGAIN_S = 0.05
"""Between two looks while a job stays due, because nobody may claim it."""

_QUEUED = "EXISTS (SELECT 1 FROM jobs WHERE status = 'queued' AND stage = '{}' AND kind = '{}' {})"
_KINDS = [(stage, kind) for kind in JobKind for stage in Stage]
_LOOK = f"""
SELECT {", ".join(_QUEUED.format(stage, kind, "") for stage, kind in _KINDS)},
{", ".join(_QUEUED.format(Stage.METADATA, JobKind.SOURCE, f"AND listing = '{each}'") for each in Listing)},
coalesce((SELECT n FROM counters WHERE kind = 'item' AND stage = 'download' AND status = 'queued'), 0),
(SELECT min(run_after) FROM jobs WHERE status = 'waiting'),
(SELECT min(lease_until) FROM jobs WHERE status = 'running' AND instr(owner, :engine) = 0),
(SELECT on_hold FROM wishes)
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """The queue as one look found it."""

    version: int
    """Of the changes that it knows of."""
    queued: frozenset[tuple[Stage, JobKind]]
    listings: frozenset[Listing]
    """Intents of the sources that are queued."""
    ahead: int
    """Items whose download is queued."""
    due_at: int | None
    """When the next waiting job is due; microseconds UTC."""
    lost_at: int | None
    """When the first lease of another engine ends. Leases go by the wall clock, which runs on while this
    process is suspended: its own jobs are not dead."""
    on_hold: bool
    """Whether a person holds everything but the lists that are looked at."""

    @property
    def next_at(self) -> int | None:
        """When the first job comes back by itself; microseconds UTC."""
        return min((at for at in (self.due_at, self.lost_at) if at is not None), default=None)


class _Waiter(NamedTuple):
    """A worker without work."""

    version: int
    """Of the changes that it knows of."""
    is_open: Callable[[Opening], bool]
    woken: asyncio.Future[None]


class Openings:
    """Shares one look after each change among all workers of an engine, and wakes those that it concerns."""

    def __init__(self, db: Database, engine: str) -> None:
        self._db = db
        self._engine = engine
        self._looking = asyncio.Lock()
        self._seen: Opening | None = None
        self._waiters: set[_Waiter] = set()
        self._watch: asyncio.Task[None] | None = None

    async def now(self) -> Opening:
        """The newest look, repeated until nothing changed beside it.

        What changes while the reader looks is announced to nobody who waits: hence the repetition.
        """
        while True:
            seen = self._seen
            if seen is not None and seen.version == self._db.changes.version:
                return seen
            async with self._looking:
                if self._seen is seen:
                    self.saw(await self._look())

    async def left_by(self, tx: Transaction) -> Opening:
        """What there is once this transaction, which announces changes, is committed; for `saw`.

        Another process's commit may be noticed meanwhile: then the version is too low, and `now` looks again.
        """
        version = self._db.changes.version + 1
        row = await tx.one(_LOOK, {"engine": self._engine})
        assert row is not None
        return _opening(version, row)

    def saw(self, opening: Opening) -> None:
        """Take over a look, unless a newer one is known; if more has changed meanwhile, `now` looks again."""
        if self._seen is None or self._seen.version < opening.version:
            self._seen = opening

    async def wait(
        self, is_open: Callable[[Opening], bool], timeout_s: float, version: int | None = None
    ) -> None:
        """Return when there is an opening after a change of which the caller does not know, or a job is due.

        Returns after the time-out at the latest. `version`: of the changes that count as known; None: the
        present one.
        """
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(self._db.changes.version if version is None else version, is_open, woken)
        self._waiters.add(waiter)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_for_waiters(), name="openings")
        try:
            await asyncio.wait({woken}, timeout=timeout_s)
        finally:
            self._waiters.discard(waiter)
            if not self._waiters and self._watch is not None:
                self._watch.cancel()
                # It ends at its next step only: who waits before that needs another one.
                self._watch = None
        if woken.done():
            woken.result()

    async def _watch_for_waiters(self) -> None:
        """Look after each change, and wake those who may find work; what fails, fails for all of them."""
        try:
            while self._waiters:
                seen = await self.now()
                left = None if seen.next_at is None else (seen.next_at - self._db.now()) / 1e6
                for version, is_open, woken in self._waiters:
                    known = version >= seen.version and (left is None or left > 0)
                    if not known and not woken.done() and is_open(seen):
                        woken.set_result(None)
                pause = LOOK_OUTSIDE_S if left is None else min(LOOK_OUTSIDE_S, max(left, LOOK_AGAIN_S))
                if self._db.changes.version == seen.version and not await self._db.changes.wait(pause):
                    await self._db.notice_others()
        except Exception as error:
            for waiter in self._waiters:
                if not waiter.woken.done():
                    waiter.woken.set_exception(error)

    async def _look(self) -> Opening:
        version = self._db.changes.version
        (row,) = await self._db.fetch(_LOOK, {"engine": self._engine})
        return _opening(version, row)


def _opening(version: int, row: sqlite3.Row) -> Opening:
    *found, ahead, due_at, lost_at, on_hold = row
    return Opening(
        version=version,
        queued=frozenset(kind for kind, there in zip(_KINDS, found, strict=False) if there),
        listings=frozenset(each for each, there in zip(Listing, found[len(_KINDS) :], strict=True) if there),
        ahead=ahead,
        due_at=due_at,
        lost_at=lost_at,
        on_hold=bool(on_hold),
    )
