"""One line of a table: cells of columns, cut and padded, each in its look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.themes import legible_on
from ytarchive_tui.tui.widgets.columns import Column, Placed, place
from ytarchive_tui.tui.wording import fit

Row = TypeVar("Row")


class TableLines(Generic[Row]):
    """Draws header and rows at a width; the first cell is the mark's, the last one stays empty."""

    def __init__(self, columns: Sequence[Column[Row]], look: Callable[[str], Style], mark: str) -> None:
        """`look` gives the style of a name; `mark` is the sign of a marked row."""
        self._columns = columns
        self._look = look
        self._mark = mark
        self._placed: list[Placed[Row]] = []
        self._placed_in = -1

    def use(self, columns: Sequence[Column[Row]]) -> None:
        """Other columns from now on."""
        self._columns, self._placed_in = columns, -1

    def placed(self, width: int) -> list[Placed[Row]]:
        """The columns that fit into a width, each with its cells."""
        if self._placed_in != width:
            self._placed, self._placed_in = place(self._columns, width - 2), width
        return self._placed

    def column_at(self, x: int) -> str | None:
        """The name of the column that was last drawn there."""
        start = 1
        for column, cells in self._placed:
            if start <= x < start + cells:
                return column.name
            start += cells + 1
        return None

    def header(self, width: int, base: Style, sorted_by: tuple[str, bool] | None, glyphs: Glyphs) -> Strip:
        """The titles, with an arrow at what the rows are sorted by."""
        style = base + self._look("header")
        segments = [Segment(" ", style)]
        for column, cells in self.placed(width):
            title = column.title
            if title and sorted_by is not None and sorted_by[0] == column.name:
                title += " " + (glyphs.down if sorted_by[1] else glyphs.up)
            segments.append(Segment(fit(title, cells, column.justify, "") + " ", style))
        return Strip(segments).adjust_cell_length(width, style)

    def row(
        self, row: Row | None, width: int, base: Style, glyphs: Glyphs, *, marked: bool, current: bool
    ) -> Strip:
        """A row; empty cells when it has not been fetched yet."""
        if marked:
            base += self._look("marked")
        if current:
            base += self._look("cursor")
        segments = [Segment(self._mark if marked else " ", self._on(base, "accent"))]
        if row is not None:
            for column, cells in self.placed(width):
                segments.extend(self._cell(column, row, cells, base, glyphs.more))
        return Strip(segments).adjust_cell_length(width, base)

    def _on(self, base: Style, look: str) -> Style:
        """A look in a row; where that is shown reversed, colours of text would be patches of ground."""
        return base if base.reverse else base + legible_on(self._look(look), base)

    def _cell(self, column: Column[Row], row: Row, cells: int, base: Style, more: str) -> Iterable[Segment]:
        """The pieces, cut to the cells of the column, and one cell of gap."""
        left = cells
        drawn: list[Segment] = []
        pieces = column.pieces(row, cells)
        for n, (text, look) in enumerate(pieces):
            last = n == len(pieces) - 1
            length = cell_len(text)
            if length > left or (not last and length == left and any(after for after, _ in pieces[n + 1 :])):
                text, length = fit(text, left, more=more), left
            drawn.append(Segment(text, self._on(base, look)))
            left -= length
            if left <= 0:
                break
        room = Segment(" " * left, base)
        gap = Segment(" ", base)
        return (room, *drawn, gap) if column.justify == "right" else (*drawn, room, gap)
