"""What one does on the Browse screen; everything waits in workers, the keys never do."""

from __future__ import annotations

from textual import events

from ytarchive_tui.db.browser_pages import BrowserPages
from ytarchive_tui.db.browser_rows import Entry, EntryState
from ytarchive_tui.domain.addresses import BadAddress, Recognised, recognise
from ytarchive_tui.domain.models import SourceKind
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.screens.browse_following import Following
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.submitting import job_options
from ytarchive_tui.tui.widgets.note_line import NoteLine
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.source_tree import SourceTree
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import count

_ACTIVE = frozenset({"queued", "running", "waiting", "blocked", "paused"})


class BrowseVerbs(BaseScreen):
    """The verbs alone; `browse` adds what is shown."""

    pages: BrowserPages
    quality: str
    """For the estimate, and proposed when something is queued."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self.unfolded: set[int] = set()
        """Sources of which the tree shows what lies below."""
        self._following = Following(self)

    @property
    def tree_of_lists(self) -> SourceTree:
        """The tree of sources."""
        return self.query_one(SourceTree)

    @property
    def entries(self) -> VirtualTable[Entry]:
        """The entries of the source under the tree's cursor."""
        return self.query_one("#entries", VirtualTable)

    @property
    def note(self) -> NoteLine:
        """Shows what a schedule being typed means."""
        return self.query_one(NoteLine)

    def show_source(self, source_id: int) -> None:
        """Go to that source as soon as it is in the tree."""
        raise NotImplementedError

    def marks_changed(self) -> None:
        """Marks were changed from here."""
        raise NotImplementedError

    def narrow(self, text: str) -> None:
        """Show only what matches."""
        raise NotImplementedError

    @property
    def filtered(self) -> bool:
        """Whether the list is narrowed."""
        raise NotImplementedError

    # Opening

    def do_open(self) -> None:
        self._ask_address("")

    def _ask_address(self, text: str) -> None:
        hint = "a channel, one of its tabs, or a playlist: address, id or @handle"
        self.ask(Prompt("open", text, hint=hint, done=self._open_typed))

    def _open_typed(self, text: str) -> None:
        self.tree_of_lists.focus()
        if text.strip() and not self.open_text(text):
            self._ask_address(text)

    def open_text(self, text: str, *, only_lists: bool = False) -> bool:
        """Look at what the text names; False when it names nothing, and what is wrong has been said.

        A video is offered for adding, or refused like anything else with `only_lists`.
        """
        try:
            found = recognise(text.strip())
        except BadAddress as bad:
            if not only_lists:
                self.notify(bad.reason, severity="warning")
            return False
        if found.kind is not SourceKind.VIDEO:
            self._open(found, again=False)
        elif only_lists:
            return False
        else:
            shell(self).offer(text)
        return True

    def _open(self, found: Recognised, *, again: bool) -> None:
        options = job_options(shell(self).settings.archive, self.quality)
        node = self.tree_of_lists.node
        already = node is not None and node.address == found.address

        async def opening() -> None:
            browser = (await self.bridge.runtime()).browser
            opened = await browser.open(found, options, again=again)
            self.unfolded.add(opened.source_id)
            if not already:
                self.show_source(opened.source_id)

        self.later(opening)

    def read_source(self, *, again: bool) -> None:
        """Read the source under the tree's cursor, unless that was done lately."""
        node = self.tree_of_lists.node
        if node is not None:
            self._open(Recognised(kind=SourceKind(node.kind), address=node.address), again=again)
            if node.entries and not again:
                self.entries.focus()

    def can_again(self) -> bool:
        node = self.tree_of_lists.node
        return node is not None and node.status not in ("running", "queued")

    def do_again(self) -> None:
        self.read_source(again=True)

    def can_stop(self) -> bool:
        node = self.tree_of_lists.node
        return node is not None and node.listing == "browse" and node.status in _ACTIVE

    def do_stop(self) -> None:
        node = self.tree_of_lists.node
        if node is None or node.job_id is None:
            return
        job_id = node.job_id

        async def stop() -> None:
            await (await self.bridge.runtime()).browser.stop(job_id)

        self.later(stop)

    # Following

    def can_follow(self) -> bool:
        return self.tree_of_lists.node is not None

    can_run_now = can_changes = can_follow

    def can_unfollow(self) -> bool:
        node = self.tree_of_lists.node
        return node is not None and node.next_at is not None

    def do_follow(self) -> None:
        self._following.follow(self.tree_of_lists.current_id)

    def do_unfollow(self) -> None:
        self._following.unfollow(self.tree_of_lists.current_id)

    def do_run_now(self) -> None:
        self._following.run_now(self.tree_of_lists.current_id)

    def do_changes(self) -> None:
        self._following.changes(self.tree_of_lists.current_id)

    def do_sources(self) -> None:
        """Every list that stays in step; the one that is chosen there is shown."""
        from ytarchive_tui.tui.screens.browse_sources import SourcesDialog

        def go(source_id: int | None) -> None:
            async def unfold() -> None:
                if source_id is not None:
                    self.unfolded |= await self.pages.above(source_id)
                    self.show_source(source_id)

            self.later(unfold)

        self.app.push_screen(SourcesDialog(self.bridge), go)

    # Marking

    def turn_source(self) -> None:
        """Mark everything in the source and below it; if all of it is marked, drop these marks."""
        node = self.tree_of_lists.node
        if node is None:
            return
        source_id = node.id

        async def turn() -> None:
            ids, marks = await self.pages.all_of(source_id), self.entries.marks
            if not ids:
                self.notify("nothing of it was read yet; Enter reads it", severity="warning")
            elif all(each in marks for each in ids):
                marks.drop(ids)
            else:
                marks.add(ids)
            self._redraw_marks()

        self.later(turn)

    def can_mark_missing(self) -> bool:
        return self.tree_of_lists.node is not None

    def do_mark_missing(self) -> None:
        node = self.tree_of_lists.node
        if node is None:
            return
        source_id = node.id

        async def mark() -> None:
            ids = await self.pages.all_of(source_id, EntryState.MISSING)
            self.entries.marks.add(ids)
            self._redraw_marks()
            if not ids:
                self.notify("nothing is missing of what was read")
            elif node.status in ("running", "queued"):
                self.notify(
                    f"{count(len(ids), 'entry', 'entries')} marked; more may come while the list is read"
                )

        self.later(mark)

    def _redraw_marks(self) -> None:
        self.entries.refresh()
        self.marks_changed()

    # Queueing

    def can_queue(self) -> bool:
        if self.entries.marks:
            return True
        return self.focused is self.entries and self.entries.current_id is not None

    def do_queue(self) -> None:
        """The marked entries, those in sight in the order of the list; else the one under the cursor."""
        from ytarchive_tui.tui.screens.queue_chosen import QueueChosenDialog

        source_id, marks = self.tree_of_lists.current_id, self.entries.marks
        if source_id is None:
            return
        chosen = self.entries.chosen if marks or self.focused is self.entries else []
        elsewhere = sorted(set(marks) - set(chosen))
        if ids := [*chosen, *elsewhere]:
            settings = shell(self).settings
            dialog = QueueChosenDialog(self.bridge, settings, self.pages, source_id, ids, self.quality)
            self.app.push_screen(dialog, self._queued)

    def _queued(self, quality: str | None) -> None:
        if quality is not None:
            self.quality = quality
            self.entries.unmark()
            self.marks_changed()

    def can_copy(self) -> bool:
        return self.entries.current_id is not None

    def do_copy(self) -> None:
        source_id, ids = self.tree_of_lists.current_id, self.entries.chosen
        if source_id is None:
            return

        async def copy() -> None:
            rows = {row.id: row.url for row in await self.pages.rows(source_id, ids)}
            addresses = [rows[each] for each in ids if each in rows]
            self.app.copy_to_clipboard("\n".join(addresses))
            self.notify(f"{count(len(addresses), 'address', 'addresses')} copied")

        self.later(copy)

    def on_paste(self, event: events.Paste) -> None:
        """The address of one list is opened here; everything else is offered for adding."""
        event.stop()
        # Without it the base class would offer the text for adding as well.
        event.prevent_default()
        if not self.open_text(event.text, only_lists=True):
            shell(self).offer(event.text)

    # Going back

    def can_tree(self) -> bool:
        return self.focused is not self.tree_of_lists

    def do_tree(self) -> None:
        self.tree_of_lists.focus()

    def can_leave(self) -> bool:
        return self.filtered or bool(self.entries.marks) or self.focused is not self.tree_of_lists

    def do_leave(self) -> None:
        if self.filtered:
            self.narrow("")
        elif self.entries.marks:
            self.entries.unmark()
        else:
            self.tree_of_lists.focus()
