"""The screens, in the order of their tabs: a further screen is one more entry here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import Figures
    from ytarchive_tui.tui.screens.base import BaseScreen


class Tab(NamedTuple):
    """One screen of the top line."""

    name: str
    """Also its mode, its module in `tui.screens` and its home in the actions."""
    title: str
    key: str
    number: Callable[[Figures], int] = lambda figures: 0
    """What stands behind the title; 0 is left out."""

    @property
    def module(self) -> str:
        """Where its class `Screen` subclass lies, as `<Title>Screen`."""
        return f"ytarchive_tui.tui.screens.{self.name}"

    def load(self) -> type[BaseScreen]:
        """Import the screen; only done when it is first shown."""
        screen: type[BaseScreen] = getattr(import_module(self.module), f"{self.title}Screen")
        return screen


_ALL = (
    Tab("queue", "Queue", "1", lambda figures: figures.open),
    Tab("browse", "Browse", "2"),
    Tab("library", "Library", "3"),
    Tab("recovery", "Recovery", "4", lambda figures: figures.failed + figures.blocked),
    Tab("logs", "Logs", "5"),
)


@cache
def tabs() -> tuple[Tab, ...]:
    """The screens that are there."""
    return tuple(tab for tab in _ALL if find_spec(tab.module) is not None)
