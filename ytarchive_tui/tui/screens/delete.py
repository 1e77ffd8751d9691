"""The question before files are deleted: what would go, and words to type out."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ytarchive_tui.db.delete import Deletion
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.wording import cells, count, fit, size


class DeleteDialog(Acting, Steady, ModalScreen[bool]):
    """Answers True when the words were typed."""

    ACTIONS_OF = "delete"
    BINDINGS = bindings(ACTIONS["delete"])
    CSS_PATH = "delete.tcss"

    def __init__(self, seen: Deletion) -> None:
        super().__init__()
        self._seen = seen
        self.words = "delete" if seen.copies == 1 else f"delete {seen.copies}"

    def compose(self) -> ComposeResult:
        """The preview, the line, the keys."""
        with Vertical(id="box", classes="dialog") as box:
            box.border_title = "Delete files"
            yield Static(Content.assemble(*self._explained()), markup=False)
            yield Input(placeholder=self.words, select_on_focus=False)
            yield Static(
                Content.assemble(
                    ("enter", "bold $text-accent"), " delete   ",
                    ("esc", "bold $text-accent"), " leave everything as it is",
                ),
                id="keys", markup=False,
            )  # fmt: skip

    def _explained(self) -> Iterator[tuple[str, str]]:
        seen = self._seen
        yield f"{count(seen.copies, 'item')}: {count(seen.files, 'file')}, {size(seen.size)}\n", "bold"
        for title in seen.titles:
            yield f"  {fit(cells(title), 60).rstrip()}\n", ""
        if more := seen.copies - len(seen.titles):
            yield f"  and {more:,} more\n", "$text-muted"
        if seen.lost:
            yield (
                f"{seen.lost:,} can't be fetched again: gone or private at the source.\n",
                "bold $text-error",
            )
        if seen.active:
            yield f"{seen.active:,} more stay, because a job works on them.\n", "$text-warning"
        yield (
            "There is no undo. Lists will not bring it back; adding its own address will.\n\n",
            "$text-muted",
        )
        yield "Type  ", ""
        yield self.words, "bold $text-warning"

    def do_accept(self) -> None:
        """Only once the words are there."""
        if self.query_one(Input).value.strip().lower() == self.words:
            self.dismiss(True)
        else:
            self.notify(f"type «{self.words}» to delete, or press Escape", severity="warning")

    def do_leave(self) -> None:
        """Nothing is deleted."""
        self.dismiss(False)
