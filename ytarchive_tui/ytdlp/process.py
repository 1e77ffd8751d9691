"""Runs tasks in child processes, each fresh, limited and killable: the `ChildRunner` of this program."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal

from ytarchive_tui.ytdlp.dialogue import Dialogue, Log, OnEvent
from ytarchive_tui.ytdlp.worker_link import WorkerLink
from ytarchive_tui.ytdlp.zygote_link import (
    Child,
    ZygoteDiedError,
    ZygoteLink,
    scrubbed_environment,
    to_the_end,
)

Mode = Literal["auto", "fork", "pool"]
LAST_WORDS_S = 1.0


class ChildPool:
    """Runs named tasks in child processes; implements `domain.ports.ChildRunner`.

    `tasks` maps names to `module:function`; `config` goes to each module's `warm` hook; `memory_limit`
    is in bytes for each process of a child (a JavaScript runtime needs 800 MiB); a cancelled child gets
    TERM, and KILL after `grace_s` seconds.
    Mode `fork` forks each child from a warm zygote; `pool` keeps a few long-lived workers instead, for
    systems where forking is not safe; `auto` chooses by system.
    """

    def __init__(
        self,
        tasks: Mapping[str, str],
        *,
        log: Log,
        config: Mapping[str, Any] | None = None,
        memory_limit: int = 2 * 1024**3,
        grace_s: float = 5.0,
        mode: Mode = "auto",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        scrubbed = scrubbed_environment(environment or {})
        self._log = log
        self._memory = memory_limit
        self._grace_s = grace_s
        self._forks = mode == "fork" or (mode == "auto" and sys.platform == "linux")
        self._zygote = ZygoteLink(tasks, config or {}, scrubbed, log)
        self._workers = WorkerLink(tasks, config or {}, scrubbed, log)

    async def __aenter__(self) -> ChildPool:
        if self._forks:
            self._warming = asyncio.create_task(self._warm())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._forks:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
            await to_the_end(self._zygote.close())
        else:
            await to_the_end(self._workers.close())

    async def run(
        self, task: str, request: dict[str, Any], on_event: OnEvent | None = None
    ) -> dict[str, Any]:
        """Run one task and return its result.

        Raises `StageError`: the child's own evidence, or exception `ChildDied` or `ZygoteDied`.
        When this is cancelled, or `on_event` raises, the child's whole process group is gone before
        it returns.
        """
        dialogue = Dialogue(task, request, on_event, self._log)
        if self._forks:
            return await self._run_forked(task, request, dialogue)
        return await self._workers.run(task, request, dialogue, self._grace_s)

    async def _warm(self) -> None:
        """Start the zygote before the first task needs it; a failure shows there."""
        try:
            await self._zygote.start()
        except ZygoteDiedError as error:
            self._log("zygote", None, f"did not start: {error}")

    async def _fork(self, task: str) -> Child:
        """A new child, which a cancellation in this moment does not leave behind."""
        forking = asyncio.ensure_future(self._zygote.fork(task, self._memory))
        try:
            return await to_the_end(forking)
        except asyncio.CancelledError:
            if forking.exception() is None:
                await to_the_end(forking.result().end(self._grace_s))
                forking.result().close()
            raise

    async def _run_forked(self, task: str, request: dict[str, Any], dialogue: Dialogue) -> dict[str, Any]:
        try:
            await self._zygote.start()
            child = await self._fork(task)
        except ZygoteDiedError as error:
            raise dialogue.died("ZygoteDied", f"the zygote died: {error}") from error
        listening = asyncio.create_task(dialogue.listen(child.stderr))
        try:
            child.send(request)
            result = await dialogue.verdict(child.stdout)
            if not await child.gone(self._grace_s):
                await child.end(self._grace_s)
        except BaseException:
            await to_the_end(child.end(self._grace_s))
            raise
        finally:
            await to_the_end(asyncio.wait([listening], timeout=LAST_WORDS_S))
            listening.cancel()
            child.close()
        if result is not None:
            return result
        if (lost := child.exited.exception()) is not None:
            raise dialogue.died("ZygoteDied", f"the zygote died: {lost}")
        raise dialogue.died("ChildDied", _how(child.exited.result()))


def _how(status: int) -> str:
    """An exit code in words."""
    if status >= 0:
        return f"the child ended without a result, exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"the child was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
