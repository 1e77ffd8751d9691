"""Recovery: what failed, grouped by cause, with what comes by itself and what one can do."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.domain.plans import FixKind, Plan
from ytarchive_tui.tui.actions import ACTIONS, action_named, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.pace import Pace
from ytarchive_tui.tui.screens.recovery_inside import InsideVerbs
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.fix_list import FixList
from ytarchive_tui.tui.widgets.plan_columns import PlanColumns, plan_id
from ytarchive_tui.tui.widgets.plan_pane import PlanPane
from ytarchive_tui.tui.widgets.totals_line import TotalsLine
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import count


class RecoveryScreen(InsideVerbs):
    """View state and widgets; the verbs are in `recovery_verbs` and `recovery_inside`."""

    ACTIONS_OF = "recovery"
    BINDINGS = bindings(ACTIONS["recovery"])
    CSS_PATH = "recovery.tcss"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._pace = Pace()
        self._reading = self._stale = False

    def body(self) -> ComposeResult:
        """Plans, the pane of one, totals."""
        columns = PlanColumns(shell(self).glyphs).columns()
        with Container(id="main"):
            yield VirtualTable(columns, self._rows, plan_id, mark=shell(self).glyphs.mark)
            yield PlanPane(self._key_of)
        with Container(id="empty"):
            yield Static(self._empty_text(), markup=False)
        yield TotalsLine(self.bridge.pulse)

    async def on_unmount(self) -> None:
        """Close the connections."""
        await self.recovery.close()

    # What is shown

    def jobs_changed(self) -> None:
        """Plans and details as often as it is cheap."""
        self._stale = True
        if not self._reading:
            self.later(self._read, group="plans", latest=True)

    def beat(self) -> None:
        """New counts."""
        self.query_one(TotalsLine).refresh()

    def shown_again(self) -> None:
        """Something was done here: do not wait until the engine has heard of it."""
        self.jobs_changed()

    async def _read(self) -> None:
        self._reading = True
        try:
            while self._stale:
                async with self._pace:
                    self._stale = False
                    self._show(await self.recovery.plans(hidden=self.show_hidden))
                    await self._read_details()
                    self.undoable = await self.recovery.can_undo()
                    await self.tell_tried()
                self.keys_changed()
        except sqlite3.OperationalError as error:
            # Before the engine has opened it, the file may be missing or of an older version.
            self.log(error)
        finally:
            self._reading = False

    def _show(self, found: tuple[Plan, ...]) -> None:
        self.plans = {plan_id(plan): plan for plan in found}
        self.table.styles.max_height = len(found) + 2
        self.table.show(array("Q", self.plans))
        self.set_class(not found, "-empty")
        if found and self.focused is None:
            # What is not displayed can't have had it.
            self.call_after_refresh(self.table.focus)
        self.query_one(PlanPane).show_plan(self.plan)
        line = self.query_one(TotalsLine)
        items = sum(plan.jobs for plan in found)
        line.note = (
            [(f" {count(len(found), 'plan')}, {count(items, 'item')} ", "bold $text-accent")] if found else []
        )
        if self.show_hidden:
            line.note.append((" with hidden ones ", "bold $text-primary"))
        line.refresh()

    async def _rows(self, ids: Sequence[int]) -> Sequence[Plan]:
        return [self.plans[each] for each in ids if each in self.plans]

    async def _read_details(self) -> None:
        plan = self.plan
        details = await self.recovery.details(plan) if plan is not None else None
        if (plan is not None and self.plan is not None and plan.key == self.plan.key) or details is None:
            self.query_one(PlanPane).show_details(details)

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        pane = self.query_one(PlanPane)
        pane.show_plan(self.plan)
        pane.show_details(None)
        pane.scroll_home(animate=False)
        self.keys_changed()
        self.later(self._read_details, group="details", latest=True)

    @on(VirtualTable.Opened)
    def _opened(self) -> None:
        self.do_choose()

    @on(FixList.Taken)
    def _taken(self, event: FixList.Taken) -> None:
        self.do_fix(event.kind)

    def _key_of(self, kind: FixKind) -> str:
        action = action_named(f"recovery.{kind}")
        return shell(self).key_of(action) if action else ""

    def _empty_text(self) -> Content:
        return Content.assemble(
            ("Nothing to recover\n\n", "bold"),
            "What fails, or waits after a failure, stands here by its cause,\nwith what one can do.\n\n",
            (" A ", "bold $text-accent"), "  show dismissed and snoozed plans too",
        )  # fmt: skip
