"""What a person wishes of the engine as a whole: one row that any process may write."""

from __future__ import annotations

import sqlite3

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.models import Frozen

_READ = "SELECT on_hold, downloads, limit_bps FROM wishes"


class Wishes(Frozen):
    """What holds until it is wished otherwise, over restarts too."""

    on_hold: bool = False
    """Nothing is claimed, and what runs stops and keeps what it has; lists that are looked at go on."""
    downloads: int | None = None
    """Parallel downloads; None: as the settings say."""
    limit_bps: int | None = None
    """Bytes a second of each download, 0 for no limit; None: as the settings say."""


async def wishes(db: Database) -> Wishes:
    """The wishes as they are now."""
    (row,) = await db.fetch(_READ)
    return _wishes(row)


async def wish(db: Database, **changes: int | None) -> Wishes:
    """Change some of the wishes, and tell who has to obey; what they were before."""
    async with db.write() as tx:
        (row,) = await tx.fetch(_READ)
        before = _wishes(row)
        to = Wishes(**(before.model_dump() | changes))
        if before != to:
            await tx.run(
                "UPDATE wishes SET on_hold = :on_hold, downloads = :downloads, limit_bps = :limit_bps",
                to.model_dump(),
            )
            tx.announce(wish=True)
        return before


async def on_hold(tx: Transaction) -> bool:
    """Whether running jobs are to stop."""
    return (await tx.one("SELECT 1 FROM wishes WHERE on_hold")) is not None


def _wishes(row: sqlite3.Row) -> Wishes:
    return Wishes(**dict(row))
