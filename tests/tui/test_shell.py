"""Keys, palette, prompt, keymap, themes: what every screen gets from the app."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from conftest import Stage, shown
from textual.css.query import NoMatches
from textual.events import Key
from textual.widgets import Input

from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.tui.actions import ACTIONS
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.registry import tabs

Make = Callable[..., Stage]


def test_every_action_has_one_name_and_somebody_who_does_it() -> None:
    from ytarchive_tui.tui.screens.add import AddDialog
    from ytarchive_tui.tui.screens.delete import DeleteDialog
    from ytarchive_tui.tui.screens.settings import SettingsScreen
    from ytarchive_tui.tui.screens.theme import ThemeDialog
    from ytarchive_tui.tui.widgets.facet_pane import FacetPane
    from ytarchive_tui.tui.widgets.virtual_table import VirtualTable

    homes = {"app": YtarchiveApp, "table": VirtualTable, "add": AddDialog, "settings": SettingsScreen}
    homes |= {"theme": ThemeDialog, "delete": DeleteDialog, "facets": FacetPane}
    homes |= {tab.name: tab.load() for tab in tabs()}
    names = [action.name for actions in ACTIONS.values() for action in actions]
    assert len(names) == len(set(names))
    for home, actions in ACTIONS.items():
        for action in actions:
            assert action.home == home
            if home in homes:
                assert callable(getattr(homes[home], f"do_{action.verb}", None)), action.name


async def test_the_prompt_and_the_palette_do_an_action_by_its_name(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await pilot.press("colon", *"freeze", "enter")
        await it.until(lambda: "frozen" in it.screen_text())
        await pilot.press("ctrl+p")
        await it.until(lambda: it.app.screen is not it.app.base)
        await pilot.press(*"queue.freeze")
        await it.until(lambda: "Hold rows" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: it.app.screen is it.app.base and "frozen" not in it.screen_text())


async def test_keys_that_come_all_at_once_are_for_the_screen_that_the_first_asks_for(stage: Make) -> None:
    it = stage(workers=False)

    async def typed(keys: str, mode: str, shown: str) -> None:
        for character in keys:
            it.app.post_message(Key({"/": "slash"}.get(character, character), character))
        await it.until(lambda: it.app.current_mode == mode and shown in it.screen_text())

    async with shown(it) as pilot:
        for _ in ("the first time", "again"):
            for keys, mode, sign in (
                ("3/dx1", "library", "search: dx1"),
                ("2/dx1", "browse", "/ dx1"),
                ("5/dx1", "logs", "filter: dx1"),
                ("1/dx1", "queue", "filter: 0 match dx1"),
            ):
                await typed(keys, mode, sign)
                await pilot.press("escape")
        await pilot.press("a")
        await it.until(lambda: it.app.screen is not it.app.base)
        await pilot.press("3")
        await it.until(lambda: "✗ 3" in it.screen_text())
        assert it.app.current_mode == "queue"


async def test_the_help_names_every_action_of_the_screen_with_its_keys(stage: Make) -> None:
    it = stage(workers=False, keys={"queue.freeze": "z"})
    async with shown(it, (120, 60)) as pilot:
        await pilot.press("question_mark")
        await it.until(lambda: "This screen" in it.screen_text())
        for action in ACTIONS["queue"]:
            assert action.title in it.screen_text()
        assert "z           Freeze" in it.screen_text()


async def test_the_keymap_of_the_settings_replaces_keys(stage: Make) -> None:
    it = stage(workers=False, keys={"queue.freeze": "z", "no.such": "y"})
    async with shown(it) as pilot:
        await it.until(lambda: "no action «no.such»" in it.screen_text())
        # The note about it lies over the line that is read below.
        it.app.clear_notifications()
        await pilot.press("f")
        assert "frozen" not in it.screen_text()
        await pilot.press("z")
        await it.until(lambda: "frozen" in it.screen_text())
        assert "z Freeze" in it.screen_text()


async def test_ascii_mode_draws_nothing_else(stage: Make) -> None:
    it = stage(workers=False, ascii=True)

    def foreign() -> str:
        return "".join(sorted(char for char in set(it.screen_text()) if not char.isascii()))

    async with shown(it, (80, 24)) as pilot:
        queue = await it.bridge.queue()
        await queue.submit(
            [Submission(url=str(n), address=f"https://www.youtube.com/watch?v=video{n:06}",
                        kind=SourceKind.VIDEO, video_id=f"video{n:06}",
                        options=JobOptions(archive=it.settings.archive.root))
             for n in range(50)]
        )  # fmt: skip
        await it.until(lambda: "Attempts" in it.screen_text() or "History" in it.screen_text())
        assert not foreign()
        for tab in "2345":
            await pilot.press(tab)
            await pilot.pause()
            assert not foreign()
        await pilot.press("question_mark")
        await it.until(lambda: "This screen" in it.screen_text())
        assert not foreign()


async def test_every_theme_can_be_used(stage: Make) -> None:
    it = stage(workers=False, theme="high-contrast")
    async with shown(it) as pilot:
        assert it.app.theme == "high-contrast"
        for theme in ("ansi-dark", "ansi-light", "archive", "textual-light"):
            it.app.theme = theme
            await pilot.pause()


async def test_quit_leaves_at_once_when_nothing_runs(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await pilot.press("q")
        await it.until(lambda: not it.app.is_running)


@pytest.mark.parametrize("again", ["ctrl+c", "ctrl+q", "q", "y", "enter"])
async def test_who_asks_twice_to_leave_is_asked_once(
    stage: Make, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        monkeypatch.setattr(type(it.app.bridge), "has_work", True)
        await pilot.press("ctrl+c")
        await it.until(lambda: "Leave?" in it.screen_text())
        assert it.app.is_running
        await pilot.press(again)
        await it.until(lambda: not it.app.is_running)


async def test_typing_into_a_prompt_is_not_taken_for_keys(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await pilot.press("slash", *"q1?: px")
        assert it.app.is_running and it.queue.query_one(Input).value == "q1?: px"


def test_the_screen_imports_neither_yt_dlp_nor_the_data_api_nor_the_engine() -> None:
    look = (
        "import sys, ytarchive_tui.tui.app, ytarchive_tui.tui.run, ytarchive_tui.tui.screens.queue;"
        "print([m for m in ('yt_dlp', 'googleapiclient', 'ytarchive_tui.runtime', 'ytarchive_tui.ytdlp') "
        "if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[]", ran.stdout


async def test_keys_typed_right_behind_the_slash_go_into_the_filter_and_do_nothing_else(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it):
        for key in ("slash", "P", "x", "q"):
            character = {"slash": "/"}.get(key, key)
            it.app.post_message(Key(key, character))
        await it.until(lambda: it.queue.query_one(Input).value == "Pxq")
        assert it.app.is_running


async def test_a_dialog_that_finds_nothing_while_the_program_leaves_is_no_fault(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it):
        it.app.exit()
        it.app._handle_exception(NoMatches("No nodes match 'AddressArea' on AddDialog()"))
    assert it.app.return_code == 0
