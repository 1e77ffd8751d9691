"""The cursor and the marks of a table: places among ids, whatever these stand for and however they look."""

from __future__ import annotations

from array import array

from textual.message import Message
from textual.scroll_view import ScrollView

from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.widgets.marks import Marks

HEADER = 1
"""Lines above the rows."""


class TableCursor(Acting, ScrollView):
    """What draws rows says so by `refresh_index`."""

    ACTIONS_OF = "table"
    BINDINGS = bindings(ACTIONS["table"])

    class Moved(Message):
        """The cursor is on another row, or the row under it is another one."""

        def __init__(self, row_id: int | None) -> None:
            super().__init__()
            self.row_id = row_id

    class MarksChanged(Message):
        """Other rows are marked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: int | None = None
        self.ids: array[int] = array("I")
        """The whole view, in order."""
        self.cursor = 0
        """Index into `ids`."""
        self.marks = Marks()

    def refresh_index(self, index: int) -> None:
        """Draw one row again."""
        raise NotImplementedError

    @property
    def current_id(self) -> int | None:
        """The id under the cursor."""
        return self._id_at(self.cursor)

    @property
    def chosen(self) -> list[int]:
        """What an action is for: the marked rows, else the one under the cursor."""
        if self.marks:
            return [row_id for row_id in self.ids if row_id in self.marks]
        return [] if self.current_id is None else [self.current_id]

    def follow(self, row_id: int) -> bool:
        """Move the cursor to that row, wherever it went; False when it is not here."""
        if found := row_id in self.ids:
            self.move_to(self.ids.index(row_id))
        return found

    # Moving

    def _id_at(self, index: int) -> int | None:
        return self.ids[index] if 0 <= index < len(self.ids) else None

    def _near(self, row_id: int, index: int) -> int:
        """Where that row is now if it is still in sight, else the old place."""
        for distance in range(1, self.size.height):
            for place_ in (index - distance, index + distance):
                if self._id_at(place_) == row_id:
                    return place_
        return index

    def move_to(self, index: int) -> None:
        """Put the cursor there and make it visible."""
        if not self.ids:
            return
        before, self.cursor = self.cursor, max(0, min(index, len(self.ids) - 1))
        if self.marks.anchor is not None:
            self.marks.stretch(self.ids, self.cursor)
            self.refresh()
            self.post_message(self.MarksChanged())
        self.show_cursor()
        self.refresh_index(before)
        self.refresh_index(self.cursor)
        self._tell()

    def show_cursor(self) -> None:
        """Scroll as far as it takes to have the cursor in sight."""
        top, height = self.scroll_offset.y, self.size.height - HEADER
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + height > top:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def _tell(self, *, again: bool = False) -> None:
        if again or self.current_id != self._told:
            self._told = self.current_id
            self.post_message(self.Moved(self._told))

    def do_down(self) -> None:
        self.move_to(self.cursor + 1)

    def do_up(self) -> None:
        self.move_to(self.cursor - 1)

    def do_page_down(self) -> None:
        self.move_to(self.cursor + max(self.size.height - HEADER - 1, 1))

    def do_page_up(self) -> None:
        self.move_to(self.cursor - max(self.size.height - HEADER - 1, 1))

    def do_top(self) -> None:
        self.move_to(0)

    def do_bottom(self) -> None:
        self.move_to(len(self.ids) - 1)

    # Marking

    def can_mark(self) -> bool:
        return bool(self.ids)

    def do_mark(self) -> None:
        if self.current_id is not None:
            self.marks.end_range()
            self.marks.turn(self.current_id)
            self._marked()
            self.do_down()

    def do_range(self) -> None:
        if self.marks.anchor is None and self.ids:
            self.marks.begin_range(self.ids, self.cursor)
        else:
            self.marks.end_range()
        self._marked()

    def do_mark_all(self) -> None:
        self.marks.turn_all(self.ids)
        self._marked()

    def unmark(self) -> None:
        """Drop all marks."""
        self.marks.clear()
        self._marked()

    def _marked(self) -> None:
        self.refresh()
        self.post_message(self.MarksChanged())
