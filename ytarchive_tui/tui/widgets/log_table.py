"""The log as a table of any length: it follows the newest line, or holds still on one while more come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ytarchive_tui.services.log_filter import LogLine
from ytarchive_tui.services.log_lines import LogReader, LogView
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.themes import legible_on
from ytarchive_tui.tui.wording import cells, fit

_LOOKS = {"debug": "dim", "info": "text", "warning": "warn", "error": "bad", "critical": "bad"}
_LEVELS = {"warning": "warn", "critical": "fatal"}
"""The longer ones in the cells of the others."""
_SOURCE = 18
_JOB = 7
_WIDE = 100
"""From here on the source has a column of its own."""


class LogTable(Acting, ScrollView, can_focus=True):
    """`update` swaps in what the reader has; the cursor is the number of a line, not a place."""

    ACTIONS_OF = "table"
    BINDINGS = bindings(ACTIONS["table"])
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--cursor", "log--dim", "log--warn", "log--bad", "log--found"}
    DEFAULT_CSS = """
    LogTable {
        background: $background;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & > .log--cursor { background: $boost; }
        &:focus > .log--cursor { color: $block-cursor-foreground; background: $block-cursor-background; }
        &:nocolor > .log--cursor { text-style: reverse; }
        & > .log--dim { color: $text-muted; }
        & > .log--warn { color: $text-warning; }
        & > .log--bad { color: $text-error; }
        & > .log--found { background: $accent 35%; }
    }
    """

    class Moved(Message):
        """The cursor is on another line, or following began or ended."""

    def __init__(self, reader: LogReader) -> None:
        super().__init__()
        self._reader = reader
        self._lines: dict[int, LogLine] = {}
        self._looks: dict[str, Style] = {}
        self._fetch: asyncio.Task[None] | None = None
        self.view = LogView()
        """What is shown."""
        self.at: int | None = None
        """The number of the line under the cursor."""
        self.following = True
        """Whether the newest line stays in sight."""
        self.found = ""
        """A text to be made visible wherever it stands."""

    @property
    def current(self) -> LogLine | None:
        """The line under the cursor, once it was read."""
        return None if self.at is None else self._lines.get(self.at)

    async def update(self) -> None:
        """Take over the reader's newest view: lines are read first, then all is drawn at once."""
        view = self._reader.view
        if view is self.view:
            return
        top = self._number(self.scroll_offset.y)
        height = max(self.size.height, 1)
        start = max(view.total - height, 0) if self.following or top is None else view.place(top)
        numbers = {view.number(n) for n in range(start, min(start + height, view.total))}
        lines = await asyncio.to_thread(self._reader.lines, numbers)
        self._take(view, lines)

    def on_unmount(self) -> None:
        """A fetch must not outlive its table."""
        if self._fetch is not None:
            self._fetch.cancel()

    def _take(self, view: LogView, lines: Mapping[int, LogLine]) -> None:
        top = self._number(self.scroll_offset.y)
        before = self.at
        self.view = view
        self._lines = dict(lines)
        self.virtual_size = Size(self.size.width, view.total)
        if not view.total:
            self.at = None
        elif self.following or self.at is None:
            self.at = view.number(view.total - 1)
            self._scroll(view.total)
            # Before the first layout there is no bottom to scroll to.
            self.call_after_refresh(self._to_the_end)
        else:
            self.at = view.number(min(view.place(self.at), view.total - 1))
            if top is not None:
                self._scroll(view.place(top))
        self.refresh()
        self._want()
        if self.at != before or self.at in lines:
            self.post_message(self.Moved())

    def move_to(self, place: int, *, follow: bool = False) -> None:
        """Put the cursor on the line at that place and hold still there, or follow from there."""
        if not self.view.total:
            return
        place = max(0, min(place, self.view.total - 1))
        self.following = follow
        self.at = self.view.number(place)
        self._show_place(place)
        self.refresh()
        self._want()
        self.post_message(self.Moved())

    def go_to(self, number: int) -> None:
        """Put the cursor on the line of that number, in the middle."""
        place = self.view.place(number)
        self._scroll(max(place - self.size.height // 2, 0))
        self.move_to(place)

    @property
    def place(self) -> int:
        """Where the cursor is in the view."""
        return 0 if self.at is None else self.view.place(self.at)

    def _number(self, place: int) -> int | None:
        return self.view.number(place) if 0 <= place < self.view.total else None

    def _show_place(self, place: int) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if place < top:
            self._scroll(place)
        elif place >= top + height:
            self._scroll(place - height + 1)

    def _to_the_end(self) -> None:
        # Who pressed a key meanwhile may not follow any more.
        if self.following:
            self._scroll(self.view.total)

    def _scroll(self, place: int) -> None:
        self.scroll_to(y=place, animate=False, immediate=True)

    def do_down(self) -> None:
        self.move_to(self.place + 1)

    def do_up(self) -> None:
        self.move_to(self.place - 1)

    def do_page_down(self) -> None:
        self.move_to(self.place + max(self.size.height - 1, 1))

    def do_page_up(self) -> None:
        self.move_to(self.place - max(self.size.height - 1, 1))

    def do_top(self) -> None:
        self.move_to(0)

    def do_bottom(self) -> None:
        self.move_to(self.view.total - 1, follow=True)

    def can_mark(self) -> bool:
        return False

    can_range = can_mark_all = can_mark

    def on_click(self, event: events.Click) -> None:
        """The line that was clicked."""
        place = self.scroll_offset.y + event.y
        if place < self.view.total:
            self.move_to(place)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other lines are seen."""
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Who scrolls back wants to read, not to be carried on."""
        if self.following:
            self.following = False
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        """More or fewer lines are seen."""
        self.virtual_size = Size(self.size.width, self.view.total)
        if self.following:
            self._scroll(self.view.total)
        elif self.at is not None and self.size.height:
            self._show_place(self.place)
        self._want()

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._looks.clear()

    # Reading

    def _want(self) -> None:
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Read what is in sight and not in memory, until nothing is missing."""
        while missing := self._missing():
            view = self.view
            found = await asyncio.to_thread(self._reader.lines, missing)
            if view is self.view:
                seen = {number: self._lines[number] for number in self._seen() if number in self._lines}
                self._lines = {**seen, **found}
                self.refresh()
                self.post_message(self.Moved())
                if not found:
                    return

    def _seen(self) -> list[int]:
        top = self.scroll_offset.y
        return [self.view.number(n) for n in range(top, min(top + self.size.height, self.view.total))]

    def _missing(self) -> list[int]:
        return [number for number in self._seen() if number not in self._lines]

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the terminal."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        number = self._number(self.scroll_offset.y + y)
        if number is None:
            return Strip.blank(width, base)
        if number == self.at:
            base += self._look("cursor")
        line = self._lines.get(number)
        return Strip(self._segments(line, width, base) if line else []).adjust_cell_length(width, base)

    def _segments(self, line: LogLine, width: int, base: Style) -> list[Segment]:
        look = legible_on(self._look(_LOOKS.get(line.level, "text")), base)
        dim = legible_on(self._look("dim"), base)
        more = shell(self).glyphs.more
        source = fit(line.source, _SOURCE, more=more) + " " if width >= _WIDE else ""
        job = fit(f"#{line.job}" if line.job is not None else "", _JOB) + " "
        left = f" {_clock(line.at)} "
        level = fit(_LEVELS.get(line.level, line.level), 6)
        text = cells(line.text) + (f"  (+{len(line.trace)} lines)" if line.trace else "")
        room = max(width - len(left) - len(level) - len(job) - len(source), 1)
        return [
            Segment(left, base + dim),
            Segment(level, base + look),
            Segment(job + source, base + dim),
            *self._marked(fit(text, room, more=more), base + (look if line.level != "info" else Style())),
        ]

    def _marked(self, text: str, style: Style) -> list[Segment]:
        """The text, with what is searched for made visible."""
        place = text.lower().find(self.found.lower()) if self.found else -1
        if place < 0:
            return [Segment(text, style)]
        end = place + len(self.found)
        found = Segment(text[place:end], style + self._look("found"))
        return [Segment(text[:place], style), found, Segment(text[end:], style)]

    def _look(self, name: str) -> Style:
        if name == "text":
            return Style()
        if name not in self._looks:
            self._looks[name] = self.get_component_rich_style(f"log--{name}", partial=True)
        return self._looks[name]


def _clock(at: str) -> str:
    """Local time of day with milliseconds; the text itself where it is no moment."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S.%f}"[:12]
    except ValueError:
        return fit(at, 12)
