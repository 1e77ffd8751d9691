"""`?`: the keys of what has focus, of the screen and of the program."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ytarchive_tui.tui.acting import Acting, Doer
from ytarchive_tui.tui.actions import Action
from ytarchive_tui.tui.registry import tabs
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.wording import fit


class HelpDialog(ModalScreen[None]):
    """A list of keys; any of Escape, `?` and `q` closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,question_mark,f1,q", "dismiss", "Close"),
        ("j", "scroll(1)", ""),
        ("k", "scroll(-1)", ""),
    ]

    def __init__(self, of: BaseScreen | None) -> None:
        super().__init__()
        self._of = of

    def compose(self) -> ComposeResult:
        """One table, with a heading for each group."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes · every name works at the : prompt"
            yield Static(self._text(), markup=False)

    def action_scroll(self, by: int) -> None:
        """Vim's motions, besides the arrows."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def _text(self) -> Content:
        parts: list[tuple[str, str] | str] = []
        focused = self._of.focused if self._of is not None else None
        groups: list[tuple[str, Doer | None]] = [("This screen", self._of)]
        if isinstance(focused, Acting):
            groups.append(("In the table", focused))
        everywhere = shell(self)
        groups.append(("Everywhere", everywhere))
        for title, home in groups:
            if home is None:
                continue
            parts.append((f"{title}\n", "bold $accent"))
            for action in home.actions():
                parts.extend(self._line(action))
            if home is everywhere:
                keys = f"{tabs()[0].key}…{tabs()[-1].key}"
                parts.extend(
                    [(fit(f"  {keys}", 14), "bold"), f"{fit('Go to a screen', 26)}", ("By its tab.\n", "dim")]
                )
            parts.append("\n")
        return Content.assemble(*parts)

    def _line(self, action: Action) -> list[tuple[str, str] | str]:
        keys = " ".join(shell(self).keys_of(action)) or "-"
        return [(fit(f"  {keys}", 14), "bold"), fit(action.title, 26), (f"{action.help}\n", "dim")]
