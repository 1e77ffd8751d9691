"""Every list that is archived or followed: last and next run, what was found, and what can be done."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from ytarchive_tui.db.sources import SourceRow
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.screens.browse_following import Following
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.waiting import Work, later
from ytarchive_tui.tui.widgets.note_line import NoteLine
from ytarchive_tui.tui.widgets.prompt import Prompt, PromptLine
from ytarchive_tui.tui.widgets.source_columns import SourceColumns
from ytarchive_tui.tui.widgets.virtual_table import LIVE_HZ, VirtualTable

_EVERY_S = 1.0
_EMPTY = "Nothing is archived as a list or followed yet.\nIn Browse, w follows the list you are on."


class SourcesDialog(Acting, Steady, ModalScreen[int | None]):
    """Answers the source to go to in the tree."""

    ACTIONS_OF = "sources"
    BINDINGS = bindings(ACTIONS["sources"])
    CSS_PATH = "browse_sources.tcss"
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self._known: dict[int, SourceRow] = {}
        self._following = Following(self)

    def compose(self) -> ComposeResult:
        """The table, what is being typed, and the keys."""
        glyphs = shell(self).glyphs
        self._columns = SourceColumns(glyphs)
        with Vertical(id="box", classes="dialog") as box:
            box.border_title = "Lists that stay in step"
            yield VirtualTable(
                self._columns.columns(), self._rows, lambda row: row.id,
                is_live=lambda row: row.status == "running", mark=glyphs.mark,
            )  # fmt: skip
            yield Static(_EMPTY, id="nothing", markup=False)
            yield NoteLine()
            yield PromptLine()
            yield Static("n run now   w follow   W no more   c changes   enter go to   esc leave", id="keys")

    def on_mount(self) -> None:
        """Runs begin and end meanwhile, also in another process."""
        self.note.display = False
        self.set_interval(_EVERY_S, self._again)
        self.set_interval(1 / LIVE_HZ, self._turn)
        self._again()

    @property
    def note(self) -> NoteLine:
        """Shows what a schedule being typed means."""
        return self.query_one(NoteLine)

    @property
    def table(self) -> VirtualTable[SourceRow]:
        """The lists."""
        return self.query_one(VirtualTable)

    def ask(self, prompt: Prompt) -> None:
        """Show the line to type into."""
        self.query_one(PromptLine).open(prompt)

    def later(self, work: Work, *, group: str = "default", latest: bool = False) -> None:
        """Do it in a worker."""
        later(self, work, group=group, latest=latest)

    def _again(self) -> None:
        self.later(self._read, group="read", latest=True)

    def _turn(self) -> None:
        self._columns.frame += 1

    async def _read(self) -> None:
        found = await (await self.bridge.runtime()).sources.all()
        found.sort(key=lambda each: (each.schedule is None, each.run_at is None, each.run_at, -each.id))
        self._known = {each.id: each for each in found}
        self.set_class(not found, "-empty")
        self.table.show(array("Q", self._known))

    async def _rows(self, ids: Sequence[int]) -> Sequence[SourceRow]:
        return [self._known[each] for each in ids if each in self._known]

    @property
    def _chosen(self) -> SourceRow | None:
        at = self.table.current_id
        return None if at is None else self._known.get(at)

    def _can(self) -> bool:
        return self._chosen is not None

    can_go = can_run_now = can_follow = can_changes = _can

    def can_unfollow(self) -> bool:
        return self._chosen is not None and self._chosen.schedule is not None

    @on(VirtualTable.Opened)
    def do_go(self) -> None:
        """Close, and stand on it in the tree."""
        if self._chosen is not None:
            self.dismiss(self._chosen.id)

    def do_run_now(self) -> None:
        self._following.run_now(self.table.current_id)

    def do_follow(self) -> None:
        self._following.follow(self.table.current_id)

    def do_unfollow(self) -> None:
        self._following.unfollow(self.table.current_id)

    def do_changes(self) -> None:
        self._following.changes(self.table.current_id)

    def do_leave(self) -> None:
        """Nothing is chosen."""
        self.dismiss(None)
