"""A line to type into at the bottom of a screen: for a filter, or for an action's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Static


def _nothing(*_: str) -> None:
    """For whoever does not want to hear."""


@dataclass(frozen=True)
class Prompt:
    """What is asked for."""

    sign: str
    """Stands before the text."""
    value: str = ""
    hint: str = ""
    words: Sequence[str] = ()
    """Completed while one types."""
    typed: Callable[[str], None] = _nothing
    """Hears every change."""
    done: Callable[[str], None] = _nothing
    """Gets the text at Enter."""
    left: Callable[[], None] = _nothing
    """Hears that Escape was pressed."""


class PromptLine(Horizontal):
    """Takes the keys from the moment it is opened until Enter or Escape.

    It is there all the time, hidden: one that had to be mounted first would let the next keys of a
    fast typist through to the screen, where `p` pauses and `x` cancels.
    """

    DEFAULT_CSS = """
    PromptLine {
        height: 1;
        display: none;
        background: $boost;
        Static { width: auto; padding: 0 1; color: $text-accent; text-style: bold; }
        Input { border: none; height: 1; padding: 0; background: transparent; width: 1fr; }
        Input:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Leave")]

    def __init__(self) -> None:
        super().__init__()
        self._prompt = Prompt("")
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """The sign and the input."""
        yield Static("", markup=False)
        yield Input(select_on_focus=False)

    def open(self, prompt: Prompt) -> None:
        """Show it and take the focus at once; an open prompt is replaced."""
        line = self.query_one(Input)
        if not self.display:
            # A screen that has just come may have given it to nothing yet.
            self._before = self.screen.focused or next(
                iter(self.screen.query(str(self.screen.AUTO_FOCUS))), None
            )
        self._prompt = prompt
        self.query_one(Static).update(prompt.sign)
        line.suggester = SuggestFromList(prompt.words, case_sensitive=False) if prompt.words else None
        line.placeholder = prompt.hint
        with line.prevent(Input.Changed):
            line.value = prompt.value
        line.cursor_position = len(prompt.value)
        self.display = True
        self.screen.set_focus(line)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self._prompt.typed(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()
        self._prompt.done(event.value)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self._close()
        self._prompt.left()

    def _close(self) -> None:
        """The focus goes back to where it was."""
        self.display = False
        before = self._before
        self.screen.set_focus(before if before is not None and before.focusable else None)
