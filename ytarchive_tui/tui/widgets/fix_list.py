"""The fixes of a plan, one a line: its key, what it does, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from ytarchive_tui.domain.plans import Fix, FixKind
from ytarchive_tui.tui.wording import fit


class FixList(Widget, can_focus=True):
    """Up, down and Enter when it has focus; a click does what stands there."""

    DEFAULT_CSS = """
    FixList { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("down,j", "move(1)", "Down"),
        ("up,k", "move(-1)", "Up"),
        ("enter", "take", "Do it"),
    ]

    class Taken(Message):
        """One was chosen."""

        def __init__(self, kind: FixKind) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, key_of: Callable[[FixKind], str]) -> None:
        """`key_of` tells the key that does a fix from anywhere on the screen."""
        super().__init__()
        self._key_of = key_of
        self._fixes: tuple[Fix, ...] = ()
        self._at = 0

    def show(self, fixes: tuple[Fix, ...]) -> None:
        """Other fixes; the cursor goes back to the best when their kinds are others."""
        if [fix.kind for fix in fixes] != [fix.kind for fix in self._fixes]:
            self._at = 0
        if fixes != self._fixes:
            self._fixes = fixes
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line a fix."""
        return len(self._fixes)

    def render(self) -> Content:
        """Costs stand in a column of their own, as far as there is room."""
        width = self.size.width
        titles = max((cell_len(fix.title) for fix in self._fixes), default=0)
        lines: list[Content] = []
        for n, fix in enumerate(self._fixes):
            here = self.has_focus and n == self._at
            key, title = fit(f" {self._key_of(fix.kind)}", 3), fit(fix.title, titles + 2)
            cost = fit(fix.cost, max(width - len(key) - titles - 2, 0))
            line = Content.assemble(
                (key, "bold $text-accent"), (title, "bold" if here else ""), (cost, "$text-muted")
            )
            lines.append(
                line.stylize("$block-cursor-foreground on $block-cursor-background") if here else line
            )
        return Content("\n").join(lines)

    def on_focus(self) -> None:
        """The cursor is seen only with focus."""
        self.refresh()

    def on_blur(self) -> None:
        """See `on_focus`."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Do what stands there."""
        if event.y < len(self._fixes):
            self._at = event.y
            self.action_take()

    def action_move(self, by: int) -> None:
        """Another fix."""
        self._at = max(0, min(self._at + by, len(self._fixes) - 1))
        self.refresh()

    def action_take(self) -> None:
        """Do the fix under the cursor."""
        if self._fixes:
            self.post_message(self.Taken(self._fixes[self._at].kind))
