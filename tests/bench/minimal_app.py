"""The smallest Textual app that has rows and a cursor: what any Textual program costs on this machine.

Rows have `#` and seven digits in them, as those of `many_jobs` do.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

ROWS = 100_000
PLAIN = Style.parse("white on black")
CURSOR = Style.parse("bold white on blue")


class Rows(ScrollView, can_focus=True):
    """Lines drawn one by one."""

    BINDINGS = [("down", "go(1)"), ("up", "go(-1)"), ("pagedown", "go(20)"), ("pageup", "go(-20)")]  # noqa: RUF012

    def on_mount(self) -> None:
        self.cursor = 0
        self.virtual_size = Size(80, ROWS)

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        style = CURSOR if index == self.cursor else PLAIN
        return Strip([Segment(f"A row of a small app #{index:07}", style)]).adjust_cell_length(
            self.size.width, style
        )

    def action_go(self, by: int) -> None:
        before, self.cursor = self.cursor, max(0, min(self.cursor + by, ROWS - 1))
        top, height = self.scroll_offset.y, self.size.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)
        for index in (before, self.cursor):
            self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))


class Minimal(App[None]):
    """Nothing but the rows."""

    BINDINGS = [("q", "quit")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Rows()


if __name__ == "__main__":
    Minimal().run()
