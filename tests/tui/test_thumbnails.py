"""A thumbnail beside the details of what is archived, where the terminal can."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Stage, shown
from test_queue import statuses, submit

from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.tui.widgets.thumbnail import Thumbnail

Make = Callable[..., Stage]


@pytest.mark.ci
async def test_it_stands_in_queue_and_library_and_can_be_turned_off(
    stage: Make, youtube: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")
    it = stage()
    async with shown(it) as pilot:
        await submit(it, sized_id("1M"))
        await it.until(lambda: statuses(it) == ["done"])
        await it.until(lambda: "▀" * 32 in it.screen_text())
        await pilot.press("3")
        await it.until(lambda: "Files" in it.screen_text() and "▀" * 32 in it.screen_text())
        await pilot.resize_terminal(200, 50)
        await it.until(lambda: "▀" * 48 in it.screen_text())
        for small in ((80, 24), (80, 36), (120, 24)):
            await pilot.resize_terminal(*small)
            await it.until(lambda: "▀" not in it.screen_text())
        await pilot.resize_terminal(120, 36)
        await it.until(lambda: "▀" in it.screen_text())
        it.app.go_by(it.settings.model_copy(
            update={"screen": it.settings.screen.model_copy(update={"thumbnails": False})}
        ))  # fmt: skip
        it.app.screen.query_one(Thumbnail).show(None)
        await it.until(lambda: "▀" not in it.screen_text())


@pytest.mark.parametrize(("colours", "ascii_only"), [(None, False), ("standard", False), ("truecolor", True)])
async def test_not_where_the_terminal_cannot(
    stage: Make, colours: str | None, ascii_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", colours or "standard")
    if colours is None:
        monkeypatch.setenv("NO_COLOR", "1")
    it = stage(workers=False, ascii=ascii_only)
    assert not it.app.shows_pictures
