"""A crew has as many workers as are wished for, and loses no error of theirs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

import pytest

from ytarchive_tui.domain.ports import JobQueue
from ytarchive_tui.workers.crew import Crew
from ytarchive_tui.workers.worker import Worker


class Hand:
    """A worker whose stage ends when it is told to."""

    def __init__(self, n: int) -> None:
        self.name = f"hand-{n}"
        self.drained = asyncio.Event()
        self.stage_over = asyncio.Event()

    def drain(self) -> None:
        self.drained.set()

    async def work(self) -> None:
        await self.drained.wait()
        await self.stage_over.wait()


class News:
    """Waits as a queue does when nothing happens, but not for long."""

    async def wait_for_wish(self, timeout_s: float) -> None:
        await asyncio.sleep(0.01)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the crew under test announces nothing
            await asyncio.sleep(0.005)


async def test_places_are_filled_and_emptied_as_wished_and_never_taken_twice() -> None:
    hands: list[Hand] = []
    wished = 3

    def make(n: int) -> Worker:
        hands.append(Hand(n))
        return cast(Worker, hands[-1])

    async def wishes() -> int:
        return wished

    crew = Crew("hands", make, wishes, cast(JobQueue, News()))
    task = asyncio.create_task(crew.work())
    await until(lambda: len(hands) == 3)
    wished = 1
    await until(lambda: hands[1].drained.is_set() and hands[2].drained.is_set())
    assert not hands[0].drained.is_set()
    wished = 2
    await asyncio.sleep(0.05)
    assert len(hands) == 3, "the second place is taken until its stage is over"
    hands[1].stage_over.set()
    await until(lambda: len(hands) == 4)
    assert hands[3].name == "hand-2"
    crew.drain()
    for hand in hands:
        hand.stage_over.set()
    await asyncio.wait_for(task, 5)


async def test_the_error_of_one_worker_ends_the_crew_with_it() -> None:
    stopped = []

    class Broken(Hand):
        async def work(self) -> None:
            if self.name == "hand-2":
                raise OSError("the disk is gone")
            try:
                await super().work()
            finally:
                stopped.append(self.name)

    async def two() -> int:
        return 2

    crew = Crew("hands", lambda n: cast(Worker, Broken(n)), two, cast(JobQueue, News()))
    with pytest.raises(OSError, match="disk is gone"):
        await asyncio.wait_for(crew.work(), 5)
    assert stopped == ["hand-1"]


async def test_cancelling_the_crew_waits_for_its_workers() -> None:
    gone = []

    class Slow(Hand):
        async def work(self) -> None:
            try:
                await super().work()
            finally:
                await asyncio.sleep(0.02)
                gone.append(self.name)

    async def two() -> int:
        return 2

    crew = Crew("hands", lambda n: cast(Worker, Slow(n)), two, cast(JobQueue, News()))
    task = asyncio.create_task(crew.work())
    await asyncio.sleep(0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert sorted(gone) == ["hand-1", "hand-2"]
