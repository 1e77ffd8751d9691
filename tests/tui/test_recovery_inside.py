"""Remedies from inside: another way to the site and plans made by hand, on the Recovery screen."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Stage, shown

from tests.unit.db.db_samples import failed, video
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.reach import reach
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import JobKind, JobOptions, Status
from ytarchive_tui.domain.models import Stage as StageOf


async def test_a_proxy_is_taken_and_given_back_and_a_plan_is_made(stage: Callable[..., Stage]) -> None:
    it = stage(workers=False)
    async with await Database.open(it.paths.database) as db:
        options = JobOptions(archive=it.settings.archive.root)
        await submit(db, [video("aaaaaaaaaaa", options=options)])
        claim = await Queue(db).claim(StageOf.METADATA, JobKind.ITEM, "test")
        assert claim is not None
        await Queue(db).finish(claim, None, failed(claim.job, FailureClass.GEO, Status.BLOCKED))
        async with shown(it, (120, 36)) as pilot:
            await pilot.press("4")
            await it.until(lambda: "Use another proxy from now on" in it.screen_text())
            await pilot.press("O")
            await it.until(lambda: "proxy:" in it.screen_text())
            await pilot.press(*"nowhere", "enter")
            await it.until(lambda: "should be scheme://host:port" in it.screen_text())
            await pilot.press("O")
            await it.until(lambda: "proxy:" in it.screen_text())
            await pilot.press(*"socks5://h:1", "enter")
            # What was changed is tried on one, if one wishes so.
            await it.until(lambda: "Asked of the site" in it.screen_text())
            assert (await reach(db)).proxy == "socks5://h:1"
            await pilot.press("escape")
            await it.until(lambda: "used another proxy" in it.screen_text())
            await pilot.press("u")
            await it.until(lambda: "undid" in it.screen_text())
            assert (await reach(db)).proxy is None

            await pilot.press("n")
            await it.until(lambda: "from what failed:" in it.screen_text())
            await pilot.press(*"class:geo", "enter")
            await it.until(lambda: "Chosen by you" in it.screen_text() or "mine-1" in it.screen_text())
