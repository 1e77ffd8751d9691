"""What children say on stderr: heard whole, and under the task that it belongs to."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest
from child_kit import Kit, until

from ytarchive_tui.ytdlp.dialogue import BLOCK, LOG_LINE_LIMIT, MOST_BLOCKS, Murmur

LINES = 40_000
"""Several times what a pipe holds."""


def numbered(kit: Kit) -> list[str]:
    return [line for _, _, line in kit.logged if line.startswith("line ")]


async def test_a_child_that_says_more_than_a_pipe_holds_goes_on(forking: Kit) -> None:
    told = await asyncio.wait_for(forking.pool.run("murmur", {"lines": LINES}), 30)
    assert told["said"] > 4 * BLOCK
    assert numbered(forking) == [f"line {number}" for number in range(LINES)]
    assert forking.logged[-1] == ("murmur", None, "no end")


async def test_it_is_heard_while_it_runs_and_may_say_as_much_while_it_is_ended() -> None:
    ready = asyncio.Event()

    async def on_event(event: dict[str, Any]) -> None:
        ready.set()

    # A child that waits for its reader would be killed after the grace.
    kit = Kit("fork", grace_s=20.0)
    async with kit.pool:
        task = asyncio.ensure_future(kit.pool.run("murmur", {"lines": LINES, "until_asked": True}, on_event))
        await ready.wait()
        await until(lambda: kit.logged == [("murmur", None, "waiting")])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert numbered(kit) == [f"line {number}" for number in range(LINES)]


async def test_it_is_heard_before_the_same_child_is_given_another_task(forking: Kit) -> None:
    await forking.pool.run("murmur", {"job": 1, "lines": 1}, more=True)
    assert forking.logged == [("murmur", 1, "line 0"), ("murmur", 1, "no end")]
    await forking.pool.run("about", {"job": 1})
    assert [(task, job) for task, job, _ in forking.logged[2:]] == [("about", 1)]


async def test_children_that_come_after_a_pause_are_heard_as_well(forking: Kit) -> None:
    await forking.pool.run("about", {})
    link = forking.pool._children
    await until(lambda: link._hearing is not None and link._hearing.done())
    await asyncio.wait_for(forking.pool.run("murmur", {"lines": LINES}), 30)
    assert numbered(forking) == [f"line {number}" for number in range(LINES)]


@pytest.mark.parametrize("steps", range(1, 9))
async def test_a_child_whose_start_is_cancelled_twice_leaves_no_pipe_behind(forking: Kit, steps: int) -> None:
    async def descriptors() -> int:
        await asyncio.sleep(0.1)  # Transports close their pipes at the loop's next turn.
        return len(os.listdir("/proc/self/fd"))

    await forking.pool.run("about", {})
    zygote = forking.pool._children._zygote.pid
    before = await descriptors()
    os.kill(zygote, signal.SIGSTOP)
    task = asyncio.ensure_future(forking.pool.run("about", {}))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.05)
    os.kill(zygote, signal.SIGCONT)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await descriptors() == before


def test_a_writer_that_does_not_stop_is_left_after_a_while() -> None:
    ours, theirs = os.pipe()
    murmur = Murmur(ours)
    os.set_blocking(theirs, False)

    def more() -> None:
        try:
            while True:
                os.write(theirs, b"x" * 1023 + b"\n")
        except BlockingIOError:
            pass

    more()
    for heard, _ in enumerate(murmur.heard()):
        more()
        assert heard <= MOST_BLOCKS * BLOCK / 1024, "it never ends"
    list(murmur.heard())
    os.write(theirs, b"y" * 2 * LOG_LINE_LIMIT)
    os.close(theirs)
    assert murmur.close()[-1] == b"y" * LOG_LINE_LIMIT
    assert murmur.close() == [], "closed twice, nothing is read from whoever has the descriptor now"
