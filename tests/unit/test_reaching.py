"""Other cookies or another proxy while the engine runs: checked, stored, obeyed, taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.db.db_samples import Clock, failed, video
from ytarchive_tui.db.budget import SiteRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.reach import reach, wish_reach
from ytarchive_tui.domain.breaker import YOUTUBE, Breaker
from ytarchive_tui.domain.errors import FailureClass, UsageError
from ytarchive_tui.domain.models import JobKind, Stage, Status
from ytarchive_tui.domain.plans import FixKind
from ytarchive_tui.domain.reach import Reach
from ytarchive_tui.services.reaching import in_force, with_cookies, with_proxy
from ytarchive_tui.services.recovery import RecoveryService
from ytarchive_tui.services.site import SiteService, rules_of
from ytarchive_tui.settings.model import NetworkSettings, Settings
from ytarchive_tui.workers.reach import ReachKeeper
from ytarchive_tui.workers.site import Site
from ytarchive_tui.ytdlp.options import ExtractionConfig, connection_params

LOGIN = ".youtube.com\tTRUE\t/\tTRUE\t2000000000\t__Secure-3PAPISID\tabcdefgh\n"


def cookies(folder: Path, text: str = LOGIN) -> Path:
    file = folder / "cookies.txt"
    file.write_text(f"# Netscape HTTP Cookie File\n{text}")
    return file


def test_cookies_are_checked_before_they_are_used(tmp_path: Path) -> None:
    file = cookies(tmp_path)
    now = with_cookies(Reach(), str(file))
    assert now.cookies_file == file and now.account not in (None, "guest")
    browser = with_cookies(now, "Firefox:work")
    assert (browser.cookies_file, browser.cookies_browser) == (None, "firefox:work")
    assert with_cookies(browser, "settings") == Reach()
    for text, told in (
        (str(tmp_path / "none.txt"), "can't be read"),
        (str(cookies(tmp_path, LOGIN.replace("youtube", "example"))), "no cookies of youtube.com"),
        (str(tmp_path), "can't be read"),
    ):
        with pytest.raises(UsageError, match=told):
            with_cookies(Reach(), text)
    (tmp_path / "page.html").write_text("<html>")
    with pytest.raises(UsageError, match="Netscape"):
        with_cookies(Reach(), str(tmp_path / "page.html"))


def test_a_proxy_is_checked_before_it_is_used() -> None:
    settings = Settings(network=NetworkSettings(proxy="http://set:1"))
    assert in_force(settings, Reach()).network.proxy == "http://set:1"
    assert in_force(settings, with_proxy(Reach(), "socks5://h:2")).network.proxy == "socks5://h:2"
    assert in_force(settings, with_proxy(Reach(), "direct")).network.proxy is None
    assert with_proxy(with_proxy(Reach(), "direct"), "settings") == Reach()
    with pytest.raises(UsageError, match="should be scheme://host:port"):
        with_proxy(Reach(), "somewhere")


def test_a_browser_is_named_as_yt_dlp_takes_it() -> None:
    params = connection_params(ExtractionConfig(cookies_browser="chrome:Profile 1"))
    assert params["cookiesfrombrowser"] == ("chrome", "Profile 1", None, None)
    assert connection_params(ExtractionConfig())["cookiesfrombrowser"] is None


async def test_a_wish_is_obeyed_while_everything_goes_on(tmp_path: Path) -> None:
    async with await Database.open(tmp_path / "queue.db") as db:
        obeyed: asyncio.Queue[Reach] = asyncio.Queue()
        keeper = ReachKeeper(Reach(), lambda: reach(db), obeyed.put, Queue(db))
        task = asyncio.create_task(keeper.work())
        wished = Reach(proxy="http://h:1")
        async with db.write() as tx:
            assert await wish_reach(tx, wished) == Reach()
        assert await asyncio.wait_for(obeyed.get(), 10) == wished
        async with db.write() as tx:
            assert await wish_reach(tx, Reach()) == wished
        assert await asyncio.wait_for(obeyed.get(), 10) == Reach()
        task.cancel()
        await asyncio.wait({task})


async def test_other_cookies_are_another_account_with_its_own_breaker(tmp_path: Path) -> None:
    clock = Clock()
    async with await Database.open(tmp_path / "queue.db", clock=clock) as db:
        held = Breaker(until=clock.now.replace(hour=13), lasts_s=3600, trips=1, sentence="bot check")
        await SiteRows(db, "guest").keep_breaker(YOUTUBE, held)
        settings = Settings()

        async def reachable() -> bool:
            return True

        site = Site(SiteRows(db, "guest"), rules_of(settings), reachable, clock=clock)
        await site.open()
        assert await site.wait_s(Stage.METADATA) > 0
        service = SiteService(db, settings)
        assert (await service.standing()).held

        wished = with_cookies(Reach(), str(cookies(tmp_path)))
        async with db.write() as tx:
            await wish_reach(tx, wished)
        assert wished.account is not None
        await site.switch(SiteRows(db, wished.account), rules_of(settings, own_cookies=True))
        assert await site.wait_s(Stage.METADATA) == 0
        told = await service.standing()
        assert (told.held, told.account, told.usual_per_hour) == (False, wished.account, 4000)
        # Back again, the guest is left alone as before.
        await site.switch(SiteRows(db, "guest"), rules_of(settings))
        assert await site.wait_s(Stage.METADATA) > 0


async def test_a_plan_offers_it_and_undo_goes_back(tmp_path: Path) -> None:
    async with await Database.open(tmp_path / "queue.db") as db:
        queue, service = Queue(db), RecoveryService(tmp_path / "queue.db")
        await submit(db, [video("a"), video("b")])
        for why in (FailureClass.BOT_CHECK, FailureClass.GEO):
            claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
            assert claim is not None
            await queue.finish(claim, None, failed(claim.job, why, Status.BLOCKED))
        try:
            bot, geo = await service.find("bot_check"), await service.find("geo")
            await service.use(bot, FixKind.COOKIES, str(cookies(tmp_path)))
            await service.use(geo, FixKind.PROXY, "socks5://user:secret@h:1")
            both = await reach(db)
            assert both.cookies_file is not None and both.proxy == "socks5://user:secret@h:1"
            with pytest.raises(UsageError, match="does not offer"):
                await service.use(geo, FixKind.COOKIES, "firefox")
            undone = await service.undo()
            assert undone is not None and undone.step.fix == FixKind.PROXY
            assert (await reach(db)).proxy is None and (await reach(db)).cookies_file is not None
            await service.undo()
            assert await reach(db) == Reach()
        finally:
            await service.close()
