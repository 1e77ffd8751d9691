"""Browse: what a channel or a playlist holds, against what the archive has, before anything is queued."""

from __future__ import annotations

import asyncio
import sqlite3
from array import array
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Static

from ytarchive_tui.db.browser_pages import BrowserPages
from ytarchive_tui.db.browser_rows import Entry, EntryOrder, EntryView
from ytarchive_tui.services.browser import parse_entries, weigh
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.pace import Pace
from ytarchive_tui.tui.screens.browse_verbs import BrowseVerbs
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.browse_lines import NOTHING_YET, ListLine, SumLine
from ytarchive_tui.tui.widgets.entry_columns import EntryColumns
from ytarchive_tui.tui.widgets.note_line import NoteLine
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.source_tree import SourceTree
from ytarchive_tui.tui.widgets.virtual_table import LIVE_HZ, VirtualTable

_COLUMN_OF = {
    EntryOrder.PLACE: "position", EntryOrder.STATE: "state", EntryOrder.TITLE: "title",
    EntryOrder.LENGTH: "length", EntryOrder.DATE: "date",
}  # fmt: skip
_PAUSE_S = 1.0
"""Longest pause between two reads."""
_AGAIN_S = 0.5
"""After a read that failed."""
_REST_S = 0.05
"""Sums are asked for when marks have rested that long."""


class BrowseScreen(BrowseVerbs):
    """View state and widgets; the verbs are in `browse_verbs`."""

    ACTIONS_OF = "browse"
    BINDINGS = bindings(ACTIONS["browse"])
    CSS_PATH = "browse.tcss"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self.pages = BrowserPages(bridge.database)
        self._view: EntryView | None = None
        self._order, self._reverse, self._filter = EntryOrder.PLACE, False, ""
        self._places: dict[int, int] = {}
        self._go_to: int | None = None
        self._news = asyncio.Event()
        self._pace, self._sum_pace = Pace(_PAUSE_S), Pace(_PAUSE_S)

    def body(self) -> ComposeResult:
        """Tree, list, sums."""
        glyphs = shell(self).glyphs
        self._columns = EntryColumns(glyphs)
        with Container(id="main"):
            yield SourceTree(glyphs)
            with Vertical(id="list"):
                yield ListLine()
                yield VirtualTable(
                    self._columns.columns(mixed=False), self._rows, lambda row: row.id,
                    is_live=lambda row: row.status == "running", mark=glyphs.mark, id="entries",
                )  # fmt: skip
        with Container(id="empty"):
            yield Static(NOTHING_YET, markup=False)
        yield NoteLine()
        yield SumLine()

    def on_mount(self) -> None:
        """One worker reads for as long as the screen lives; spinners turn with the table's own timer."""
        self.quality = shell(self).settings.archive.quality
        self.note.display = False
        self.set_interval(1 / LIVE_HZ, self._turn)
        self.later(self._follow, group="follow")

    async def on_unmount(self) -> None:
        """Close the reading connections."""
        await self.pages.close()

    # What is shown

    def jobs_changed(self) -> None:
        """Tree, entries and sums may be others."""
        self._news.set()

    def beat(self) -> None:
        """The engine may have a problem to tell of."""
        line = self.query_one(SumLine)
        line.problem = self.bridge.pulse.problem
        line.refresh()

    async def _follow(self) -> None:
        """Read whenever there is news, but not more often than is cheap."""
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._pace:
                try:
                    await self._read_tree()
                    await self._read_entries()
                except sqlite3.OperationalError as error:
                    # Before the engine has opened it, the file may be missing or of an older version;
                    # and a read that is given up may take one beside it with it.
                    self.log(error)
                    await asyncio.sleep(_AGAIN_S)
                    self._news.set()
                    continue
            self.sum_up()

    async def _read_tree(self) -> None:
        go_to = self._go_to
        nodes = await self.pages.nodes(self.unfolded, list(self.entries.marks))
        self.tree_of_lists.show_nodes(nodes, go_to)
        self.set_class(not nodes, "-empty")
        if go_to is not None and go_to == self._go_to:
            self._go_to = None
            if not self.prompting:
                # What is hidden can't be focused: the first source has only now made the tree appear.
                self.call_after_refresh(self.tree_of_lists.focus)
        self._source_changed()

    def _source_changed(self) -> None:
        """The line above the list, and the list itself if the cursor of the tree is on another source."""
        node = self.tree_of_lists.node
        line = self.query_one(ListLine)
        if line.node != node:
            line.node = node
            line.refresh()
            self.keys_changed()
        if node is not None and (self._view is None or self._view.source_id != node.id):
            if self._view is not None:
                self._places[self._view.source_id] = self.entries.cursor
            self.entries.show_columns(self._columns.columns(mixed=node.kind == "playlist"))
            self._view_changed(node.id)

    def _view_changed(self, source_id: int) -> None:
        """Another source, order or filter: its beginning at once."""
        if self._view is not None and self._view.source_id == source_id:
            self._places.pop(source_id, None)
        self._view = EntryView(source_id, self._order, self._reverse, parse_entries(self._filter))
        sorted_by = self._order is not EntryOrder.PLACE or self._reverse
        self.entries.sorted_by = (_COLUMN_OF[self._order], self._reverse) if sorted_by else None
        line = self.query_one(ListLine)
        line.narrowed = f"filter: {self._filter}" if self._filter else ""
        line.refresh()
        self.later(self._read_other, group="entries", latest=True)

    async def _read_other(self) -> None:
        """The list from its place, instead of another one."""
        view = self._view
        if view is None:
            return
        ids = await self.pages.ids(view)
        table = self.entries
        table.marks.end_range()
        table.cursor = 0
        table.scroll_to(y=0, animate=False, immediate=True)
        table.forget()
        self._show_ids(ids)
        table.move_to(self._places.get(view.source_id, 0))
        self.sum_up()

    async def _read_entries(self) -> None:
        view = self._view
        if view is None:
            return
        ids = await self.pages.ids(view)
        if view == self._view:
            self._show_ids(ids)

    def _show_ids(self, ids: array[int]) -> None:
        self.entries.show(ids)
        line = self.query_one(ListLine)
        if self._filter:
            line.narrowed = f"{len(ids):,} match {self._filter}"
            line.refresh()
        self.keys_changed()

    async def _rows(self, ids: Sequence[int]) -> Sequence[Entry]:
        return [] if self._view is None else await self.pages.rows(self._view.source_id, ids)

    def sum_up(self) -> None:
        """States of the list, and length and size of what is marked, once marks rest."""
        self.later(self._sum, group="sums", latest=True)

    async def _sum(self) -> None:
        await asyncio.sleep(_REST_S)
        line, marks = self.query_one(SumLine), list(self.entries.marks)
        line.quality = self.quality
        async with self._sum_pace:
            try:
                line.marked, line.rate = await weigh(
                    self.pages, marks, shell(self).settings.archive.root, self.quality
                )
                if self._view is not None:
                    line.states = await self.pages.states(self._view.source_id)
            except sqlite3.OperationalError as error:
                # A sum that the dialog gave up may take this one with it; the next news brings another.
                self.log(error)
            line.refresh()

    def _turn(self) -> None:
        self._columns.frame += 1
        self.tree_of_lists.frame += 1
        line = self.query_one(ListLine)
        if line.node is not None and line.node.status == "running":
            line.frame += 1
            line.refresh()

    def show_source(self, source_id: int) -> None:
        """Go to that source as soon as it is in the tree."""
        self._go_to = source_id
        self._news.set()

    def narrow(self, text: str) -> None:
        """Show only what matches."""
        if text != self._filter:
            self._filter = text
            if self._view is not None:
                self._view_changed(self._view.source_id)

    @property
    def filtered(self) -> bool:
        """Whether the list is narrowed."""
        return bool(self._filter)

    @on(SourceTree.Moved)
    def _tree_moved(self) -> None:
        self._source_changed()

    @on(SourceTree.Turned)
    def _turned(self) -> None:
        self.turn_source()

    @on(SourceTree.Folded)
    def _folded(self) -> None:
        if (source_id := self.tree_of_lists.current_id) is not None:
            self.unfolded ^= {source_id}
            self._news.set()

    @on(SourceTree.Opened)
    def _tree_opened(self) -> None:
        self.read_source(again=False)

    @on(VirtualTable.Moved)
    def _entry_moved(self) -> None:
        self.keys_changed()

    @on(VirtualTable.MarksChanged)
    def _marks_changed(self) -> None:
        self.marks_changed()

    def marks_changed(self) -> None:
        """Boxes in the tree and the sums follow the marks."""
        self._news.set()
        self.keys_changed()

    @on(VirtualTable.HeaderClicked)
    def _header_clicked(self, event: VirtualTable.HeaderClicked) -> None:
        for order, column in _COLUMN_OF.items():
            if column == event.column:
                self._sort(order, order is self._order and not self._reverse)

    @on(VirtualTable.Opened)
    def _entry_opened(self, event: VirtualTable.Opened) -> None:
        if not isinstance(event, SourceTree.Opened):
            self.do_queue()

    # View actions

    def do_filter(self) -> None:
        before = self._filter
        self.ask(
            Prompt("/", before, hint="words, state:missing,failed, -word", typed=self.narrow,
                   left=lambda: self.narrow(before))
        )  # fmt: skip

    def do_sort(self) -> None:
        orders = list(EntryOrder)
        self._sort(orders[(orders.index(self._order) + 1) % len(orders)], False)

    def do_reverse(self) -> None:
        self._sort(self._order, not self._reverse)

    def _sort(self, order: EntryOrder, reverse: bool) -> None:
        self._order, self._reverse = order, reverse
        if self._view is not None:
            self._view_changed(self._view.source_id)
