"""The breakers' table: one row a site and account, so that no restart forgets that a site was left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import to_us
from ytarchive_tui.domain.breaker import NETWORK, Breaker
from ytarchive_tui.domain.events import EventKind

OF = "SELECT data FROM site_breakers WHERE site = ? AND account = ?"


async def breaker(db: Database, site: str, account: str) -> Breaker:
    """How it stands; closed when it never opened."""
    return breaker_of(await db.fetch(OF, (site, account)))


def breaker_of(rows: Sequence[sqlite3.Row]) -> Breaker:
    """The one that `OF` brings."""
    return Breaker.model_validate_json(rows[0]["data"]) if rows else Breaker()


async def keep(db: Database, site: str, account: str, new: Breaker) -> None:
    """Store it; an opening, a longer one and a closing are journalled, and told to all who wait."""
    async with db.write() as tx:
        row = await tx.one(OF, (site, account))
        old = Breaker.model_validate_json(row["data"]) if row else Breaker()
        await _write(tx, site, account, new)
        # Being offline has no news but its beginning and its end.
        longer = new.trips != old.trips and site != NETWORK
        opened = new.is_open and (not old.is_open or longer)
        if opened:
            await journal.append(
                tx,
                EventKind.SITE_HELD,
                site=site,
                account=account,
                trips=new.trips,
                lasts_s=new.lasts_s,
                until=new.until.isoformat() if new.until else None,
                reason=new.sentence,
            )
        elif old.is_open and not new.is_open:
            await journal.append(tx, EventKind.SITE_FREE, site=site, account=account)
        tx.announce()


async def probe_now(tx: Transaction) -> bool:
    """Let the next probe of every open breaker go at once, as a person wishes; False when none is open."""
    rows = await tx.fetch("SELECT site, account, data FROM site_breakers WHERE until IS NOT NULL")
    for row in rows:
        early = Breaker.model_validate_json(row["data"]).due_at_once()
        await _write(tx, row["site"], row["account"], early)
    if rows:
        tx.announce()
    return bool(rows)


async def _write(tx: Transaction, site: str, account: str, breaker: Breaker) -> None:
    until = None if breaker.until is None else to_us(breaker.until)
    await tx.run(
        "INSERT INTO site_breakers (site, account, until, data) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (site, account) DO UPDATE SET until = excluded.until, data = excluded.data",
        (site, account, until, breaker.model_dump_json()),
    )
