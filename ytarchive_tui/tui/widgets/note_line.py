"""One line of facts: some at the left, some at the right, which stay when there is little room."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.wording import fit

_Piece = tuple[str, str]


class NoteLine(Widget):
    """Shows what it was last given."""

    DEFAULT_CSS = """
    NoteLine { height: 1; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left: Sequence[_Piece] = ()
        self._right: Sequence[_Piece] = ()

    def show(self, left: Sequence[_Piece], right: Sequence[_Piece] = ()) -> None:
        """Other facts, as text and style."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        """The line."""
        room = self.size.width - sum(cell_len(text) for text, _ in self._right)
        parts: list[_Piece] = []
        for text, style in self._left:
            length = cell_len(text)
            if length > room:
                parts.append((fit(text, max(room, 0), more=shell(self).glyphs.more), style))
                room = 0
                break
            parts.append((text, style))
            room -= length
        return Content.assemble(*parts, " " * max(room, 0), *self._right)
