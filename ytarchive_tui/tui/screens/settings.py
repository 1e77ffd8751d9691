"""The settings: each value, where it came from, and when a change of it takes effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ytarchive_tui.services.settings import Line, Problem, SettingsFile
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.wording import cells, fit

_NAME = 20
_ORIGIN = 12
_EFFECT = 12
_EFFECTS = {
    "now": ("now", "$text-success"),
    "next added": ("added next", "$text-primary"),
    "next start": ("start", ""),
}


class SettingsScreen(Acting, Steady, ModalScreen[None]):
    """Read-only; `e` opens the file in an editor. `problems`: why the file can't be used as it is."""

    ACTIONS_OF = "settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ACTIONS["settings"]),
        ("j", "scroll(1)", ""),
        ("k", "scroll(-1)", ""),
    ]
    CSS_PATH = "settings.tcss"

    def __init__(self, file: SettingsFile, problems: Sequence[Problem] = ()) -> None:
        super().__init__()
        self._file = file
        self.problems = problems

    def compose(self) -> ComposeResult:
        """One text, which is written anew after each edit."""
        with VerticalScroll(classes="dialog", id="box") as box:
            box.border_title = "Settings"
            box.border_subtitle = "e edit · esc close" if not shell(self).ascii else "e edit, esc close"
            yield Static("", id="text", markup=False)

    def on_mount(self) -> None:
        """Widths are known now."""
        self.query_one("#box").focus()

    def on_resize(self) -> None:
        """Other widths."""
        self.show(self.problems)

    def show(self, problems: Sequence[Problem] = ()) -> None:
        """Write the values anew, below what is wrong with the file."""
        self.problems = problems
        self.query_one("#text", Static).update(Content.assemble(*self._text()))
        if problems:
            self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_scroll(self, by: int) -> None:
        """Vim's motions, besides the arrows."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def do_edit(self) -> None:
        """Open the file in the user's editor."""
        shell(self).edit_settings()

    def do_leave(self) -> None:
        """Back."""
        self.dismiss()

    def _text(self) -> Iterator[tuple[str, str]]:
        yield f"{cells(str(self._file.path))}\n", "bold"
        if self.problems:
            yield (
                "The file can't be used as it is. What was in force before stays in force.\n\n",
                "bold $text-error",
            )
            for problem in self.problems:
                yield (f"line {problem.line:<4} " if problem.line else f"{'':10}"), "bold $text-error"
                yield f"{cells(problem.text)}\n", ""
        else:
            yield "A change takes effect: ", "$text-muted"
            yield "now", "$text-success"
            yield ", for what is ", "$text-muted"
            yield "added next", "$text-primary"
            yield ", or at the next ", "$text-muted"
            yield "start\n", ""
        group = ""
        for line in self._file.lines():
            here, _, field = line.name.partition(".")
            if here != group:
                group = here
                yield f"\n[{group}]\n", "bold $text-accent"
            yield from self._line(field, line)

    def _line(self, field: str, line: Line) -> Iterator[tuple[str, str]]:
        more = shell(self).glyphs.more
        effect, look = _EFFECTS[line.effect]
        wide = self.query_one("#text").size.width
        # Where there is room, the variable's name stands there too.
        origin = _ORIGIN if wide < 100 else 3 * _ORIGIN
        room = max(wide - _NAME - origin - _EFFECT - 3, 10)
        own = line.origin != "default"
        value = cells(line.value)
        if line.in_force is not None:
            value = f"{value} (now {cells(line.in_force)})"
        yield f"{fit(field, _NAME, more=more)} ", ""
        yield f"{fit(value, room, more=more)} ", "bold" if own else "$text-muted"
        shown = line.origin if wide >= 100 else line.origin.split()[0]
        yield f"{fit(shown, origin, more=more)} ", "$text-warning" if own else "$text-muted"
        yield f"{effect}\n", look
