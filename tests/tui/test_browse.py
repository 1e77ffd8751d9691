"""The Browse screen through real services, a real database and the local YouTube."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import Stage, shown
from rich.cells import cell_len
from textual.events import Paste

from ytarchive_tui.db.browser_rows import Entry
from ytarchive_tui.sandbox.catalog import CONDITIONS_PLAYLIST, DEMO_HANDLE, DEMO_PLAYLIST
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition
from ytarchive_tui.tui.screens.add import AddDialog
from ytarchive_tui.tui.screens.browse import BrowseScreen
from ytarchive_tui.tui.screens.queue import QueueScreen
from ytarchive_tui.tui.screens.queue_chosen import QueueChosenDialog
from ytarchive_tui.tui.widgets.source_tree import name_of

Make = Callable[..., Stage]
HUGE = "@count-20000"


def browse(stage: Stage) -> BrowseScreen:
    screen = stage.app.base
    assert isinstance(screen, BrowseScreen)
    return screen


def rows(stage: Stage) -> list[Entry]:
    table = browse(stage).entries
    return [row for each in table.ids if (row := table.row(each)) is not None]


def states(stage: Stage) -> set[str]:
    return {row.state.value for row in rows(stage)}


async def lists(stage: Stage) -> list[str]:
    screen = browse(stage)
    return [name_of(node) for node in await screen.pages.nodes(screen.unfolded, ())]


async def look_at(stage: Stage, pilot: Any, address: str, entries: int | None) -> None:
    """Open an address, and wait until it was read to its end and has that many entries."""
    await pilot.press("2")
    await stage.until(lambda: isinstance(stage.app.base, BrowseScreen))
    await pilot.press("o", *address, "enter")
    if entries is not None:
        await stage.until(
            lambda: len(browse(stage).entries.ids) == entries and "entries read" in stage.screen_text()
        )
        await stage.until(lambda: len(rows(stage)) >= min(entries, 22))
        await stage.until(lambda: browse(stage).focused is browse(stage).tree_of_lists)


async def test_a_channel_is_read_with_its_tabs_and_playlists_and_nothing_is_queued(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it) as pilot:
        await pilot.press("2")
        await it.until(lambda: "Nothing to browse yet" in it.screen_text())
        await look_at(it, pilot, DEMO_HANDLE, 78)
        assert await lists(it) == ["Tidewrack Films", "Videos", "Shorts", "Live", "Playlists"]
        await pilot.press("down", "down")
        await it.until(lambda: "not read yet" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: len(rows(it)) == 12 and "12 entries read" in it.screen_text())
        await pilot.press("down", "down", "enter")
        await it.until(lambda: "Short films," in it.screen_text())
        await pilot.press("down", "enter")
        await it.until(lambda: len(rows(it)) == 12 and "The Net Loft" in it.screen_text())
        await it.until(lambda: "12 entries read" in it.screen_text())
        queue = await it.bridge.queue()
        assert (await queue.figures()).total == 0
        await pilot.press("up", "left", "left")
        await it.until(lambda: "Short films," not in it.screen_text())
        await it.until(lambda: browse(it).tree_of_lists.cursor == 0)


async def test_a_huge_channel_shows_its_first_page_while_it_is_read_and_can_be_left(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it) as pilot:
        await look_at(it, pilot, HUGE, None)
        await it.until(lambda: len(rows(it)) >= 50)
        assert "reading" in it.screen_text()
        await it.until(lambda: len(browse(it).entries.ids) >= 150)
        await pilot.press("tab", "G", "k")
        at = browse(it).entries.current_id
        await look_at(it, pilot, DEMO_PLAYLIST, 12)
        await pilot.press("1", "2", "down")
        await it.until(lambda: len(browse(it).entries.ids) >= 250)
        await it.until(lambda: browse(it).entries.current_id == at)
        await pilot.press("x")
        await it.until(lambda: "not read to its end" in it.screen_text())
        await it.until(lambda: len(rows(it)) >= 50)


async def test_what_is_marked_is_weighed_queued_at_a_quality_and_archived(
    stage: Make, youtube: ControlClient
) -> None:
    youtube.set(media_bytes=200_000)
    it = stage()
    async with shown(it) as pilot:
        await look_at(it, pilot, DEMO_PLAYLIST, 12)
        await pilot.press("space")
        await it.until(lambda: "12 marked" in it.screen_text() and "very roughly" in it.screen_text())
        await it.until(lambda: browse(it).tree_of_lists.node.marked == 2)  # type: ignore[union-attr]
        await pilot.press("right", "j", "j", "v", "G", "space")
        assert len(browse(it).entries.marks) < 12
        await pilot.press("escape", "g", "space", "space")
        await it.until(lambda: "2 marked" in it.screen_text())
        await it.until(lambda: browse(it).tree_of_lists.node.marked == 1)  # type: ignore[union-attr]
        await pilot.press("d")
        await it.until(lambda: isinstance(it.app.screen, QueueChosenDialog))
        await it.until(lambda: "2 videos to fetch" in it.screen_text())
        await pilot.press("space", "up", "up", "enter")
        await it.until(lambda: "Quality best" not in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: [row.state.value for row in rows(it)[:3]] == ["have", "have", "missing"])
        await it.until(lambda: "2 have" in it.screen_text())
        await pilot.press("m", "d")
        await it.until(lambda: "10 videos to fetch" in it.screen_text() and "as 2 items" in it.screen_text())
        await pilot.press("escape", "1")
        await it.until(lambda: isinstance(it.app.base, QueueScreen) and "2 done" in it.screen_text())


async def test_hidden_entries_are_told_apart_and_not_marked_as_missing(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage(workers=True)
    async with shown(it) as pilot:
        # One video for each condition, and none is no condition.
        every = len(Condition) - 1
        await look_at(it, pilot, CONDITIONS_PLAYLIST, every)
        assert {"missing", "private", "removed"} <= states(it)
        missing = sum(row.state.value == "missing" for row in rows(it))
        await pilot.press("m")
        await it.until(lambda: f"{missing} marked" in it.screen_text())
        await pilot.press("right", "slash", *"state:private,removed", "enter")
        await it.until(lambda: len(browse(it).entries.ids) == every - missing)
        assert f"{every - missing} match state:private" in it.screen_text()
        await pilot.press("escape")
        await it.until(lambda: len(browse(it).entries.ids) == every)
        await pilot.press("s", "S")
        await it.until(lambda: rows(it)[0].state.value == "removed")
        await pilot.press("escape")
        assert not browse(it).entries.marks


async def test_lists_are_pasted_and_at_80_by_24_what_matters_is_there_whole(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it, (80, 24)) as pilot:
        await pilot.press("2")
        await it.until(lambda: isinstance(it.app.base, BrowseScreen))
        it.app.post_message(Paste(f"https://www.youtube.com/playlist?list={DEMO_PLAYLIST}"))
        await it.until(lambda: len(rows(it)) == 12 and "12 missing" in it.screen_text())
        await it.until(lambda: "entries read" in it.screen_text())
        text = it.screen_text()
        for essential in ("2 Browse", "Short films", "12 entries read", "State", "Title", "Length", "0:14",
                          "o Open", "m Mark missing", "q Quit"):  # fmt: skip
            assert essential in text, essential
        assert all(cell_len(line) <= 80 for line in text.splitlines())
        await pilot.press("o", *"youtube.com/@count-5/shorts", "enter")
        await it.until(lambda: "no such tab" in it.screen_text())
        await pilot.press("o", *"example.org", "enter")
        await it.until(lambda: "another site" in it.screen_text() and "open example.org" in it.screen_text())
        await pilot.press("escape")
        it.app.post_message(Paste("https://youtu.be/dQw4w9WgXcQ"))
        await it.until(lambda: isinstance(it.app.screen, AddDialog) and "dQw4w9WgXcQ" in it.screen_text())
