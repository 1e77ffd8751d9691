"""A window that is pulled at: sizes that overtake one another must not keep the screen busy for ever."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from conftest import Stage, shown
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

import ytarchive_tui.tui.palette
import ytarchive_tui.tui.screens
from ytarchive_tui.tui.steady import Steady


def descendants(of: type[Screen[Any]]) -> Iterator[type[Screen[Any]]]:
    for each in of.__subclasses__():
        yield each
        yield from descendants(each)


def test_every_screen_and_dialog_is_steady() -> None:
    for module in pkgutil.iter_modules(ytarchive_tui.tui.screens.__path__):
        import_module(f"{ytarchive_tui.tui.screens.__name__}.{module.name}")
    ours = [each for each in descendants(Screen) if each.__module__.startswith("ytarchive_tui.")]
    assert len(ours) > 15
    assert [each for each in ours if not issubclass(each, Steady)] == []


@pytest.mark.parametrize("key", ["", "question_mark", "ctrl+p"])
async def test_two_sizes_on_their_way_at_the_same_time_come_to_rest(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        if key:
            await pilot.press(key)
            await it.until(lambda: it.app.screen is not it.app.base)
        screen, handled = it.app.screen, 0
        sizes = [Size(90, 27), Size(120, 36)] * 4

        def look() -> None:
            nonlocal handled
            handled += 1

        laid_out = []
        usual = Screen._screen_resized

        def counted(self: Screen[Any], size: Size) -> None:
            laid_out.append(size)
            assert len(laid_out) < 100
            usual(self, size)

        monkeypatch.setattr(Screen, "_screen_resized", counted)
        for size in sizes:
            screen.post_message(Resize(size, size))
            screen.call_later(look)
        await it.until(lambda: handled == len(sizes))
        assert it.app.screen.size == it.app.size == Size(120, 36)
