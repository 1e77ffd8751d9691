"""The only crossing between the engine and the screen.

It opens the runtime in the background, after the first frame; tells the app «something changed» without
saying what; and takes the engine's pulse once a second. Screens never wait for it in a key's handler:
`await bridge.queue()` belongs into a worker.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ytarchive_tui.domain.errors import EngineBusyError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.storage.free import free_bytes
from ytarchive_tui.tui.pace import Pace

if TYPE_CHECKING:
    from ytarchive_tui.db.wishes import Wishes
    from ytarchive_tui.runtime import Runtime
    from ytarchive_tui.services.bandwidth import Line
    from ytarchive_tui.services.queue import QueueService
    from ytarchive_tui.services.queue_lines import Figures
    from ytarchive_tui.services.site import Standing

log = logging.getLogger(__name__)

OpenRuntime = Callable[[], "AbstractAsyncContextManager[Runtime]"]
BEAT_S = 1.0
DISK_EVERY = 5
HISTORY = 120
STEADY = 30
"""Beats over which speed is averaged for the time that is left."""
DESCRIBE_EVERY_S = 2.0
BESIDE = "another process downloads: you see it live, and what you do here is done there"
LEFT_ALONE = "the process that downloaded has ended, and nothing goes on: «take-over» goes on here"
CHANGE_PAUSE_S = 0.1
"""Changes that come closer together than this are told as one."""


class EngineState(StrEnum):
    """How the engine stands."""

    STARTING = "starting"
    RUNNING = "running"
    REMOTE = "remote"
    """Another process runs it; this one reads, and leaves wishes."""
    ALONE = "alone"
    """The process that ran it has ended, and this one could."""
    FAILED = "failed"
    STOPPING = "stopping"


@dataclass
class Pulse:
    """What top and status lines show; refreshed once a second."""

    state: EngineState = EngineState.STARTING
    problem: str | None = None
    """What is wrong with the engine, for people."""
    figures: Figures | None = None
    speed: float = 0.0
    """Bytes a second."""
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """One a beat, the newest last."""
    wishes: Wishes | None = None
    """What a person wishes of the engine as a whole."""
    standing: Standing | None = None
    """How we stand with the site."""
    line: Line | None = None
    """What downloads may take of the line."""
    quota: tuple[str, ...] = ()
    """What there is to say of the Data API's quota, the longest wording first."""
    left_s: float | None = None
    """Seconds until all is there, about; None while nobody can tell."""
    disk_free: int | None = None
    """Bytes left where the archive lies."""


class Bridge:
    """Owns the runtime for as long as the screen is open."""

    def __init__(self, open_here: OpenRuntime, attach: OpenRuntime, *, database: Path, archive: Path) -> None:
        """`database` is what the runtime will open; screens may read it before that."""
        self.database = database
        self._open_here = open_here
        self._attach = attach
        self._archive = archive
        self._opened: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()
        self._stop = asyncio.Event()
        self._now = asyncio.Event()
        self._anew = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.pulse = Pulse()
        self.on_change: Callable[[], None] = lambda: None
        """Called after commits that changed jobs, a few times a second at most."""
        self.on_beat: Callable[[], None] = lambda: None
        """Called when the pulse has new figures."""

    def start(self) -> None:
        """Begin to open the runtime."""
        self._task = asyncio.create_task(self._live(), name="bridge")

    async def runtime(self) -> Runtime:
        """The open runtime, as soon as it is open; raises what kept it from opening."""
        return await asyncio.shield(self._opened)

    async def queue(self) -> QueueService:
        """The queue's service, as soon as it is open."""
        return (await self.runtime()).queue

    @property
    def ready_queue(self) -> QueueService | None:
        """The queue's service if it is open already."""
        opened = self._opened
        if not opened.done() or opened.cancelled() or opened.exception():
            return None
        return opened.result().queue

    @property
    def has_work(self) -> bool:
        """Whether quitting now would interrupt something."""
        figures = self.pulse.figures
        return self.pulse.state is EngineState.RUNNING and figures is not None and figures.running > 0

    async def close(self) -> None:
        """Let running stages end within the settings' time, then close everything."""
        self._stop.set()
        if self._task is not None:
            self._give_up_opening()
            await asyncio.wait({self._task})
            if not self._task.cancelled() and (error := self._task.exception()):
                raise error

    def take_over(self) -> None:
        """Run the engine here, now that the process that ran it has ended."""
        self._anew.set()

    def hurry(self) -> None:
        """Do not wait any longer for running stages, nor for an engine that is still being opened."""
        self._now.set()
        self._give_up_opening()

    def _give_up_opening(self) -> None:
        # Only in a hurry: it takes a second at most, unless a disk or another process holds it up.
        if self._task and self._stop.is_set() and self._now.is_set() and not self._opened.done():
            self._task.cancel()

    async def _live(self) -> None:
        try:
            await self._open_and_serve()
            while not self._stop.is_set():
                # Taken over from a process that has ended.
                self._anew.clear()
                self._opened = asyncio.get_running_loop().create_future()
                self.pulse.state, self.pulse.problem = EngineState.STARTING, None
                self.on_beat()
                await self._open_and_serve()
        except Exception as error:
            if self._opened.done():
                raise
            log.exception("the engine could not be opened")
            self.pulse.state = EngineState.FAILED
            self.pulse.problem = plain(str(error) or type(error).__name__, 500)
            self._opened.set_exception(error)
            self._opened.exception()
            self.on_beat()
            await self._stop.wait()

    async def _open_and_serve(self) -> None:
        async with AsyncExitStack() as stack:
            try:
                runtime = await stack.enter_async_context(self._open_here())
            except EngineBusyError:
                self.pulse.problem = BESIDE
                runtime = await stack.enter_async_context(self._attach())
            self.pulse.state = EngineState.REMOTE if runtime.is_remote else EngineState.RUNNING
            self._opened.set_result(runtime)
            runtime.start()
            await self._serve(runtime)

    async def _serve(self, runtime: Runtime) -> None:
        helpers = {
            asyncio.create_task(self._tell_changes(runtime.queue), name="changes"),
            asyncio.create_task(self._beat(runtime), name="pulse"),
        }
        if not runtime.is_remote:
            helpers.add(asyncio.create_task(_describe(runtime.queue), name="texts"))
        try:
            await self._stopped_or_anew()
            if self._stop.is_set():
                self.pulse.state = EngineState.STOPPING
                await self._drain(runtime)
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.wait(helpers)

    async def _stopped_or_anew(self) -> None:
        waiting = {asyncio.create_task(event.wait()) for event in (self._stop, self._anew)}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _drain(self, runtime: Runtime) -> None:
        if not (await runtime.queue.figures()).running:
            # What runs beside the jobs looks up once a second; there is nothing to wait for.
            self._now.set()
        drain = asyncio.create_task(runtime.drain())
        hurry = asyncio.create_task(self._now.wait())
        try:
            await asyncio.wait({drain, hurry}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurry.cancel()
            if not drain.done():
                drain.cancel()
                await asyncio.wait({drain})
                await runtime.stop()
            elif error := drain.exception():
                raise error

    async def _tell_changes(self, queue: QueueService) -> None:
        while True:
            # Waiting begins before the telling, so that no change falls between the two.
            changed = asyncio.create_task(queue.wait_for_change(3600.0))
            try:
                # With the rows: which keys are heard goes by the figures as well.
                figures = await queue.figures()
                if figures != self.pulse.figures:
                    self.pulse.figures = figures
                    self.on_beat()
                self.on_change()
                await asyncio.sleep(CHANGE_PAUSE_S)
                await changed
            finally:
                changed.cancel()

    async def _beat(self, runtime: Runtime) -> None:
        beats, queue = 0, runtime.queue
        while True:
            pulse = self.pulse
            if runtime.is_remote:
                alone = await asyncio.to_thread(lambda: runtime.is_left_alone)
                pulse.state = EngineState.ALONE if alone else EngineState.REMOTE
                pulse.problem = LEFT_ALONE if alone else BESIDE
            pulse.figures = await queue.figures()
            pulse.speed = await queue.speed()
            pulse.speeds.append(pulse.speed)
            pulse.wishes = await queue.wishes()
            pulse.standing = await runtime.site.standing()
            pulse.line = await runtime.bandwidth.line() if runtime.bandwidth else None
            pulse.left_s = _left_s(await queue.left(), pulse.speeds)
            pulse.quota = await runtime.quota.wordings() if runtime.quota else ()
            if beats % DISK_EVERY == 0:
                pulse.disk_free = await asyncio.to_thread(free_bytes, self._archive)
            beats += 1
            self.on_beat()
            await asyncio.sleep(BEAT_S)


def _left_s(left: float | None, speeds: Sequence[float]) -> float | None:
    """By the mean of the last half minute, pauses between two downloads included."""
    recent = list(speeds)[-STEADY:]
    speed = sum(recent) / len(recent)
    return left / speed if left and speed >= 1 else None


async def _describe(queue: QueueService) -> None:
    """Keep the index of texts up to date, a little at a time, so that filters stay quick."""
    pace = Pace()
    while True:
        async with pace:
            more = await queue.describe_texts()
        await asyncio.sleep(0 if more else DESCRIBE_EVERY_S)
