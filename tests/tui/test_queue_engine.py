"""What the Queue screen wishes of the engine as a whole, while downloads run and from a second process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from conftest import Stage, shown
from test_queue import ids, statuses, submit

from ytarchive_tui.domain.addresses import recognise
from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.runtime import Runtime
from ytarchive_tui.sandbox.catalog import DEMO_PLAYLIST, sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.tui.screens.logs import LogsScreen

Make = Callable[..., Stage]


def running(it: Stage) -> int:
    return statuses(it).count("running")


def downloading(it: Stage) -> int:
    rows = [it.queue.table.row(each) for each in it.queue.table.ids]
    return sum(row is not None and row.status == "running" and row.stage == "download" for row in rows)


async def test_a_hold_stops_what_runs_outlives_a_restart_and_ends_with_one_key(
    stage: Make, youtube: ControlClient
) -> None:
    youtube.set(connection_bps=200_000)
    first = stage()
    async with shown(first) as pilot:
        await submit(first, sized_id("2M"), sized_id("2M", 2), sized_id("2M", 3))
        await first.until(lambda: downloading(first) == 2 and first.bridge.pulse.left_s)
        await pilot.press("P")
        await first.until(lambda: statuses(first) == ["queued"] * 3)
    second = stage()
    async with shown(second) as pilot:
        await second.until(lambda: " on hold " in second.screen_text().splitlines()[0])
        await second.until(lambda: statuses(second) == ["queued"] * 3)
        youtube.set(connection_bps=0)
        await pilot.press("P")
        await second.until(lambda: statuses(second) == ["done"] * 3)
        assert "on hold" not in second.screen_text().splitlines()[0]


async def test_another_process_holds_everything_and_a_list_can_still_be_looked_at(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it), Runtime.attach(it.settings, it.paths) as remote:
        await remote.queue.changes.hold(True)
        await submit(it, sized_id("1M"))
        await it.until(lambda: " on hold " in it.screen_text().splitlines()[0])
        options = JobOptions(archive=it.settings.archive.root)
        await remote.browser.open(recognise(DEMO_PLAYLIST), options)
        with closing(sqlite3.connect(it.paths.database)) as database:
            listed = "SELECT 1 FROM sources WHERE refreshed_at NOT NULL AND kind = 'playlist'"
            await it.until(lambda: database.execute(listed).fetchone())
        assert statuses(it)[-1] == "queued"
        await remote.queue.changes.hold(False)
        await it.until(lambda: statuses(it) == ["done"])


@pytest.mark.long
async def test_more_and_fewer_downloads_at_a_time_while_they_run(stage: Make, youtube: ControlClient) -> None:
    youtube.set(connection_bps=150_000)
    it = stage()
    async with shown(it) as pilot:
        await submit(it, *(sized_id("2M", n) for n in range(1, 6)))
        await it.until(lambda: downloading(it) == 2)
        assert "2 at a time" in it.screen_text()
        await pilot.press("n", "backspace", "4", "enter")
        await it.until(lambda: downloading(it) == 4, 10)
        await it.until(lambda: "4 at a time" in it.screen_text())
        async with Runtime.attach(it.settings, it.paths) as remote:
            await remote.queue.changes.set_downloads(1)
            await it.until(lambda: "1 at a time" in it.screen_text())
        # The four end, and the last one waits for all of them.
        youtube.set(connection_bps=600_000)
        await it.until(lambda: statuses(it).count("done") == 3)
        assert downloading(it) <= 1
        await it.until(lambda: statuses(it) == ["done"] * 5)
        await pilot.press("n", "backspace", "9", "9", "enter")
        await it.until(lambda: "a number from 1 to 32" in it.screen_text())


async def test_a_speed_limit_holds_for_what_runs_and_is_lifted_again(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it) as pilot:
        await pilot.press("b", *"100k", "enter")
        await it.until(lambda: "102 kB/s each at most" in it.screen_text())
        await submit(it, sized_id("16M"))
        queue = await it.bridge.queue()
        (job,) = it.queue.table.ids

        def speed() -> float:
            progress = queue.progress(job)
            return progress.speed or 0.0 if progress is not None else 0.0

        await it.until(lambda: 0 < speed() < 250_000 and it.bridge.pulse.left_s)
        assert "about" in it.screen_text()
        await pilot.press("b", *["backspace"] * 4, "0", "enter")
        await it.until(lambda: statuses(it) == ["done"], 15)
        await it.until(lambda: "each at most" not in it.screen_text())


async def test_another_profile_for_what_is_chosen_and_back(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(3))
        queue = await it.bridge.queue()

        async def profiles() -> list[tuple[str, str]]:
            found = [await queue.details(job) for job in it.queue.table.ids]
            return [(each.options.quality, each.options.container) for each in found if each]

        await pilot.press("space", "space", "e", *"480p mkv", "enter")
        await it.until(lambda: "2 jobs changed to 480p mkv" in it.screen_text())
        assert await profiles() == [("480p", "mkv")] * 2 + [("360p", "mp4")]
        await pilot.press("u")
        await it.until(lambda: "undid the change of profile of 2 jobs" in it.screen_text())
        assert await profiles() == [("360p", "mp4")] * 3


async def test_the_details_have_formats_and_the_jobs_log_and_a_key_shows_all_of_it(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it, (200, 50)) as pilot:
        await submit(it, sized_id("1M"))
        await it.until(lambda: statuses(it) == ["done"])
        (job,) = it.queue.table.ids
        await it.until(lambda: "offered" in it.screen_text() and "obtained" in it.screen_text())
        await it.until(lambda: "Log, all of it with l" in it.screen_text())
        await pilot.press("l")
        await it.until(lambda: isinstance(it.app.screen, LogsScreen))
        await it.until(lambda: f"filter: job:{job}" in it.screen_text())


async def test_files_of_what_is_done_are_deleted_after_the_words(stage: Make, youtube: ControlClient) -> None:
    it = stage()
    async with shown(it) as pilot:
        await submit(it, sized_id("1M"))
        await it.until(lambda: statuses(it) == ["done"] and it.queue.can_delete())
        root = it.settings.archive.root
        assert list(root.glob("*/*/manifest.json"))
        await pilot.press("X")
        await it.until(lambda: "There is no undo" in it.screen_text())
        await pilot.press(*"delete", "enter")
        await it.until(lambda: "1 item deleted" in it.screen_text())
        assert not list(root.glob("*/*/manifest.json"))
