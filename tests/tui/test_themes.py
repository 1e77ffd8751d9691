"""What is written can be read: in every theme that has colours of its own, on every ground it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style
from still_app import still_app, stop_clocks
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES

from ytarchive_tui.tui.registry import tabs
from ytarchive_tui.tui.themes import ENOUGH, OWN, contrast, readable

THEMES = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), *OWN)}
COLOURED = [name for name in THEMES if not name.startswith("ansi")]
SIGNS = 2.0
"""Least contrast of anything on the screen: dim text, spinners and rules included."""


@pytest.mark.parametrize("name", COLOURED)
def test_coloured_text_can_be_read_on_each_ground(name: str) -> None:
    theme = THEMES[name]
    found = readable({**theme.to_color_system().generate(), **theme.variables})
    grounds = [Color.parse(found[each]) for each in ("background", "surface", "panel")]
    grounds = [grounds[0] + each for each in grounds]
    for what in ("muted", "primary", "success", "warning", "error", "accent"):
        for ground in grounds:
            assert contrast(Color.parse(found[f"text-{what}"]), ground) >= ENOUGH, what
    cursor = Color.parse(found["block-cursor-background"])
    assert contrast(Color.parse(found["block-cursor-foreground"]), cursor) >= SIGNS


def test_the_colours_of_a_terminal_are_left_alone() -> None:
    theme = THEMES["ansi-dark"]
    variables = {**theme.to_color_system().generate(), **theme.variables}
    assert readable(variables) == variables


def faint(pilot: Pilot[None]) -> set[str]:
    """Words on the screen that can hardly be told from what they stand on."""
    found = set()
    for strip in pilot.app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if style is None or not any(map(str.isalnum, text)) or style.reverse:
                continue
            if style.color is None or style.bgcolor is None:
                continue
            front, ground = style.color.triplet, style.bgcolor.triplet
            if front and ground and contrast(Color(*front), Color(*ground)) < SIGNS:
                found.add(text.strip())
    return found


@pytest.mark.ci
async def test_no_word_on_any_screen_is_lost_in_its_ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_clocks(monkeypatch)
    async with still_app("busy", tmp_path) as pilot:
        for tab in tabs():
            await pilot.press(tab.key)
            for theme in ("archive", "textual-light", "solarized-light", "nord", "high-contrast"):
                pilot.app.theme = theme
                await pilot.pause()
                assert not faint(pilot), (tab.name, theme)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_the_row_one_is_on_can_be_read_whatever_colours_the_terminal_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    stop_clocks(monkeypatch)
    async with still_app("busy", tmp_path, theme=theme) as pilot:
        swapped: list[Style] = []
        while not swapped:
            await pilot.pause(0.05)
            strips = pilot.app.screen._compositor.render_strips()
            words = [
                (style, text) for strip in strips for text, style, _ in strip if any(map(str.isalnum, text))
            ]
            swapped = [style for style, _ in words if style and style.reverse]
        for style in swapped:
            assert style.color is None or style.color.is_default, style
            assert style.bgcolor is None or style.bgcolor.is_default, style
