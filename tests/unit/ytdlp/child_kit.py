"""Children that run `small_tasks`, and what they said."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.ytdlp.process import ChildPool

HERE = Path(__file__).parent
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parents[2])))}
FIRST = ("about", "count", "fail", "refuse", "hang_with_grandchild")
NAMES = (*FIRST, "leave_grandchild", "eat", "die", "babble", "murmur", "run_program", "listen")
TASKS = {name: f"small_tasks:{name}" for name in NAMES}


async def until(condition: Callable[[], bool], deadline_s: float = 10.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """True for a process that exists and is not just a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


class Kit:
    def __init__(self, mode: Literal["fork", "pool"], grace_s: float = 0.3) -> None:
        self.mode = mode
        self.logged: list[tuple[str, int | None, str]] = []
        self.pool = ChildPool(
            TASKS,
            log=lambda *entry: self.logged.append(entry),
            config={"colour": "blue"},
            memory_limit=1024**3,
            grace_s=grace_s,
            mode=mode,
            environment=ENVIRONMENT,
        )

    async def evidence(self, task: str, **request: Any) -> Any:
        with pytest.raises(StageError) as caught:
            await self.pool.run(task, request)
        return caught.value.evidence
