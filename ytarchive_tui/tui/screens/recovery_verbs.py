"""What one does about recovery plans; everything waits in workers, the keys never do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property

from ytarchive_tui.db.recovery import Step
from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.domain.plans import Around, FixKind, Plan
from ytarchive_tui.services.recovery import MOST_TRIED, PACES, Preview, RecoveryService
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.screens.recovery_dialogs import AdviceDialog, PreviewDialog
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.plan_pane import PlanPane
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import cells, count, moment

_QUALITIES = ("best", "2160p", "1440p", "1080p", "720p", "480p", "360p", "240p", "144p", "audio")


class RecoveryVerbs(BaseScreen):
    """The verbs alone; `recovery` adds what is shown."""

    plans: dict[int, Plan]
    show_hidden = False
    undoable = False
    tried: Step | None = None
    """The last trial on one item, until it is known how it ended."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self.plans = {}

    @cached_property
    def recovery(self) -> RecoveryService:
        """The service, on a connection of its own."""
        network = shell(self).settings.network
        around = Around(cookies=network.cookies_file is not None, proxy=network.proxy is not None)
        return RecoveryService(self.bridge.database, around)

    @property
    def table(self) -> VirtualTable[Plan]:
        """The table of plans."""
        return self.query_one(VirtualTable)

    @property
    def plan(self) -> Plan | None:
        """The plan under the cursor."""
        at = self.table.current_id
        return None if at is None else self.plans.get(at)

    def shown_again(self) -> None:
        """Ask anew what there is to show."""
        raise NotImplementedError

    # Which of them are of use now

    def _offers(self, kind: FixKind) -> bool:
        return self.plan is not None and self.plan.fix(kind) is not None

    def can_choose(self) -> bool:
        return self.plan is not None

    can_dismiss = can_items = can_choose

    def can_snooze(self) -> bool:
        return self.plan is not None and self.plan.hidden is None

    def can_mend(self) -> bool:
        return self._offers(FixKind.MEND)

    def can_quality(self) -> bool:
        return self._offers(FixKind.QUALITY)

    def can_accept(self) -> bool:
        return self._offers(FixKind.ACCEPT)

    def can_try_one(self) -> bool:
        return self._offers(FixKind.TRY_ONE)

    def can_retry(self) -> bool:
        return self._offers(FixKind.RETRY)

    def can_undo(self) -> bool:
        return self.undoable

    def can_leave(self) -> bool:
        return self.focused is not self.table or bool(self.table.marks)

    # Doing them

    def do_choose(self) -> None:
        self.query_one(PlanPane).fixes.focus()

    def do_fix(self, kind: FixKind) -> None:
        """What stands in the list of fixes."""
        if kind is FixKind.WAIT:
            when = moment(self.plan.next_at) if self.plan else ""
            self.notify(f"nothing to do: the next try comes by itself at {when}")
        else:
            self.action_do(kind.replace("-", "_"))

    def do_mend(self) -> None:
        fix = self.plan.fix(FixKind.MEND) if self.plan else None
        if fix is not None and fix.advice is not None:
            self.app.push_screen(AdviceDialog(fix.advice))

    def do_try_one(self) -> None:
        async def try_one(plan: Plan, preview: Preview) -> Step:
            self.tried = await self.recovery.try_one(plan, preview.jobs)
            return self.tried

        self._after_preview(FixKind.TRY_ONE, try_one)

    def do_retry(self) -> None:
        self._after_preview(FixKind.RETRY, lambda plan, preview: self.recovery.retry(plan, preview.per_hour))

    def do_accept(self) -> None:
        self._after_preview(
            FixKind.ACCEPT, lambda plan, preview: self.recovery.accept(plan, preview.per_hour)
        )

    def do_quality(self) -> None:
        self.ask(
            Prompt("another quality:", hint="best, 2160p … 144p, audio, or a yt-dlp format string",
                   words=_QUALITIES, done=self._with_quality)
        )  # fmt: skip

    def do_dismiss(self) -> None:
        """Hide what is chosen; show it again when all of it is hidden."""
        chosen = self._chosen()

        async def change() -> None:
            if all(plan.hidden is not None for plan in chosen):
                for plan in chosen:
                    await self.recovery.bring_back(plan)
                self._tell(f"{count(len(chosen), 'plan')} shown again")
            else:
                for plan in chosen:
                    await self.recovery.dismiss(plan)
                self._tell(f"{count(len(chosen), 'plan')} hidden until another item fails; u undoes it")

        if chosen:
            self.later(change)

    def do_snooze(self) -> None:
        chosen = self._chosen()

        async def change() -> None:
            for plan in chosen:
                await self.recovery.snooze(plan)
            self._tell(f"{count(len(chosen), 'plan')} hidden until tomorrow morning; u undoes it")

        if chosen:
            self.later(change)

    def do_undo(self) -> None:
        async def undo() -> None:
            undone = await self.recovery.undo()
            if undone is None:
                self._tell("nothing of it can be taken back any more")
            else:
                self._tell(
                    f"undid «{undone.step.fix}» of {count(undone.jobs, 'item')}: {cells(undone.step.title)}"
                )

        self.later(undo)

    def do_items(self) -> None:
        from ytarchive_tui.tui.screens.queue import QueueScreen

        plan = self.plan

        async def show() -> None:
            await self.app.switch_mode("queue")
            if plan is not None and isinstance(self.app.screen, QueueScreen):
                classes = f"class:{plan.failure_class} " if plan.made is None else ""
                self.app.screen.narrow(f"{classes}status:failed,blocked,waiting")

        self.later(show)

    def do_all(self) -> None:
        self.show_hidden = not self.show_hidden
        self.shown_again()

    def do_leave(self) -> None:
        if self.focused is not self.table:
            self.table.focus()
        else:
            self.table.unmark()

    async def tell_tried(self) -> None:
        """Say how a trial on one item ended, once it has."""
        if self.tried is None:
            return
        step, outcome = self.tried, await self.recovery.outcome(self.tried)
        number = "one" if step.jobs == 1 else f"{step.jobs}"
        name, title = cells(outcome.job or "it"), f"Tried on {number}: {cells(step.title)}"
        if outcome.done + outcome.again < step.jobs:
            return
        if step.jobs > 1:
            why = f"; {outcome.again} failed again: {cells(outcome.reason or '')}" if outcome.again else ""
            self.notify(f"{outcome.done} of {step.jobs} archived{why}", title=title, timeout=10,
                        severity="warning" if outcome.again else "information")  # fmt: skip
        elif outcome.done:
            self.notify(f"«{name}» is archived", title=title, timeout=10)
        else:
            self.notify(f"«{name}» failed again: {cells(outcome.reason or '')}",
                        title=title, severity="warning", timeout=10)  # fmt: skip
        self.tried = None

    def _chosen(self) -> list[Plan]:
        return [self.plans[each] for each in self.table.chosen if each in self.plans]

    def _with_quality(self, text: str) -> None:
        quality = text.strip()

        async def check() -> None:
            runtime = await self.bridge.runtime()
            wanted = JobOptions(archive=shell(self).settings.archive.root, quality=quality)
            problem = await runtime.check_options(wanted)
            if problem is not None:
                self.notify(problem, severity="warning")
                return
            self._after_preview(
                FixKind.QUALITY,
                lambda plan, preview: self.recovery.take_quality(plan, quality, preview.per_hour),
            )

        if quality:
            self.later(check)

    def _after_preview(self, kind: FixKind, change: Callable[[Plan, Preview], Awaitable[Step]]) -> None:
        plan = self.plan

        async def show() -> None:
            if plan is None:
                return
            first = await self.recovery.preview(plan, kind, plan.per_hour)
            at = PACES.index(first.per_hour)
            tries = [first]
            if kind is FixKind.TRY_ONE:
                for items in range(2, min(MOST_TRIED, plan.jobs) + 1):
                    tries.append(await self.recovery.preview(plan, kind, plan.per_hour, items))

            def other(by: int) -> Preview:
                nonlocal at
                if kind is FixKind.TRY_ONE:
                    return tries[max(0, min(dialog.preview.jobs - 1 + by, len(tries) - 1))]
                at = max(0, min(at + by, len(PACES) - 1))
                return first._replace(per_hour=PACES[at])

            dialog = PreviewDialog(first, other if plan.jobs > 1 else None)

            async def do_it() -> None:
                step = await change(plan, dialog.preview)
                self._tell(f"{count(step.jobs, 'item')} released; u undoes it")

            self.app.push_screen(dialog, lambda yes: self.later(do_it) if yes else None)

        self.later(show)

    def _tell(self, text: str) -> None:
        self.notify(text)
        self.shown_again()
