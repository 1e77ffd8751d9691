"""What was downloaded each day, and what is allowed now; so that no restart forgets a data cap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.bandwidth import Allowance
from ytarchive_tui.domain.events import EventKind

KEPT = timedelta(days=400)


async def allowed(db: Database) -> Allowance:
    """What the engine of the newest run allowed last."""
    rows = await db.fetch("SELECT data FROM bandwidth_now")
    return Allowance.model_validate_json(rows[0]["data"]) if rows else Allowance()


class BandwidthRows:
    """`domain.ports.BandwidthMemory` on the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def used(self) -> Mapping[date, int]:
        """Bytes by local day."""
        rows = await self._db.fetch("SELECT day, bytes FROM bandwidth_days")
        return {date.fromisoformat(row["day"]): row["bytes"] for row in rows}

    async def add(self, day: date, count: int) -> None:
        """So many more were downloaded on that day."""
        async with self._db.write() as tx:
            await tx.run(
                "INSERT INTO bandwidth_days (day, bytes) VALUES (?, ?) "
                "ON CONFLICT (day) DO UPDATE SET bytes = bytes + excluded.bytes",
                (day.isoformat(), count),
            )
            await tx.run("DELETE FROM bandwidth_days WHERE day < ?", ((day - KEPT).isoformat(),))

    async def keep(self, new: Allowance) -> None:
        """Store what is allowed; a pause and its end are journalled, and told to all whom it concerns."""
        async with self._db.write() as tx:
            row = await tx.one("SELECT data FROM bandwidth_now")
            old = Allowance.model_validate_json(row["data"]) if row else Allowance()
            await tx.run(
                "INSERT INTO bandwidth_now (id, data) VALUES (1, ?) "
                "ON CONFLICT (id) DO UPDATE SET data = excluded.data",
                (new.model_dump_json(),),
            )
            if (old.held_until is None) != (new.held_until is None):
                await _note(tx, new)
                tx.announce(wish=True)


async def _note(tx: Transaction, new: Allowance) -> None:
    if new.held_until is None:
        await journal.append(tx, EventKind.DOWNLOADS_FREE)
    else:
        await journal.append(
            tx, EventKind.DOWNLOADS_HELD, until=new.held_until.isoformat(), reason=new.reason
        )
