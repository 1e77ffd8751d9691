"""Every screen in every state at three sizes, compared with what was committed, on clocks that stand still.

`pytest tests/tui/test_snapshots.py --update-snapshots` writes them anew; look at the diff before a commit.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from screen_text import ScreenText
from snapshot_states import STATES
from still_app import still_app, stop_clocks
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import TextArea

from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.registry import tabs

pytestmark = pytest.mark.timeout(400)
SIZES = ((80, 24), (120, 36), (200, 50))
FOLDER = Path(__file__).parent / "snapshots"
PASTED = """@harbourfilms
https://youtu.be/4f8feae68fe  # a comment
https://www.youtube.com/playlist?list=PLharbourfilms0001
https://example.org/film
4f8feae68fe"""
_PATIENCE_S, _SHORT_S = 30.0, 1.0
_STILL = 6
"""Looks in a row that must show the same before a snapshot is taken."""
_LOOK_S = 0.05


class Snapshots:
    """Compares the screen with files, or writes them."""

    def __init__(self, update: bool) -> None:
        self._update = update
        self._found: list[str] = []

    async def take(self, pilot: Pilot[None], name: str, size: tuple[int, int]) -> None:
        """A snapshot holds when the screen becomes what it shows within the deadline."""
        file = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
        if self._update:
            file.parent.mkdir(exist_ok=True)
            file.write_text((await _at_rest(pilot)).written())
            return
        wanted = ScreenText.read(file.read_text())
        # One that differs is told at once with all others, so these need not be waited for as long.
        deadline = time.monotonic() + (_SHORT_S if self._found else _PATIENCE_S)
        while not wanted.is_shown_by(_strips(pilot)):
            if time.monotonic() > deadline:
                now = ScreenText.of(_strips(pilot))
                self._found.append(f"{file.name}\n{wanted.differences(now)}")
                return
            await asyncio.sleep(_LOOK_S)

    def check(self) -> None:
        """Fail with everything that differs."""
        if self._found:
            pytest.fail(
                "\n\n".join((*self._found, "--update-snapshots takes it as it is now")), pytrace=False
            )


@pytest.fixture
def snapshots(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Snapshots:
    stop_clocks(monkeypatch)
    return Snapshots(request.config.getoption("new_screens"))


def _strips(pilot: Pilot[None]) -> list[Strip]:
    return pilot.app.screen._compositor.render_strips()


async def _at_rest(pilot: Pilot[None]) -> ScreenText:
    last, same = _strips(pilot), 0
    while same < _STILL:
        await asyncio.sleep(_LOOK_S)
        now = _strips(pilot)
        same = same + 1 if now == last else 0
        last = now
    return ScreenText.of(last)


@pytest.mark.parametrize("state", STATES)
async def test_every_screen_looks_as_it_did(state: str, snapshots: Snapshots, tmp_path: Path) -> None:
    async with still_app(state, tmp_path) as pilot:
        for tab in tabs():
            await pilot.press(tab.key)
            for size in SIZES:
                await pilot.resize_terminal(*size)
                await snapshots.take(pilot, f"{state}-{tab.name}", size)
    snapshots.check()


async def test_dialogs_look_as_they_did(snapshots: Snapshots, tmp_path: Path) -> None:
    async with still_app("busy", tmp_path) as pilot:
        app = pilot.app
        assert isinstance(app, YtarchiveApp)
        for name, key in (("add", ""), ("help", "question_mark"), ("settings", "comma")):
            for size in SIZES:
                await pilot.resize_terminal(*size)
                if key:
                    await pilot.press(key)
                else:
                    app.offer(PASTED)
                    await pilot.pause()
                    app.screen.query_one(TextArea).cursor_blink = False
                await snapshots.take(pilot, f"dialog-{name}", size)
                await pilot.press("escape")
                await pilot.pause()
    snapshots.check()
