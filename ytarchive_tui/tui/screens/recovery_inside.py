"""Remedies that change more than jobs: the way to the site, the room on a disk; and plans made by hand."""

from __future__ import annotations

from ytarchive_tui.domain.errors import FailureClass, UsageError
from ytarchive_tui.domain.plans import FixKind
from ytarchive_tui.domain.reach import BROWSERS
from ytarchive_tui.services.reaching import AS_SET, DIRECT
from ytarchive_tui.tui.screens.recovery_verbs import RecoveryVerbs
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.wording import count, size

_CLASSES = tuple(f"class:{each}" for each in FailureClass)


class InsideVerbs(RecoveryVerbs):
    """What `recovery_verbs` does not do to the plan's own jobs alone."""

    def can_cookies(self) -> bool:
        return self._offers(FixKind.COOKIES)

    def can_proxy(self) -> bool:
        return self._offers(FixKind.PROXY)

    def can_space(self) -> bool:
        return self._offers(FixKind.SPACE)

    def do_create(self) -> None:
        self.ask(
            Prompt("from what failed:", hint="class:geo,auth  channel:\"…\"  reason:…  words of a title",
                   words=_CLASSES, done=self._with_words)
        )  # fmt: skip

    def _with_words(self, text: str) -> None:
        async def create() -> None:
            try:
                plan = await self.recovery.create(text)
            except UsageError as error:
                self.notify(str(error), severity="warning")
            else:
                self._tell(f"a plan of {count(plan.jobs, 'item')}: {plan.key}")

        if text.strip():
            self.later(create)

    def do_space(self) -> None:
        plan = self.plan

        async def look() -> None:
            if plan is None:
                return
            jobs = await self.recovery.space(plan)
            if not jobs:
                self.notify("what failed has no partial files here")
                return
            told = f"give up {size(sum(jobs.values()))} of {count(len(jobs), 'partial download')}? yes:"
            self.ask(Prompt(told, words=("yes",), done=free))

        def free(text: str) -> None:
            async def work() -> None:
                if plan is not None:
                    self._tell(f"{size(await self.recovery.free_space(plan))} freed")

            if text.strip().lower() in ("y", "yes"):
                self.later(work)

        self.later(look)

    def do_cookies(self) -> None:
        self.ask(
            Prompt("cookies of:", hint="a file in Netscape format, a browser, or «settings» to go back",
                   words=(*BROWSERS, AS_SET), done=lambda text: self._use(FixKind.COOKIES, text))
        )  # fmt: skip

    def do_proxy(self) -> None:
        self.ask(
            Prompt("proxy:", hint="socks5://host:port, «direct», or «settings» to go back",
                   words=(DIRECT, AS_SET), done=lambda text: self._use(FixKind.PROXY, text))
        )  # fmt: skip

    def _use(self, kind: FixKind, text: str) -> None:
        """Change the way to the site, then offer to try it on one."""
        plan = self.plan

        async def change() -> None:
            if plan is None:
                return
            try:
                await self.recovery.use(plan, kind, text)
            except UsageError as error:
                self.notify(str(error), severity="warning")
            else:
                self._tell("in use from now on; u goes back")
                self.do_try_one()

        if text.strip():
            self.later(change)
