"""Runs tasks in child processes, limited and killable: the `ChildRunner` of this program."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal

from ytarchive_tui.domain.endings import to_the_end
from ytarchive_tui.ytdlp.dialogue import Dialogue, Log, OnEvent
from ytarchive_tui.ytdlp.fork_link import ForkLink
from ytarchive_tui.ytdlp.worker_link import WorkerLink
from ytarchive_tui.ytdlp.zygote_link import scrubbed_environment

Mode = Literal["auto", "fork", "pool"]


class ChildPool:
    """Runs named tasks in child processes; implements `domain.ports.ChildRunner`.

    `tasks` maps names to `module:function`; `config` goes to each module's `warm` hook; `memory_limit`
    is in bytes for each process of a child (a JavaScript runtime needs 800 MiB); a cancelled child gets
    TERM, and KILL after `grace_s` seconds.
    Mode `fork` forks a child for each job from a warm zygote; `pool` keeps a few long-lived workers instead,
    for systems where forking is not safe; `auto` chooses by system.
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
        self._grace_s = grace_s
        self._forks = mode == "fork" or (mode == "auto" and sys.platform == "linux")
        self._children = ForkLink(tasks, config or {}, scrubbed, log, memory=memory_limit, grace_s=grace_s)
        self._workers = WorkerLink(tasks, config or {}, scrubbed, log, memory=memory_limit)
        self._told: dict[str, Any] = {}

    async def __aenter__(self) -> ChildPool:
        if self._forks:
            self._children.warm_up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await to_the_end(self._children.close() if self._forks else self._workers.close())

    async def run(
        self, task: str, request: dict[str, Any], on_event: OnEvent | None = None, *, more: bool = False
    ) -> dict[str, Any]:
        """Run one task and return its result.

        Raises `StageError`: the child's own evidence, or exception `ChildDied` or `ZygoteDied`.
        When this is cancelled, or `on_event` raises, the child's whole process group is gone before
        it returns.
        """
        dialogue = Dialogue(task, request, on_event, self._log)
        if self._forks:
            return await self._children.run(task, request, dialogue, more=more)
        return await self._workers.run(task, request, dialogue, self._grace_s, self._told)

    def tell(self, message: dict[str, Any]) -> None:
        """Say something to every child, also to those to come; the newest word on a matter counts."""
        self._told |= message
        self._children.tell(message)
        self._workers.tell(message)
