"""What must come to its end does so, however often its waiter is cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from ytarchive_tui.domain.endings import to_the_end
from ytarchive_tui.storage.local import committed_in_thread, in_thread


class Stubborn:
    """Work in a thread that ends when it is let."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.has_ended = threading.Event(), threading.Event(), False

    def __call__(self) -> str:
        self.begun.set()
        self.may_end.wait(10)
        self.has_ended = True
        return "done"


async def cancelled_twice(waits: Callable[[Stubborn], Awaitable[str]]) -> tuple[asyncio.Task[str], Stubborn]:
    """A waiter that was cancelled before the work's end, and once more."""

    async def wait() -> str:
        return await waits(work)

    work = Stubborn()
    task = asyncio.create_task(wait())
    try:
        while not work.begun.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not task.done()
    finally:
        work.may_end.set()
    await asyncio.wait({task})
    assert work.has_ended
    return task, work


@pytest.mark.parametrize("waits", [in_thread, lambda work: to_the_end(asyncio.to_thread(work))])
async def test_the_cancellation_is_raised_after_the_end(waits: Callable[[Stubborn], Awaitable[str]]) -> None:
    task, _ = await cancelled_twice(waits)
    assert task.cancelled()


async def test_what_was_committed_is_told_though_it_was_cancelled() -> None:
    task, _ = await cancelled_twice(committed_in_thread)
    assert task.result() == "done"


async def test_without_a_cancellation_what_comes_of_it_is_told() -> None:
    async def fails() -> None:
        raise ValueError("it failed")

    assert await to_the_end(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ValueError, match="it failed"):
        await to_the_end(fails())
