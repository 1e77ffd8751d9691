"""The wish how the site is reached: one row that any process may write, and the engine obeys."""

from __future__ import annotations

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.reach import Reach


async def reach(db: Database) -> Reach:
    """As it is wished now."""
    rows = await db.fetch("SELECT data FROM reach")
    return Reach.model_validate_json(rows[0]["data"]) if rows else Reach()


async def wish_reach(tx: Transaction, new: Reach) -> Reach:
    """Wish for another one; what was wished before."""
    row = await tx.one("SELECT data FROM reach")
    await tx.run(
        "INSERT INTO reach (id, data) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
        (new.model_dump_json(),),
    )
    tx.announce(wish=True)
    return Reach.model_validate_json(row["data"]) if row else Reach()
