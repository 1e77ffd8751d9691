"""A few long-lived worker processes, used one task at a time, for systems without a safe fork."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ytarchive_tui.domain.endings import to_the_end
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.ytdlp.dialogue import LOG_LINE_LIMIT, Dialogue, Log, lines_of
from ytarchive_tui.ytdlp.zygote_link import PYTHON

TASKS_A_WORKER = 50
"""After so many tasks a worker is replaced, which bounds what it may leak."""


class WorkerLink:
    """Keeps idle workers and starts more when all are busy."""

    def __init__(
        self,
        tasks: Mapping[str, str],
        config: Mapping[str, Any],
        environment: Mapping[str, str],
        log: Log,
        *,
        memory: int,
    ) -> None:
        self._hello = {"tasks": dict(tasks), "config": dict(config), "memory": memory}
        self._environment = environment
        self._log = log
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    async def run(
        self, task: str, request: dict[str, Any], dialogue: Dialogue, grace_s: float, told: dict[str, Any]
    ) -> dict[str, Any]:
        """Run one task on an idle or a new worker, which is `told` something first; raises `StageError`."""
        worker = self._idle.pop() if self._idle else await self._start()
        worker.dialogue = dialogue
        usable = False
        self._busy.add(worker)
        try:
            worker.send(told)
            worker.send({"task": task, "request": request})
            result = await dialogue.verdict(worker.stdout)
            usable = result is not None
        except StageError:
            usable = True
            raise
        finally:
            self._busy.discard(worker)
            worker.tasks_left -= 1
            if usable and worker.tasks_left > 0:
                self._idle.append(worker)
            else:
                await to_the_end(worker.end(grace_s))
        if result is None:
            raise dialogue.died("ChildDied", f"the worker ended, exit code {worker.process.returncode}")
        return result

    def tell(self, message: dict[str, Any]) -> None:
        """Say something to every worker that has a task."""
        for worker in self._busy:
            worker.send(message)

    async def close(self) -> None:
        """End the idle workers."""
        await asyncio.gather(*(worker.end(1.0) for worker in self._idle))
        self._idle.clear()

    async def _start(self) -> _Worker:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *PYTHON,
            "ytarchive_tui.ytdlp.worker",
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=dict(self._environment),
            start_new_session=True,
        )
        worker = _Worker(process)
        worker.send(self._hello)
        return worker


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin and process.stdout and process.stderr
        self.process = process
        self.tasks_left = TASKS_A_WORKER
        self.stdout = process.stdout
        self._stdin = process.stdin
        self._stderr = process.stderr
        self.dialogue: Dialogue | None = None
        """Whose words stderr carries: those of the newest task."""
        self._listening = asyncio.create_task(self._listen())

    def send(self, message: dict[str, Any]) -> None:
        self._stdin.write(json.dumps(message).encode() + b"\n")

    async def end(self, grace_s: float) -> None:
        """TERM to the group, then KILL; returns when the process is gone."""
        for number, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 10.0)):
            self._signal(number)
            try:
                await asyncio.wait_for(self.process.wait(), patience)
            except TimeoutError:
                continue
            break
        self._signal(signal.SIGKILL)
        await asyncio.wait([self._listening], timeout=1.0)
        self._listening.cancel()

    async def _listen(self) -> None:
        async for line in lines_of(self._stderr, LOG_LINE_LIMIT):
            if self.dialogue is not None:
                self.dialogue.note(line.decode(errors="replace"))

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
