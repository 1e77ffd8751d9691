"""What the limits of the line hold up is told where it waits, also by a remote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from conftest import Stage, shown

from tests.unit.db.db_samples import resolved, video
from ytarchive_tui.db.bandwidth import BandwidthRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.bandwidth import Allowance
from ytarchive_tui.domain.models import JobKind, JobOptions
from ytarchive_tui.domain.models import Stage as StageOf
from ytarchive_tui.domain.policy import after_success
from ytarchive_tui.services.bandwidth import BandwidthService


async def test_a_data_cap_is_told_where_a_download_waits(stage: Callable[..., Stage]) -> None:
    it = stage(workers=False)
    async with await Database.open(it.paths.database) as db:
        await submit(db, [video("aaaaaaaaaaa", options=JobOptions(archive=it.settings.archive.root))])
        claim = await Queue(db).claim(StageOf.METADATA, JobKind.ITEM, "test")
        assert claim is not None
        outcome = resolved(claim.job)
        await Queue(db).finish(claim, outcome, after_success(claim.job, outcome))
        async with shown(it, (240, 30)):
            await it.until(lambda: "ready to download" in it.screen_text())
            later = utcnow() + timedelta(hours=1)
            await BandwidthRows(db).keep(Allowance(held_until=later, reason="data cap for today reached"))
            line = await BandwidthService(db).line()
            told, short = line.why(), line.short()
            assert told and short
            await it.until(
                lambda: any(told in row for row in it.screen_text().splitlines() if "Learnt" in row)
            )
            await it.until(lambda: short in it.screen_text().splitlines()[0])
            await it.until(lambda: told in it.screen_text().splitlines()[-2], 10)
            await BandwidthRows(db).keep(Allowance())
            await it.until(lambda: "ready to download" in it.screen_text())
