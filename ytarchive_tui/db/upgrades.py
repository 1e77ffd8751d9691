"""Queues another look at copies of which the site may have a better picture, when their time has come."""

from __future__ import annotations

from ytarchive_tui.db.again import queue_again
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.times import seconds
from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.domain.policy import RetryRules

AT_ONCE = 20
"""Looks that are queued together: newer tools make a whole archive due."""
_DUE = f"""
SELECT w.copy_id, w.tries FROM withheld w CROSS JOIN copies c ON c.id = w.copy_id
WHERE (w.run_after <= :now OR w.tools IS NOT :tools) AND NOT EXISTS (SELECT 1 FROM wishes WHERE on_hold)
AND NOT EXISTS (SELECT 1 FROM jobs j INDEXED BY jobs_of_item
                WHERE j.item_id = c.item_id AND j.archive_id = c.archive_id
                AND j.kind = 'item' AND j.superseded = 0 AND j.status NOT IN {FINAL})
ORDER BY w.run_after LIMIT {AT_ONCE}
"""
"""CROSS JOIN and INDEXED BY: the copies are many and the withheld ones few, which SQLite does not know."""


class Upgrades:
    """`DueRuns` over the withheld table.

    `tools` names the versions in use: other ones than at the last look make a copy due at once, also when its
    tries are used up. `usual` stands in for options that are no longer known.
    """

    def __init__(self, db: Database, rules: RetryRules, tools: str, usual: JobOptions) -> None:
        self._db = db
        self._delays = rules.withheld_s
        self._tools = tools
        self._usual = usual

    async def run_due(self) -> int:
        """Plan what is new and queue what is due; how many."""
        known = {"tools": self._tools, "now": self._db.now()}
        new = "run_after IS NULL AND tries = 0"
        if await self._db.fetch(f"SELECT 1 FROM withheld WHERE {new} LIMIT 1"):
            async with self._db.write() as tx:
                await tx.run(
                    f"UPDATE withheld SET run_after = since + ? WHERE {new}", (seconds(self._delays[0]),)
                )
        if not await self._db.fetch(_DUE, known):
            return 0
        async with self._db.write() as tx:
            due = await tx.fetch(_DUE, known)
            for row in due:
                tries = row["tries"] + 1
                after = tx.now + seconds(self._delays[tries]) if tries < len(self._delays) else None
                await tx.run(
                    "UPDATE withheld SET tries = ?, tools = ?, run_after = ? WHERE copy_id = ?",
                    (tries, self._tools, after, row["copy_id"]),
                )
            made = await queue_again(tx, [row["copy_id"] for row in due], self._usual, only_better=True)
        return made.queued
