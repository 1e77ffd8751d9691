"""The Library: everything in the archive, found as one types."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.db.library_rows import (
    FACETS,
    Counted,
    LibraryRow,
    LibrarySort,
    LibraryTotals,
    LibraryView,
    LibraryWord,
    Value,
)
from ytarchive_tui.services.library import Facets, facets, parse_search
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.pace import Pace
from ytarchive_tui.tui.screens.library_changing import LibraryChanging
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.copy_columns import copy_columns
from ytarchive_tui.tui.widgets.copy_details import CopyDetails
from ytarchive_tui.tui.widgets.facet_pane import FacetPane, value_words
from ytarchive_tui.tui.widgets.note_line import NoteLine
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import cells, count, size

FIRST = 256
"""Rows of a view that come at once; the whole follows."""
_DETAILS_PAUSE_S = 0.06
_TYPING_PAUSE_S = 0.03


class LibraryScreen(LibraryChanging):
    """View state and widgets; the verbs are in `library_verbs` and `library_changing`."""

    ACTIONS_OF = "library"
    BINDINGS = bindings(ACTIONS["library"])
    CSS_PATH = "library.tcss"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._view = LibraryView()
        self._search = ""
        self._chosen: dict[str, tuple[Value, ...]] = {}
        self._totals: LibraryTotals | None = None
        self._counted: list[Counted] = []
        self._counted_for: tuple[LibraryWord, ...] | None = None
        self._found: Facets | None = None
        self._pace = Pace()
        self._looking = self._stale = False

    def body(self) -> ComposeResult:
        """Facets, table and details, and a line that says what is shown."""
        glyphs = shell(self).glyphs
        table = VirtualTable(copy_columns(glyphs), self._rows, lambda row: row.id, mark=glyphs.mark)
        table.sorted_by = (self._view.sort, True)
        with Container(id="main"):
            yield FacetPane()
            with Container(id="list"):
                yield table
                yield CopyDetails()
        with Container(id="empty"):
            yield Static(self._empty_text(), markup=False)
        yield NoteLine()

    async def on_unmount(self) -> None:
        """Close the connections."""
        await self.library.close()

    # What is shown

    def jobs_changed(self) -> None:
        """Something may have been archived: look whether the library is another one."""
        self._stale = True
        if not self.query("CopyDetails Static"):
            # Widgets within widgets come later than their screen.
            self.call_after_refresh(self.jobs_changed)
        elif not self._looking:
            self._looking = True
            self.later(self._look, group="look")

    async def _look(self) -> None:
        """Again for as long as there is news, on connections of its own: a search does not wait for this."""
        try:
            while self._stale:
                async with self._pace:
                    self._stale = False
                    await self._look_once()
        except sqlite3.OperationalError as error:
            # Before the engine has opened it, the file may be missing or of an older version.
            self.log(error)
        finally:
            self._looking = False

    async def _look_once(self) -> None:
        behind, view = self.library.behind, self._view
        totals = await behind.totals()
        if totals == self._totals:
            return
        self._totals = totals
        self.set_class(totals.n == 0, "-empty")
        self.table.refetch()
        whole = await behind.whole(view)
        counted = await behind.counted(view.words)
        if view.words == self._view.words:
            self._counted, self._counted_for = counted, view.words
            await self._show_found()
        if view == self._view:
            self.table.show(whole)
        self._show_details()

    async def _read_view(self) -> None:
        """The beginning of another view at once, then all of it."""
        await asyncio.sleep(_TYPING_PAUSE_S)
        self.table.show(await self.library.pages.first(self._view, FIRST))
        self.table.show(await self.library.pages.whole(self._view))
        self.note()

    async def _read_facets(self) -> None:
        words = self._view.words
        if self._counted_for != words:
            await asyncio.sleep(_TYPING_PAUSE_S)
            self._counted = await self.library.pages.counted(words)
            self._counted_for = words
        await self._show_found()

    async def _show_found(self) -> None:
        chosen = dict(self._chosen)
        self._found = await asyncio.to_thread(facets, self._counted, chosen)
        self.query_one(FacetPane).show(self._found, chosen)
        self.note()

    async def _rows(self, ids: Sequence[int]) -> Sequence[LibraryRow]:
        return await self.library.pages.rows(ids)

    def _show_details(self) -> None:
        if not self.has_class("-closed"):
            self.later(self._read_details, group="details", latest=True)

    async def _read_details(self) -> None:
        """A moving cursor asks once it rests."""
        await asyncio.sleep(_DETAILS_PAUSE_S)
        copy_id = self.table.current_id
        self.query_one(CopyDetails).show(None if copy_id is None else await self.library.details(copy_id))

    def _change_view(self, view: LibraryView) -> None:
        """Search, sort or narrow otherwise."""
        self._view = view
        self.table.cursor = 0
        self.table.scroll_to(y=0, animate=False, immediate=True)
        self.table.sorted_by = (view.sort, (view.sort in _DOWN) is not view.reverse)

        self.later(self._read_view, group="view", latest=True)
        self.later(self._read_facets, group="facets", latest=True)
        self.note()

    def note(self) -> None:
        """What is shown and what narrows it; while copies are verified, how far that is."""
        line, found, totals = self.query_one(NoteLine), self._found, self._totals
        left: list[tuple[str, str]] = []
        if totals is not None and found is not None:
            narrowed = bool(self._search or self._chosen)
            shown = f"{found.n:,} of {count(totals.n, 'item')}" if narrowed else count(totals.n, "item")
            left = [(f" {shown}", "bold"), (f" · {size(found.size if narrowed else totals.size)} ", "")]
        if self._search:
            left.append((f" search: {cells(self._search)} ", "bold $text-primary"))
        for facet in FACETS:
            for value in self._chosen.get(facet, ()):
                left.append((f" {value_words(facet, value)} ", "$text-accent"))
        right: list[tuple[str, str]] = []
        if self.verifying is not None:
            at = self.verifying
            right.append(
                (
                    f" verifying {at.nth:,} of {at.of:,} · {size(at.done)} of {size(at.total)} ",
                    "bold $text-warning",
                )
            )
        if self.doing:
            right.append((f" {self.doing} ", "bold $text-warning"))
        if marks := len(self.table.marks):
            right.append((f" {count(marks, 'row')} marked ", "bold $text-accent"))
        line.show(left, right)
        self.keys_changed()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self.keys_changed()
        self._show_details()

    @on(VirtualTable.MarksChanged)
    def _marks_changed(self) -> None:
        self.note()

    @on(VirtualTable.HeaderClicked)
    def _header_clicked(self, event: VirtualTable.HeaderClicked) -> None:
        for sort in LibrarySort:
            if sort == event.column:
                same = sort is self._view.sort
                self._change_view(self._view._replace(sort=sort, reverse=same and not self._view.reverse))

    @on(VirtualTable.Opened)
    def _opened(self) -> None:
        self.do_open()

    @on(FacetPane.Turned)
    def _turned(self, event: FacetPane.Turned) -> None:
        before = self._chosen.get(event.facet, ())
        given_up = event.value in before
        after = tuple(each for each in before if each != event.value) if given_up else (*before, event.value)
        self._chosen = {**self._chosen, event.facet: after}
        self._narrow()

    def _narrow(self) -> None:
        self._chosen = {facet: values for facet, values in self._chosen.items() if values}
        self._change_view(self._view._replace(chosen=tuple(self._chosen.items())))

    # View actions

    def do_search(self) -> None:
        before = self._search
        self.ask(
            Prompt("/", before, hint='words, "a phrase", -without', typed=self._search_for,
                   done=lambda _: self._back(), left=lambda: self._give_up_search(before))
        )  # fmt: skip

    def _search_for(self, text: str) -> None:
        self._search = text.strip()
        words = parse_search(text)
        if words != self._view.words:
            self._change_view(self._view._replace(words=words))
        self.note()

    def _give_up_search(self, before: str) -> None:
        self._search_for(before)
        self._back()

    def do_narrow(self) -> None:
        pane = self.query_one(FacetPane)
        if self.focused is pane:
            self.remove_class("-choosing")
            self._back()
        else:
            self.add_class("-choosing")
            pane.focus()
            pane.begin()

    def do_sort(self) -> None:
        order = list(LibrarySort)
        following = order[(order.index(self._view.sort) + 1) % len(order)]
        self._change_view(self._view._replace(sort=following, reverse=False))

    def do_reverse(self) -> None:
        self._change_view(self._view._replace(reverse=not self._view.reverse))

    def do_details(self) -> None:
        self.toggle_class("-closed")
        self._show_details()

    def can_leave(self) -> bool:
        return bool(self.table.marks or self._search or self._chosen or self.focused is not self.table)

    def do_leave(self) -> None:
        if self.focused is not self.table:
            self.remove_class("-choosing")
            self._back()
        elif self.table.marks:
            self.table.unmark()
        elif self._search:
            self._search_for("")
        else:
            self._chosen = {}
            self._narrow()

    def _empty_text(self) -> Content:
        return Content.assemble(
            ("Nothing in the archive yet\n\n", "bold"),
            (" 1 ", "bold $text-accent"), "  to the queue, where ",
            ("a", "bold $text-accent"), " adds videos\n",
            ("   ", ""), "  or paste addresses right here\n\n",
            (f"What is archived lies in {shell(self).settings.archive.root}", "$text-muted"),
        )  # fmt: skip


_DOWN = frozenset({LibrarySort.ADDED, LibrarySort.PUBLISHED, LibrarySort.SIZE, LibrarySort.LENGTH})
"""Orders that begin with the largest."""
