"""The ledger of the Data API's quota: what each key has spent, and which keys rest."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import from_us, to_us
from ytarchive_tui.domain.pacific import quota_day, quota_renewed
from ytarchive_tui.domain.quota import COSTS, THE_API, WARN_AT, Charged, KeyStanding, NoneLeft

_SPENT = (
    "SELECT k.value AS key, coalesce((SELECT sum(units) FROM quota_spent s WHERE s.key = k.value "
    "AND s.day = :day), 0) AS spent, r.until, r.cause, r.why FROM json_each(:keys) k "
    "LEFT JOIN quota_rests r ON r.key = k.value AND r.until > :now ORDER BY k.key"
)


class StoredLedger:
    """`QuotaLedger` in the state file, so that all processes and all days share one account.

    `limit` is a key's daily quota; of it, `reserve` is never spent through this ledger.
    """

    def __init__(self, db: Database, *, limit: int, reserve: int = 0) -> None:
        self._db = db
        self._limit = limit
        self._reserve = reserve

    async def charge(self, keys: Collection[str], call: str) -> Charged | NoneLeft:
        """Book what the call costs on the first key that has as much left, before it is made."""
        units = COSTS[call]
        async with self._db.write() as tx:
            now = from_us(tx.now)
            day = quota_day(now).isoformat()
            rows = await tx.fetch(_SPENT, _asked(keys, now))
            for row in rows:
                if row["until"] is None and row["spent"] + units <= self._limit - self._reserve:
                    before, after = row["spent"], row["spent"] + units
                    warn = before < WARN_AT * self._limit <= after
                    charged = Charged(row["key"], call, day, warn)
                    await _book(tx, charged, 1)
                    return charged
        resting = [row for row in rows if row["until"] is not None]
        if len(resting) < len(rows) or not rows:
            kept = f", {self._reserve:,} units a key are kept for you" if self._reserve else ""
            why = f"the Data API's quota for today is spent{kept}"
            return NoneLeft("quotaExceeded", why, quota_renewed(now))
        first = min(resting, key=lambda row: row["until"])
        return NoneLeft(first["cause"], first["why"], from_us(first["until"]))

    async def give_back(self, charged: Charged) -> None:
        """Undo a booking: the call never reached the API."""
        async with self._db.write() as tx:
            await _book(tx, charged, -1)

    async def rest(self, key: str, until: datetime, cause: str, why: str) -> None:
        """Leave a key alone for a while: the API said that it can't be used."""
        async with self._db.write() as tx:
            await tx.run(
                "INSERT INTO quota_rests VALUES (?, ?, ?, ?) ON CONFLICT (key) "
                "DO UPDATE SET until = excluded.until, cause = excluded.cause, why = excluded.why",
                (key, to_us(until), cause, why),
            )

    async def broken(self) -> tuple[datetime, str] | None:
        """Until when the API itself is left alone, and why."""
        rows = await self._db.fetch(
            "SELECT until, why FROM quota_rests WHERE key = ? AND until > ?", (THE_API, self._db.now())
        )
        return (from_us(rows[0]["until"]), rows[0]["why"]) if rows else None

    async def standings(self, keys: Collection[str]) -> tuple[KeyStanding, ...]:
        """How each key stands now, in the order given; what is reserved counts as left."""
        now = from_us(self._db.now())
        asked = _asked(keys, now)
        calls: dict[str, dict[str, int]] = {}
        for row in await self._db.fetch(
            "SELECT key, call, calls FROM quota_spent WHERE day = :day AND calls > 0 "
            "AND key IN (SELECT value FROM json_each(:keys)) ORDER BY call",
            {"day": asked["day"], "keys": asked["keys"]},
        ):
            calls.setdefault(row["key"], {})[row["call"]] = row["calls"]
        return tuple(
            KeyStanding(
                key=row["key"],
                limit=self._limit,
                spent=row["spent"],
                calls=calls.get(row["key"], {}),
                resting_until=from_us(row["until"]),
                cause=row["cause"],
                why=row["why"],
            )
            for row in await self._db.fetch(_SPENT, asked)
        )


def _asked(keys: Collection[str], now: datetime) -> dict[str, str | int]:
    return {"keys": json.dumps(list(keys)), "day": quota_day(now).isoformat(), "now": to_us(now)}


async def _book(tx: Transaction, charged: Charged, calls: int) -> None:
    await tx.run(
        "INSERT INTO quota_spent VALUES (:key, :day, :call, :calls, :units) ON CONFLICT (key, day, call) "
        "DO UPDATE SET calls = calls + excluded.calls, units = units + excluded.units",
        {
            "key": charged.key,
            "day": charged.day,
            "call": charged.call,
            "calls": calls,
            "units": calls * COSTS[charged.call],
        },
    )
