"""Lists that stay in step, on the screen: followed, run, and what changed in them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Stage, shown
from test_browse import browse, look_at, rows

from ytarchive_tui.sandbox.catalog.ids import Shelf
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import VideoKind
from ytarchive_tui.tui.screens.browse_changes import ChangesDialog
from ytarchive_tui.tui.screens.browse_following import explained
from ytarchive_tui.tui.screens.browse_sources import SourcesDialog

Make = Callable[..., Stage]
IDS = [Shelf(6).video_id(VideoKind.VIDEO, n) for n in range(6)]


async def test_a_list_is_followed_run_and_its_changes_are_shown(stage: Make, youtube: ControlClient) -> None:
    youtube.set(media_bytes=20_000, conditions={IDS[0]: "private"})
    it = stage()
    async with shown(it) as pilot:
        await look_at(it, pilot, "@count-6", None)
        await it.until(lambda: "5 entries read" in it.screen_text())
        await pilot.press("w")
        await it.until(lambda: "every so often" in it.screen_text())
        await pilot.press(*"61 * * * *")
        await it.until(lambda: "is no cron expression" in it.screen_text())
        await pilot.press("enter")
        assert browse(it).prompting
        await pilot.press("ctrl+u", *"6h")
        await it.until(lambda: "every 6 hours: about" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: "followed, every 6 hours" in it.screen_text())
        await it.until(lambda: "no change, next" in it.screen_text() or ", next" in it.screen_text())

        await pilot.press("n")
        await it.until(lambda: "queued: the whole list" in it.screen_text())
        await it.until(lambda: [row.state.value for row in rows(it)] == ["have"] * 5)
        youtube.set(conditions={}, overrides={IDS[3]: {"title": "Another name"}})
        await pilot.press("F")
        await it.until(lambda: isinstance(it.app.screen, SourcesDialog))
        await it.until(lambda: "no change" in it.screen_text() and "every 6 hours" in it.screen_text())
        await pilot.press("n")
        await it.until(lambda: "1 new, 1 renamed" in it.screen_text())
        await pilot.press("c")
        await it.until(lambda: isinstance(it.app.screen, ChangesDialog))
        await it.until(lambda: "is now «Another name»" in it.screen_text() and "new " in it.screen_text())
        await pilot.press("escape", "W")
        await it.until(lambda: "not followed any more" in it.screen_text())
        await it.until(lambda: "not followed " in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: it.app.screen is it.app.base)


async def test_a_remote_follows_and_runs_as_well(stage: Make, youtube: ControlClient) -> None:
    it = stage(workers=False)
    async with shown(it, (80, 24)) as pilot:
        await look_at(it, pilot, "@count-6", None)
        await it.until(lambda: "in line to be read" in it.screen_text())
        await pilot.press("w", *"30 2 * * 1", "enter")
        await it.until(lambda: "followed, cron 30 2 * * 1" in it.screen_text().replace("\n", " "))
        await pilot.press("n")
        await it.until(lambda: "queued: the whole list" in it.screen_text())
        sources = (await it.bridge.runtime()).sources
        (source,) = await sources.all(followed=True)
        assert source.status == "queued" and source.schedule is not None
        await pilot.press("F")
        await it.until(lambda: "queued" in it.screen_text() and "@count-6" in it.screen_text())
        await pilot.press("W", "escape")
        await it.until(lambda: it.app.screen is it.app.base)
        await it.until(lambda: "not followed any more" in it.screen_text())
        assert not await sources.all(followed=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [("daily", "every day: about "), ("90m", "every 90 minutes: about "), ("0 3 * * *", "cron 0 3 * * *, ")],
)
def test_a_schedule_is_explained_with_its_next_runs(text: str, words: str) -> None:
    told = explained(text)
    assert told.startswith(words) and told.count(":") >= 4
