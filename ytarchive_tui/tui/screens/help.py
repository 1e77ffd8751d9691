"""`?`: the keys of what has focus, of the screen and of the program."""

from __future__ import annotations

from textwrap import wrap
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from ytarchive_tui.tui.acting import Acting, Doer
from ytarchive_tui.tui.actions import Action
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.wording import fit

_KEYS, _TITLE = 14, 25
_WHERE = {"table": "In the table", "tree": "In the lists", "facets": "Among the choices"}


class HelpDialog(Steady, ModalScreen[None]):
    """A list of keys; any of Escape, `?` and `q` closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,question_mark,f1,q", "dismiss", "Close"),
        ("j", "scroll(1)", ""),
        ("k", "scroll(-1)", ""),
    ]

    def __init__(self, of: Screen[Any] | None) -> None:
        """`of`: the screen or the dialog whose keys are asked for."""
        super().__init__(id="help")
        self._of = of

    def compose(self) -> ComposeResult:
        """One table, with a heading for each group."""
        with VerticalScroll(classes="dialog", id="box") as box:
            box.border_title = "Keys"
            box.border_subtitle = f"esc closes {shell(self).glyphs.dot} every name works at the : prompt"
            yield Static("", id="keys", markup=False)

    def on_resize(self) -> None:
        """Sentences stay in their column, however wide that is; its width is known after the next layout."""
        self.call_after_refresh(self._write)

    def _write(self) -> None:
        keys = self.query_one("#keys", Static)
        keys.update(self._text(keys.size.width))

    def action_scroll(self, by: int) -> None:
        """Vim's motions, besides the arrows."""
        # A key may come before the dialog is built, or while the program ends.
        for keys in self.query(VerticalScroll):
            keys.scroll_relative(y=by, animate=False)

    def _text(self, width: int) -> Content:
        parts: list[tuple[str, str] | str] = []
        groups: list[tuple[str, Doer | None]] = []
        if self._of is not None and isinstance(self._of.focused, Acting):
            groups.append((_WHERE.get(self._of.focused.ACTIONS_OF, "Where you are"), self._of.focused))
        title = "This screen" if isinstance(self._of, BaseScreen) else "This dialog"
        if isinstance(self._of, Acting):
            groups.append((title, self._of))
        groups.append(("Everywhere", shell(self)))
        for title, home in groups:
            if home is None:
                continue
            parts.append((f"{title}\n", "bold $text-accent"))
            for action in home.actions():
                parts.extend(self._line(action, max(width - _KEYS - _TITLE, 16)))
            parts.append("\n")
        return Content.assemble(*parts)

    def _line(self, action: Action, room: int) -> list[tuple[str, str] | str]:
        keys = " ".join(shell(self).keys_of(action)) or "-"
        title = f"{fit(action.title, _TITLE - 1)} "
        told = f"\n{' ' * (_KEYS + _TITLE)}".join(wrap(action.help, room))
        return [(fit(f"  {keys}", _KEYS), "bold"), title, (f"{told}\n", "dim")]
