"""The Recovery screen through real services, a real database and the local YouTube's own refusals."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager

from conftest import Stage, shown

from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.sandbox.catalog import condition_id, sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition
from ytarchive_tui.tui.screens.queue import QueueScreen
from ytarchive_tui.tui.screens.recovery import RecoveryScreen
from ytarchive_tui.tui.screens.recovery_dialogs import AdviceDialog, PreviewDialog
from ytarchive_tui.tui.widgets.fix_list import FixList

Make = Callable[..., Stage]


def recovery(stage: Stage) -> RecoveryScreen:
    screen = stage.app.base
    assert isinstance(screen, RecoveryScreen)
    return screen


def titles(stage: Stage) -> list[str]:
    return [plan.title for plan in recovery(stage).plans.values()]


def numbers(stage: Stage) -> list[int]:
    return [plan.jobs for plan in recovery(stage).plans.values()]


@asynccontextmanager
async def failing(stage: Stage, *video_ids: str, size: tuple[int, int] = (120, 36), quality: str = "360p"):  # type: ignore[no-untyped-def]
    """The screen, with these videos failed by the real engine."""
    options = JobOptions(archive=stage.settings.archive.root, quality=quality)
    async with shown(stage, size) as pilot:
        queue = await stage.bridge.queue()
        addresses = [f"https://www.youtube.com/watch?v={each}" for each in video_ids]
        await queue.submit([
            Submission(url=url, address=url, kind=SourceKind.VIDEO, video_id=each, options=options)
            for url, each in zip(addresses, video_ids, strict=True)
        ])  # fmt: skip
        await pilot.press("4")
        await stage.until(lambda: isinstance(stage.app.base, RecoveryScreen))
        await stage.until(lambda: sum(numbers(stage)) == len(video_ids))
        await stage.until(lambda: recovery(stage).focused is recovery(stage).table)
        yield pilot


async def test_a_trial_on_one_is_previewed_done_and_its_end_told_then_all_are_retried(
    stage: Make, youtube: ControlClient
) -> None:
    bots, members = condition_id(Condition.BOT_CHECK), condition_id(Condition.MEMBERS)
    other = condition_id(Condition.GEO)
    youtube.set(conditions={bots: "age", members: "age", other: "age"})
    it = stage()
    async with failing(it, bots, members, other) as pilot:
        assert titles(it) == ["Age-restricted"] and numbers(it) == [3]
        await it.until(lambda: "Sign in to confirm your age" in it.screen_text())
        await it.until(lambda: "3 items, first at" in it.screen_text())
        youtube.set(conditions={bots: "ok", members: "ok", other: "ok"})
        youtube.clear_log()
        await pilot.press("c")
        await it.until(lambda: isinstance(it.app.screen, PreviewDialog))
        await it.until(lambda: "1 item of 3" in it.screen_text() and "requests" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: "is archived" in it.screen_text())
        assert 4 <= len(youtube.log()) <= 7, "about the 6 requests that the preview told"
        await it.until(lambda: numbers(it) == [2])
        await pilot.press("t")
        await it.until(lambda: "2 items of 2" in it.screen_text() and "300 an hour" in it.screen_text())
        await pilot.press(*["plus"] * 4)
        await it.until(lambda: "all at once" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: "Nothing to recover" in it.screen_text())
        figures = (await it.bridge.queue()).figures
        done = 0
        while done < 3:
            done = (await figures()).done
            await pilot.pause(0.05)


async def test_dismissed_plans_are_hidden_shown_on_demand_and_undone(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with failing(it, condition_id(Condition.GEO), condition_id(Condition.MEMBERS)) as pilot:
        both = titles(it)
        await pilot.press("asterisk", "d")
        await it.until(lambda: "Nothing to recover" in it.screen_text())
        await pilot.press("A")
        await it.until(lambda: titles(it) == both and it.screen_text().count("dismissed") >= 2)
        await pilot.press("A")
        await it.until(lambda: not titles(it) and recovery(it).can_undo())
        await pilot.press("u")
        await it.until(lambda: titles(it) == both[1:])
        await pilot.press("z")
        await it.until(lambda: not titles(it))


async def test_the_fixes_are_a_list_one_can_walk_and_the_advice_says_what_to_write_where(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with failing(it, condition_id(Condition.MEMBERS), size=(80, 24)) as pilot:
        await it.until(lambda: "1 item, first at" in it.screen_text())
        text = it.screen_text()
        for essential in ("4 Recovery", "Members only", "needs you", "What comes next", "Try it again now",
                          "hidden until another one fails", "C Use cookies from now on"):  # fmt: skip
            assert essential in text, text
        await pilot.press("enter")
        assert isinstance(it.app.focused, FixList)
        await pilot.press("down", "enter")
        await it.until(lambda: isinstance(it.app.screen, AdviceDialog))
        await it.until(lambda: "cookies_file =" in it.screen_text() and "config path" in it.screen_text())
        await pilot.press("escape", "escape")
        assert it.app.focused is recovery(it).table


async def test_another_quality_is_checked_and_brings_the_item_home(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with failing(it, sized_id("1M"), quality="b[height=7]") as pilot:
        assert titles(it) == ["No format fits «b[height=7]»"]
        await pilot.press("e", *"360p", "enter")
        await it.until(lambda: isinstance(it.app.screen, PreviewDialog))
        await pilot.press("enter")
        queue = await it.bridge.queue()
        while not (await queue.figures()).done:
            await pilot.pause(0.05)


async def test_the_items_of_a_plan_are_shown_in_the_queue(stage: Make, youtube: ControlClient) -> None:
    it = stage()
    async with failing(it, condition_id(Condition.GEO), condition_id(Condition.MEMBERS)) as pilot:
        await it.until(lambda: recovery(it).can_items())
        await pilot.press("i")
        await it.until(lambda: isinstance(it.app.base, QueueScreen) and len(it.queue.table.ids) == 1)
        assert "class:" in it.screen_text()
