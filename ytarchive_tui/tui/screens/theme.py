"""Themes, each shown while the cursor is on it; one is taken and kept for the next start."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.themes import OWN

FIRST = (*(theme.name for theme in OWN), "ansi-dark", "ansi-light")


class ThemeDialog(Acting, Steady, ModalScreen[str | None]):
    """Answers the theme's name; after Escape the one from before is back."""

    ACTIONS_OF = "theme"
    BINDINGS = bindings(ACTIONS["theme"])
    CSS_PATH = "theme.tcss"

    def __init__(self, names: Iterable[str], before: str) -> None:
        super().__init__()
        self._before = before
        self._names = sorted(
            names, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name)
        )

    def compose(self) -> ComposeResult:
        """The names."""
        with Vertical(id="box", classes="dialog") as box:
            box.border_title = "Theme"
            yield OptionList(*self._names, markup=False, compact=True)
            yield Static("enter take   esc leave", id="keys", markup=False)

    def on_mount(self) -> None:
        """The cursor stands on the theme in use."""
        self.query_one(OptionList).highlighted = self._names.index(self._before)

    @on(OptionList.OptionHighlighted)
    def _try(self, event: OptionList.OptionHighlighted) -> None:
        self.app.theme = self._names[event.option_index]

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._names[event.option_index])

    def do_down(self) -> None:
        """Vim's motion."""
        self.query_one(OptionList).action_cursor_down()

    def do_up(self) -> None:
        """Vim's motion."""
        self.query_one(OptionList).action_cursor_up()

    def do_leave(self) -> None:
        """As it was."""
        self.app.theme = self._before
        self.dismiss(None)
