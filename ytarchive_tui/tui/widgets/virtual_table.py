"""A table of any length, drawn line by line: it holds ids, and the rows of the few pages around the view.

`source` brings rows by id; `show` swaps the ids in. Only lines that differ from what is on screen
are drawn again.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.columns import Column
from ytarchive_tui.tui.widgets.kept_rows import KeptRows
from ytarchive_tui.tui.widgets.table_cursor import HEADER, TableCursor
from ytarchive_tui.tui.widgets.table_lines import TableLines

Row = TypeVar("Row")

AROUND = 32
"""Rows above and below what is in sight that are fetched as well."""
LIVE_HZ = 5
LOOKS = ("text", "dim", "accent", "good", "warn", "bad", "info", "bar", "rest")


class VirtualTable(TableCursor, Generic[Row], can_focus=True):
    """Give it columns and a source; then `show(ids)` as often as the view changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header", "table--cursor", "table--marked", *(f"table--{look}" for look in LOOKS),
    }  # fmt: skip
    DEFAULT_CSS = """
    VirtualTable {
        background: $background;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & > .table--header { text-style: bold dim; }
        & > .table--cursor { background: $boost; }
        &:focus > .table--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: bold;
        }
        &:nocolor > .table--cursor { text-style: reverse; }
        & > .table--marked { background: $accent-muted; }
        & > .table--dim { text-style: dim; }
        & > .table--accent { color: $text-accent; }
        & > .table--good { color: $text-success; }
        & > .table--warn { color: $text-warning; }
        & > .table--bad { color: $text-error; }
        & > .table--info { color: $text-primary; }
        & > .table--bar { color: $text-primary; }
        & > .table--rest { text-style: dim; }
    }
    """

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        source: Callable[[Sequence[int]], Awaitable[Sequence[Row]]],
        row_id: Callable[[Row], int],
        *,
        is_live: Callable[[Row], bool] = lambda row: False,
        mark: str = "▌",
        id: str | None = None,
    ) -> None:
        """`is_live`: rows that are drawn again five times a second; `mark`: the sign of a marked row."""
        super().__init__(id=id)
        self._is_live = is_live
        self._lines = TableLines(columns, self.look, mark)
        self._rows = KeptRows(
            source, row_id, self._wanted, self._rows_changed, lambda error: self.log.error(error)
        )
        self._looks: dict[str, Style] = {}
        self._live_drawn: dict[int, Strip] = {}
        self.sorted_by: tuple[str, bool] | None = None
        """Name of the column that the rows are sorted by, and whether it descends; shown in the header."""

    def on_mount(self) -> None:
        """Live rows are drawn by a timer, however often they change."""
        self.set_interval(1 / LIVE_HZ, self._draw_live)

    def on_unmount(self) -> None:
        """A fetch must not outlive its table."""
        self._rows.close()

    def show(self, ids: array[int]) -> None:
        """Swap the view in. The cursor stays with its row if that is still near, else at its place."""
        at = self.current_id
        before = self.ids
        self.ids = ids
        if self.cursor and at is not None and self._id_at(self.cursor) != at:
            self.cursor = self._near(at, self.cursor)
        self.cursor = max(0, min(self.cursor, len(ids) - 1))
        self.virtual_size = Size(self.size.width, len(ids) + HEADER)
        if ids != before:
            self.refresh()
        self.refetch()
        self._tell()

    def show_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Other columns for the same rows."""
        self._lines.use(columns)
        self.refresh()

    def forget(self) -> None:
        """The rows in memory are of something else than what is shown next."""
        self._rows.forget()

    def refetch(self) -> None:
        """Rows may have changed: fetch those on screen again, and draw what differs."""
        self._rows.refetch()

    async def fetched(self) -> None:
        """Return once the rows in sight are here."""
        await self._rows.fetched()

    def row(self, row_id: int) -> Row | None:
        """The row of that id, if it is in memory."""
        return self._rows.get(row_id)

    @property
    def current(self) -> Row | None:
        """The row under the cursor, if it has been fetched."""
        return self.row(self.current_id) if self.current_id is not None else None

    def look(self, name: str) -> Style:
        """The style of a look or of a component, without a background unless it has its own."""
        if name not in self._looks:
            self._looks[name] = self.get_component_rich_style(f"table--{name}", partial=True)
        return self._looks[name]

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the terminal: the header, a row, or nothing."""
        width = self._width
        if y == 0:
            return self._lines.header(width, self.rich_style, self.sorted_by, shell(self).glyphs)
        index = self.scroll_offset.y + y - HEADER
        row_id = self._id_at(index)
        if row_id is None:
            return Strip.blank(width, self.rich_style)
        if not self._rows.is_fresh(row_id):
            self.call_later(self._rows.want)
        strip = self._line(row_id, index)
        self._live_drawn[index] = strip
        return strip

    def _line(self, row_id: int, index: int) -> Strip:
        return self._lines.row(
            self.row(row_id), self._width, self.rich_style, shell(self).glyphs,
            marked=row_id in self.marks, current=index == self.cursor,
        )  # fmt: skip

    @property
    def _width(self) -> int:
        """Cells of a line, without the scroll bar."""
        return self.scrollable_content_region.width

    def _draw_live(self) -> None:
        """Draw again the visible rows that are live and look different from what is on screen."""
        if not self.is_on_screen:
            return
        for index in self._visible():
            row_id = self._id_at(index)
            row = None if row_id is None else self.row(row_id)
            if row_id is None or row is None or not self._is_live(row):
                continue
            strip = self._line(row_id, index)
            if self._live_drawn.get(index) != strip:
                self.refresh_index(index)

    def refresh_index(self, index: int) -> None:
        """Draw one row again."""
        y = index - self.scroll_offset.y + HEADER
        if HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._looks.clear()

    def on_resize(self) -> None:
        """Other widths for all columns, and perhaps fewer rows in sight."""
        self.virtual_size = Size(self.size.width, len(self.ids) + HEADER)
        self.show_cursor()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are seen."""
        super().watch_scroll_y(old_value, new_value)
        self._live_drawn.clear()

    # Fetching

    def _visible(self, beyond: int = 0) -> range:
        first = self.scroll_offset.y
        return range(max(first - beyond, 0), min(first + self.size.height - HEADER + beyond, len(self.ids)))

    def _wanted(self) -> Sequence[int]:
        return [self.ids[index] for index in self._visible(AROUND)]

    def _rows_changed(self, changed: set[int]) -> None:
        for index in self._visible():
            if self.ids[index] in changed:
                self.refresh_index(index)
        if self.current_id in changed:
            self._tell(again=True)

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """The row that was clicked; with Ctrl or Shift it is marked."""
        if event.y >= HEADER:
            index = self.scroll_offset.y + event.y - HEADER
            if index < len(self.ids):
                self.move_to(index)
                if event.ctrl or event.shift:
                    self.marks.turn(self.ids[index])
                    self._marked()
                if event.chain == 2:
                    self.post_message(self.Opened())
        else:
            column = self._lines.column_at(event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(column))

    class HeaderClicked(Message):
        """A column's title was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    class Opened(Message):
        """A row was double-clicked."""
