"""What could be claimed at this moment, read once after each change however many workers ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.models import JobKind, Listing, Stage

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


class Openings:
    """Shares one look among all workers of an engine: each change wakes every one of them."""

    def __init__(self, db: Database, engine: str) -> None:
        self._db = db
        self._engine = engine
        self._looking = asyncio.Lock()
        self._seen: Opening | None = None

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
                    self._seen = await self._look()

    async def _look(self) -> Opening:
        version = self._db.changes.version
        (row,) = await self._db.fetch(_LOOK, {"engine": self._engine})
        *found, ahead, due_at, lost_at, on_hold = row
        return Opening(
            version=version,
            queued=frozenset(kind for kind, there in zip(_KINDS, found, strict=False) if there),
            listings=frozenset(
                each for each, there in zip(Listing, found[len(_KINDS) :], strict=True) if there
            ),
            ahead=ahead,
            due_at=due_at,
            lost_at=lost_at,
            on_hold=bool(on_hold),
        )
