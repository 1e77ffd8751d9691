"""What a clock that ran ahead, and was then set right, leaves behind."""

from __future__ import annotations

import logging

from ytarchive_tui.db.connection import Database

log = logging.getLogger(__name__)


async def mend_waits(db: Database) -> int:
    """Let jobs that began to wait at a time that has not come yet wait as long from now; the number of jobs.

    A retry after five seconds would else be due only when the clock is where it once wrongly was.
    """
    async with db.write() as tx:
        count = await tx.run(
            "UPDATE jobs SET run_after = :now + max(0, run_after - updated_at), updated_at = :now "
            "WHERE status = 'waiting' AND updated_at > :now",
            {"now": tx.now},
        )
        if count:
            tx.announce()
            log.warning("the clock was set back: %d jobs wait anew", count)
        return count
