from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from local_server import MEDIA, running

from ytarchive_tui.sandbox.budget import BanKind, RequestBudget
from ytarchive_tui.sandbox.classify import RequestKind
from ytarchive_tui.sandbox.clock import Clock
from ytarchive_tui.sandbox.model import Knobs


def test_the_request_above_the_budget_starts_a_ban_that_ends() -> None:
    clock, knobs = Clock(), Knobs(budget_requests=2, budget_window_s=60, ban_s=600)
    budget = RequestBudget(knobs, clock)
    for kind in (RequestKind.WATCH, RequestKind.PLAYER, RequestKind.MEDIA, RequestKind.THUMBNAIL):
        budget.spend(kind)
    assert budget.banned() is None
    budget.spend(RequestKind.BROWSE)
    assert budget.banned() is BanKind.BOT_CHECK
    clock.advance(599)
    assert budget.banned() is BanKind.BOT_CHECK
    clock.advance(2)
    assert budget.banned() is None


def test_old_requests_leave_the_window() -> None:
    clock = Clock()
    budget = RequestBudget(Knobs(budget_requests=2, budget_window_s=60), clock)
    for _ in range(6):
        budget.spend(RequestKind.PLAYER)
        clock.advance(31)
    assert budget.banned() is None


def test_a_budget_of_zero_lifts_the_ban() -> None:
    knobs = Knobs(budget_requests=1)
    budget = RequestBudget(knobs, Clock())
    budget.spend(RequestKind.PLAYER)
    budget.spend(RequestKind.PLAYER)
    assert budget.banned()
    knobs.budget_requests = 0
    assert budget.banned() is None


async def test_a_429_ban_answers_everything_until_time_has_passed(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        control, begun = local.control, local.world.now()
        await asyncio.to_thread(lambda: control.set(budget_requests=1, ban_kind="429", retry_after_s=30))
        assert (await local.fetch("/watch?v=a")).status == 200
        banned = await local.fetch("/watch?v=b")
        assert (banned.status, banned.headers["retry-after"]) == (429, "30")
        assert (await local.fetch("/videoplayback?size=1", MEDIA)).status == 429
        assert (await local.fetch("/youtube/v3/videos", "youtube.googleapis.com")).status == 200
        assert await asyncio.to_thread(control.advance, 601) >= begun + timedelta(seconds=601)
        assert (await local.fetch("/watch?v=c")).status == 200
        assert [record.status for record in local.world.log.since(kind=RequestKind.WATCH)] == [200, 429, 200]


async def test_a_bot_check_ban_is_left_to_the_handler(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.budget_requests = 1
        await local.fetch("/watch?v=a")
        assert (await local.fetch("/watch?v=b")).status == 200
        assert local.world.banned() is BanKind.BOT_CHECK
