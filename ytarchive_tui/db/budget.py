"""The budgets' table: how many requests a site has borne of late, and how many it is asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ytarchive_tui.db import breakers
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.breaker import NETWORK, YOUTUBE, Breaker
from ytarchive_tui.domain.governor import Budget

_OF = "SELECT data FROM site_budgets WHERE site = ? AND account = ?"


async def budget(db: Database, site: str, account: str) -> Budget | None:
    """As last stored."""
    return _budget_of(await db.fetch(_OF, (site, account)))


def _budget_of(rows: Sequence[sqlite3.Row]) -> Budget | None:
    return Budget.model_validate_json(rows[0]["data"]) if rows else None


async def keep(db: Database, site: str, account: str, new: Budget) -> None:
    """Store it; nobody is told, who shows it looks now and then."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO site_budgets (site, account, data) VALUES (?, ?, ?) "
            "ON CONFLICT (site, account) DO UPDATE SET data = excluded.data",
            (site, account, new.model_dump_json()),
        )


class SiteRows:
    """`domain.ports.SiteMemory` on the database, for one account."""

    def __init__(self, db: Database, account: str) -> None:
        self._db = db
        self._account = account

    async def breaker(self, site: str) -> Breaker:
        """How a site's breaker stands."""
        return await breakers.breaker(self._db, site, self._account)

    async def standing(self) -> tuple[Breaker, Breaker, Budget | None]:
        """YouTube's breaker, the network's, and YouTube's budget, as they were at one moment."""
        refused, offline, stored = await self._db.fetch_each(
            (breakers.OF, (YOUTUBE, self._account)),
            (breakers.OF, (NETWORK, self._account)),
            (_OF, (YOUTUBE, self._account)),
        )
        return breakers.breaker_of(refused), breakers.breaker_of(offline), _budget_of(stored)

    async def keep_breaker(self, site: str, breaker: Breaker) -> None:
        """Store it and tell who waits."""
        await breakers.keep(self._db, site, self._account, breaker)

    async def budget(self, site: str) -> Budget | None:
        """A site's budget as last stored."""
        return await budget(self._db, site, self._account)

    async def keep_budget(self, site: str, budget: Budget) -> None:
        """Store it."""
        await keep(self._db, site, self._account, budget)
