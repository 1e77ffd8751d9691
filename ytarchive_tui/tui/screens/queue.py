"""The Queue: every job with its state, and one key for each next step."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.db.filters import parse
from ytarchive_tui.db.pages import QueuePages, QueueRow, Sort, View
from ytarchive_tui.domain.models import Progress
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.pace import Pace
from ytarchive_tui.tui.screens.queue_deleting import Deleting
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.job_columns import JobColumns
from ytarchive_tui.tui.widgets.job_details import DetailsPane
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.totals_line import TotalsLine, marked
from ytarchive_tui.tui.widgets.virtual_table import LIVE_HZ, VirtualTable

FIRST = 256
"""Rows of a view that come at once; the whole follows."""
_COLUMN_OF = {
    Sort.TITLE: "title",
    Sort.CHANNEL: "channel",
    Sort.STATUS: "stage",
    Sort.SIZE: "size",
    Sort.CHANGED: "why",
}
_DETAILS_PAUSE_S = 0.06
LOG_LINES = 12
"""Of the job's own log, in its details."""


class QueueScreen(Deleting):
    """View state and widgets; the verbs are in `queue_verbs`, `queue_engine` and `queue_deleting`."""

    ACTIONS_OF = "queue"
    BINDINGS = bindings(ACTIONS["queue"])
    CSS_PATH = "queue.tcss"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._pages = QueuePages(bridge.database)
        self._view = View()
        self._filter = ""
        self._frozen = False
        self._pace = Pace()
        self._seen_all = False
        self._reading = self._stale = False
        self._shown_on_hold: tuple[bool, str | None] = (False, None)

    def body(self) -> ComposeResult:
        """Table, details, totals."""
        self._columns = JobColumns(shell(self).glyphs, self._progress, lambda: self.on_hold, self._held)
        with Container(id="main"):
            yield VirtualTable(
                self._columns.columns(), self._rows, lambda row: row.id,
                is_live=lambda row: row.status == "running", mark=shell(self).glyphs.mark,
            )  # fmt: skip
            yield DetailsPane()
        with Container(id="empty"):
            yield Static(self._empty_text(), markup=False)
        yield TotalsLine(self.bridge.pulse)

    def on_mount(self) -> None:
        """Spinners turn with the table's own timer."""
        self.set_interval(1 / LIVE_HZ, self._turn)

    async def on_unmount(self) -> None:
        """Close the connections."""
        await self._pages.close()

    # What is shown

    def jobs_changed(self) -> None:
        """Rows at once; the order as often as it is cheap, and not while it is frozen."""
        self.table.refetch()
        self._stale = True
        if not self._frozen and not self._reading:
            self.later(self._read_view, group="view", latest=True)
        self.show_details()

    def beat(self) -> None:
        """New counts."""
        self.query_one(TotalsLine).refresh()
        if self._shown_on_hold != (now := (self.on_hold, self._held())):
            # It stands in every row, and no row has changed.
            self._shown_on_hold = now
            self.table.refresh()
        self._show_empty()

    async def _read_view(self) -> None:
        """The beginning of the view at once, then all of it, again for as long as there is news."""
        view, self._reading = self._view, True
        try:
            if not self._seen_all:
                self._show(await self._pages.first(view, FIRST))
                # Reading all of it takes a whole core, which the rows in sight would share.
                await self.table.fetched()
            while (self._stale and not self._frozen) or not self._seen_all:
                async with self._pace:
                    self._stale = False
                    whole = await self._pages.whole(view)
                self._seen_all = True
                self._show(whole)
        except sqlite3.OperationalError as error:
            # Before the engine has opened it, the file may be missing or of an older version.
            self.log(error)
        finally:
            if view == self._view:
                self._reading = False

    def _show(self, ids: array[int]) -> None:
        self.table.show(ids)
        if self.moved_job is not None:
            if self.table.follow(self.moved_job):
                self.moved_job = None
            elif self._seen_all:
                self.moved_job = None
                self.notify("that job is not on the list any more", severity="warning")
        if self._filter:
            self.note()
        self._show_empty()

    async def _rows(self, ids: Sequence[int]) -> Sequence[QueueRow]:
        return await self._pages.rows(ids)

    def _progress(self, job_id: int) -> Progress | None:
        queue = self.bridge.ready_queue
        return queue.progress(job_id) if queue else None

    def _held(self) -> str | None:
        line = self.bridge.pulse.line
        return line.why() if line else None

    def _turn(self) -> None:
        self._columns.frame += 1

    def _show_empty(self) -> None:
        figures = self.bridge.pulse.figures
        empty = not self._filter and figures is not None and figures.total == 0 and not self.table.ids
        if empty != self.has_class("-empty"):
            self.set_class(empty, "-empty")
            if not empty:
                self.call_after_refresh(self._take_focus)

    def _take_focus(self) -> None:
        """What is hidden loses the focus; the table has it again once it is shown."""
        if self.focused is None:
            self.table.focus()

    def show_details(self) -> None:
        """The row under the cursor, in the pane; a moving cursor asks once it rests."""
        if not self.has_class("-closed"):
            self.later(self._read_details, group="details", latest=True)

    async def _read_details(self) -> None:
        from asyncio import sleep, to_thread

        from ytarchive_tui.services.job_log import last_lines
        from ytarchive_tui.tui.screens.logs import log_folder

        await sleep(_DETAILS_PAUSE_S)
        queue, job_id = await self.bridge.queue(), self.table.current_id
        pane = self.query_one(DetailsPane)
        if job_id is None:
            pane.show(None)
            return
        folder = log_folder(self.bridge.database)
        lines = await to_thread(last_lines, folder, job_id, LOG_LINES)
        pane.show(await queue.details(job_id), lines)

    def change_view(self, view: View) -> None:
        """Sort or filter otherwise."""
        self._view = view
        self._seen_all = False
        self.table.cursor = 0
        self.table.scroll_to(y=0, animate=False, immediate=True)
        self.table.sorted_by = (_COLUMN_OF[view.sort], view.reverse) if view.sort in _COLUMN_OF else None
        self.later(self._read_view, group="view", latest=True)
        self.note()

    def note(self) -> None:
        """What narrows the view, in the totals line."""
        line = self.query_one(TotalsLine)
        line.note = marked(len(self.table.marks))
        if self._filter:
            found = f"{len(self.table.ids):,} match {self._filter}" if self._seen_all else self._filter
            line.note.append((f" filter: {found} ", "bold $text-primary"))
        if self._view.sort is not Sort.PLACE or self._view.reverse:
            line.note.append(
                (f" by {self._view.sort}{', reversed' if self._view.reverse else ''} ", "$text-primary")
            )
        if self._frozen:
            line.note.append((" frozen ", "bold $text-warning"))
        line.refresh()
        self.keys_changed()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self.keys_changed()
        self.show_details()

    @on(VirtualTable.MarksChanged)
    def _marks_changed(self) -> None:
        self.note()

    @on(VirtualTable.HeaderClicked)
    def _header_clicked(self, event: VirtualTable.HeaderClicked) -> None:
        for sort, column in _COLUMN_OF.items():
            if column == event.column:
                same = sort is self._view.sort
                self.change_view(self._view._replace(sort=sort, reverse=same and not self._view.reverse))

    @on(VirtualTable.Opened)
    def _opened(self) -> None:
        self.do_details()

    # View actions

    def can_filter(self) -> bool:
        return not self.typing

    def do_filter(self) -> None:
        before = self._filter
        self.ask(
            Prompt("/", before, hint="words, status:failed, channel:name, -word", typed=self.narrow,
                   left=lambda: self.narrow(before))
        )  # fmt: skip

    def narrow(self, text: str) -> None:
        """Show only what matches."""
        if text != self._filter:
            self._filter = text
            self.change_view(self._view._replace(words=parse(text)))

    def do_sort(self) -> None:
        order = list(Sort)
        following = order[(order.index(self._view.sort) + 1) % len(order)]
        self.change_view(View(following, False, self._view.words))

    def do_reverse(self) -> None:
        self.change_view(self._view._replace(reverse=not self._view.reverse))

    def do_freeze(self) -> None:
        self._frozen = not self._frozen
        self.note()
        if not self._frozen:
            self.jobs_changed()

    def do_details(self) -> None:
        self.toggle_class("-closed")
        self.show_details()

    def can_leave(self) -> bool:
        return bool(self.table.marks or self._filter or self.focused is not self.table)

    def do_leave(self) -> None:
        if self.focused is not self.table:
            self.table.focus()
        elif self.table.marks:
            self.table.unmark()
        else:
            self.narrow("")

    def _empty_text(self) -> Content:
        return Content.assemble(
            ("Nothing in the queue\n\n", "bold"),
            (" a ", "bold $text-accent"), "  add videos, playlists or channels: any address, id or @handle\n",
            ("   ", ""), "  or paste addresses right here\n",
            (" ? ", "bold $text-accent"), "  all keys        ",
            (" q ", "bold $text-accent"), "  leave\n\n",
            (f"What you add goes to {shell(self).settings.archive.root}", "$text-muted"),
        )  # fmt: skip
