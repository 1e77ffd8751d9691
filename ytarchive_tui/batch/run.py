"""Runs a batch from its file to its exit code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.happenings import TROUBLE, Follower, Kind, Paced
from ytarchive_tui.batch.input import BadLine, BatchInput, EntryOptions
from ytarchive_tui.batch.interrupts import Interrupts
from ytarchive_tui.batch.options import submission
from ytarchive_tui.batch.patience import Patience
from ytarchive_tui.batch.view import AGAIN, State, Summary, View
from ytarchive_tui.domain.amounts import size
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import Status, Submission
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.model import Settings

if TYPE_CHECKING:
    from ytarchive_tui.runtime import Runtime
    from ytarchive_tui.services.bandwidth import Line
    from ytarchive_tui.services.queue_lines import Overview
    from ytarchive_tui.services.site import Standing

TICK_S = 0.25
_SITE_S = 0.5
"""Between two looks at how the site and the line stand."""
_BRIEF_S = 0.1
"""Between two looks at the last jobs of a run, which should not outlast them, and where a failure ends it."""

OpenRuntime = Callable[[], "AbstractAsyncContextManager[Runtime]"]


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What the command line asked for."""

    batch: BatchInput
    settings: Settings
    given: EntryOptions = field(default_factory=EntryOptions)
    """Options that the command line itself named."""
    dry_run: bool = False
    fail_fast: bool = False
    retry_failed: bool = False
    own_downloads: bool = False
    """Whether the command line itself named the number of parallel downloads."""
    warning: str | None = None
    """What the person should know before the work begins."""


async def run_batch(request: BatchRequest, open_runtime: OpenRuntime, view: View) -> ExitCode:
    """Check, store, archive and report; `UsageError` and `EngineBusyError` come before anything is stored."""
    with Interrupts() as interrupts:
        if _refusal(request):
            return _refuse(request, view)
        async with open_runtime() as runtime:
            submissions = await _checked(request, runtime)
            if _refusal(request):
                return _refuse(request, view)
            with view:
                view.read(request.batch)
                if request.warning:
                    view.message(request.warning)
                return await _Run(request, runtime, view, interrupts).to_its_end(submissions)


def _refusal(request: BatchRequest) -> str | None:
    """Why nothing of this batch can be started; None when it can."""
    if not request.batch.entries:
        return f"there is nothing to archive in {request.batch.name}"
    if request.fail_fast and request.batch.bad:
        return "nothing was started, because of the lines above"
    return None


def _refuse(request: BatchRequest, view: View) -> ExitCode:
    with view:
        view.read(request.batch)
        view.message(_refusal(request) or "")
    return ExitCode.USAGE


async def _checked(request: BatchRequest, runtime: Runtime) -> list[Submission]:
    """The submissions of all usable entries; one with a bad quality becomes a bad line."""
    batch, problems, usable = request.batch, {}, []
    for entry in batch.entries:
        wanted = submission(
            entry, given=request.given, defaults=batch.defaults, settings=request.settings.archive
        )
        options = wanted.options
        kind = (options.quality, options.container)
        if kind not in problems:
            problems[kind] = await runtime.check_options(options)
        problem = problems[kind]
        if problem is None:
            usable.append((entry, wanted))
        elif entry.options.quality is None:
            raise UsageError(f"quality «{plain(options.quality, 60)}»: {plain(problem, 200)}")
        else:
            reason = f"quality «{plain(options.quality, 60)}»: {plain(problem, 200)}"
            batch.bad.append(BadLine(entry.line, plain(entry.text, 80), reason))
    batch.entries[:] = [entry for entry, _ in usable]
    batch.bad.sort(key=lambda bad: bad.line)
    return [wanted for _, wanted in usable]


_UNFINISHED = tuple(status for status in Status if status is not Status.DONE)


class _Run:
    def __init__(self, request: BatchRequest, runtime: Runtime, view: View, interrupts: Interrupts) -> None:
        self._request = request
        self._runtime = runtime
        self._queue = runtime.queue
        self._view = view
        self._interrupts = interrupts
        self._follower = Follower(runtime.queue)
        self._sources: Sequence[int] = ()
        self._overview: Overview
        self._count = Paced()
        self._patience = Patience(request.settings.retry.patience_s)
        self._site = runtime.site
        self._standing: Standing
        self._look = Paced(_SITE_S)
        self._banner: str | None = None
        self._quota = runtime.quota
        self._account = Paced(_SITE_S)
        self._detoured = False
        self._offline = False
        self._line: Line | None = None
        self._told_of_line: str | None = None
        self._archived = 0
        self._with_notes = 0
        self._trouble = False

    async def to_its_end(self, submissions: Sequence[Submission]) -> ExitCode:
        started = time.monotonic()
        await self._follower.skip_history()
        submitted = await self._queue.submit(submissions)
        self._sources = sorted({each.source_id for each in submitted})
        self._follower.follow(self._sources)
        if self._request.retry_failed:
            again = await self._queue.retry_failed(self._sources)
            self._view.message(f"{again} failed {'job is' if again == 1 else 'jobs are'} tried again")
        if await self._queue.end_hold():
            self._view.message("everything was on hold; this run lets it go on")
        await self._tell_of_wishes()
        self._overview = await self._queue.overview(self._sources)
        if not self._interrupts.asked.is_set():
            self._runtime.start()
            await self._work()
        if self._interrupts.asked.is_set() or (self._request.fail_fast and self._trouble):
            await self._end_early()
        await self._tell(at_once=True)
        summary = Summary(
            overview=await self._queue.overview(self._sources),
            archived=self._archived,
            unfinished=await self._queue.standing(self._sources, _UNFINISHED),
            bad_lines=len(self._request.batch.bad),
            seconds=time.monotonic() - started,
            interrupted=self._interrupts.asked.is_set(),
            with_notes=self._with_notes,
        )
        if self._request.dry_run and not summary.interrupted:
            preview = await self._queue.preview(self._sources)
            self._view.preview(preview)
            fine = summary.complete and not any(line.problem for line in preview)
            return ExitCode.ALL_ARCHIVED if fine else ExitCode.NOT_ALL_ARCHIVED
        self._view.summary(summary)
        if summary.interrupted:
            self._view.message(f"stopped; nothing is lost, {AGAIN}")
        return summary.exit_code

    async def _tell_of_wishes(self) -> None:
        """Say what of the settings does not hold, because a person set it otherwise on the screen."""
        if self._request.own_downloads:
            await self._queue.forget_downloads()
        held = await self._queue.wishes()
        if held.downloads is not None:
            number = "1 download" if held.downloads == 1 else f"{held.downloads} downloads"
            self._view.message(f"{number} at a time, as set on the screen; -j says otherwise")
        if held.limit_bps is not None:
            limit = f"at most {size(held.limit_bps)}/s" if held.limit_bps else "without a speed limit"
            self._view.message(f"each download {limit}, as set on the screen")

    async def _work(self) -> None:
        """Show what happens until nothing of this batch can go on within the user's patience."""
        while not self._interrupts.asked.is_set():
            await self._tell()
            if (error := self._runtime.failure) is not None:
                raise error
            if self._request.fail_fast and self._trouble:
                self._view.message("stopping at the first failure, as asked")
                return
            if self._is_out():
                # Not by counts and a standing of a moment ago, between which a job may have gone on.
                await self._tell(at_once=True)
                if self._is_out():
                    return
            await self._pause()
            await _first(self._queue.wait_for_change(TICK_S), self._interrupts.asked.wait())

    async def _pause(self) -> None:
        """While forty jobs change, a look after each change would cost more than the jobs."""
        seen = self._overview
        few = self._request.settings.engine.downloads + 1
        near_its_end = seen.sources_open + seen.queued + seen.running <= few
        brief = near_its_end or self._request.fail_fast
        with suppress(TimeoutError):
            await asyncio.wait_for(self._interrupts.asked.wait(), _BRIEF_S if brief else self._view.pause_s)

    def _is_out(self) -> bool:
        line_s = self._line.held_s if self._line else None
        return self._patience.is_out(self._overview, self._standing.held_s or line_s)

    async def _end_early(self) -> None:
        """Let what runs come to its end, within bounds; at the second request stop it."""
        if self._interrupts.asked.is_set():
            self._view.message("finishing what runs now; press Ctrl-C again to stop at once")
        drain = asyncio.create_task(self._runtime.drain())
        while not drain.done() and not self._interrupts.now.is_set():
            await self._tell()
            await _first(asyncio.wait({drain}, timeout=TICK_S), self._interrupts.now.wait())
        if not drain.done():
            drain.cancel()
            await asyncio.wait({drain})
            await self._runtime.stop()
        elif error := drain.exception():
            raise error

    async def _tell(self, *, at_once: bool = False) -> None:
        """Hand the view what is new."""
        if at_once or self._count.due:
            self._overview = await self._count.ask(lambda: self._queue.overview(self._sources))
        for happening in await self._follower.news(at_once=at_once):
            self._archived += happening.kind is Kind.ARCHIVED
            self._with_notes += bool(happening.notes)
            self._trouble |= happening.kind in TROUBLE
            if not self._request.dry_run or happening.kind is Kind.LISTED:
                self._view.happened(happening)
        await self._tell_of_site(at_once=at_once)
        await self._tell_of_quota(at_once=at_once)
        self._view.state(State(self._overview, await self._queue.live(), self._follower.held))

    async def _tell_of_site(self, *, at_once: bool) -> None:
        """Say when the site is left alone, or when there is no network, and when that is over."""
        if not (at_once or self._look.due):
            return
        self._standing = await self._look.ask(self._site.standing)
        banner = self._standing.banner()
        if banner != self._banner:
            self._view.message(banner or ("back online" if self._offline else "YouTube answers again"))
        self._banner, self._offline = banner, self._standing.offline
        if self._runtime.bandwidth is not None:
            self._tell_of_line(await self._runtime.bandwidth.line())

    def _tell_of_line(self, line: Line) -> None:
        """Say when downloads are held and why, when that is over, and once when a data cap is near."""
        why, warning = line.why(), line.warning()
        kept, self._line, self._told_of_line = self._told_of_line, line, why or (warning and "near")
        if self._told_of_line != kept and (kept or self._told_of_line):
            self._view.message(why or warning or "downloads go on")

    async def _tell_of_quota(self, *, at_once: bool) -> None:
        """Say once when the Data API is not asked any more, and once when it is again."""
        if self._quota is None or not (at_once or self._account.due):
            return
        detour = await self._account.ask(self._quota.detour)
        if (detour is not None) is not self._detoured:
            self._view.detour(detour)
        self._detoured = detour is not None


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when the first of these ends; the others are cancelled."""
    tasks = {asyncio.create_task(each) for each in waits}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
