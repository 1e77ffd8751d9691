"""The question before one leaves while work runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.wording import count


class LeaveDialog(Steady, ModalScreen[bool]):
    """Answers True to leave."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Who presses once more what brought the question has answered it.
        ("y,enter,q,ctrl+q,ctrl+c", "answer(True)", "Leave"),
        ("n,escape", "answer(False)", "Stay"),
    ]

    def __init__(self, running: int) -> None:
        super().__init__()
        self._jobs = running

    def compose(self) -> ComposeResult:
        """What would happen, and the keys."""
        jobs = count(self._jobs, "job")
        with Vertical(classes="dialog") as box:
            box.styles.max_width = 62
            box.border_title = "Leave?"
            yield Static(
                Content.assemble(
                    f"{jobs} {'is' if self._jobs == 1 else 'are'} running. It gets a few seconds to end; "
                    "what does not goes on where it stopped, the next time you start.\n\n",
                    ("y", "bold $text-accent"),
                    " leave     ",
                    ("n", "bold $text-accent"),
                    " stay",
                ),
                markup=False,
            )

    def action_answer(self, leave: bool) -> None:
        """Close with the answer."""
        self.dismiss(leave)
