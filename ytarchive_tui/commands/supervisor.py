"""Starts the daemon's engine again after a crash: a small parent that does nothing else.

Parent and engine hold the two ends of a pipe. However the parent dies, the engine reads the end of it and
leaves in good order; however the engine dies, its children read the end of theirs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from ytarchive_tui.batch.exit_codes import ExitCode

WAITS_S = (1.0, 5.0, 15.0, 60.0)
"""Before each new start after a crash; whoever crashes once more after the last of them is given up."""
HEALTHY_S = 600.0
"""An engine that worked for so long and crashes is not one that crashes at once."""
LAST_RESORT_S = 12.0
"""Whoever still runs this long after being terminated hangs, and is killed."""
_FINAL = frozenset({ExitCode.ALL_ARCHIVED, ExitCode.USAGE, ExitCode.TOOLS_MISSING})
"""Ends after which a new start would only find the same."""
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """One line for the person or the log that watches."""
    with suppress(OSError):
        print(f"ytarchive-tui daemon: {text}", file=sys.stderr, flush=True)


class Supervisor:
    """Runs `command` with `--leash FD` after it, until it ends for good or a signal comes.

    The command is a group of its own, so that a Ctrl-C reaches it once, from here.
    """

    def __init__(
        self, command: Sequence[str], *, told: Callable[[str], None] = say,
        waits_s: Sequence[float] = WAITS_S, healthy_s: float = HEALTHY_S,
        last_resort_s: float = LAST_RESORT_S,
    ) -> None:  # fmt: skip
        self._command = command
        self._told = told
        self._waits_s = waits_s
        self._healthy_s = healthy_s
        self._last_resort_s = last_resort_s
        self._child: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()
        self._terminated = asyncio.Event()
        """Told to end by more than one Ctrl-C, which may let downloads come to their end."""

    async def run(self) -> int:
        """Work until the end; returns the exit code."""
        loop = asyncio.get_running_loop()
        caught = [each for each in _PASSED_ON if signal.getsignal(each) is not signal.SIG_IGN]
        for number in caught:
            loop.add_signal_handler(number, self._pass_on, number)
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        try:
            return await self._run()
        finally:
            for number in (*caught, signal.SIGTSTP):
                loop.remove_signal_handler(number)

    async def _run(self) -> int:
        crashes = 0
        while True:
            began = time.monotonic()
            code = await self._once()
            if self._ending.is_set():
                # A signal that came before the engine could catch it has ended nothing that had begun.
                return code if code in (*_FINAL, ExitCode.INTERRUPTED) else int(ExitCode.ALL_ARCHIVED)
            if code in _FINAL:
                return code
            crashes = 1 if time.monotonic() - began >= self._healthy_s else crashes + 1
            if code == ExitCode.BUSY:
                # Somebody else works on the state, and will end some time.
                crashes = min(crashes, len(self._waits_s))
            if crashes > len(self._waits_s):
                self._told(
                    f"the engine ended {crashes} times in a row, the last time {_how(code)}; given up. "
                    "Nothing is lost; the lines above, `logs` and `doctor` may tell why"
                )
                return int(ExitCode.NOT_ALL_ARCHIVED)
            wait_s = self._waits_s[crashes - 1]
            self._told(f"the engine ended {_how(code)}; it is started again in {wait_s:g} s")
            if await _within(self._ending.wait(), wait_s):
                return int(ExitCode.ALL_ARCHIVED)

    async def _once(self) -> int:
        """Start the engine and wait for its end: its exit code, or minus the signal that ended it."""
        theirs, ours = os.pipe()
        try:
            self._child = await asyncio.create_subprocess_exec(
                *self._command, "--leash", str(theirs), stdin=subprocess.DEVNULL, pass_fds=(theirs,),
                process_group=0,
            )  # fmt: skip
        finally:
            os.close(theirs)
        try:
            self._told(f"the engine runs as process {self._child.pid}")
            if self._ending.is_set():
                self._child.terminate()
            ended = asyncio.create_task(self._child.wait())
            await _first(ended, self._terminated.wait())
            if not ended.done() and not await _within(asyncio.shield(ended), self._last_resort_s):
                self._told("the engine does not end; it is killed")
                self._child.kill()
            return await ended
        finally:
            os.close(ours)

    def _pass_on(self, number: int) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(number)
        if number != signal.SIGINT or self._ending.is_set():
            self._terminated.set()
        self._ending.set()

    def _stop(self) -> None:
        """Ctrl-Z: the engine sleeps and wakes with this process."""
        child = self._child if self._child is not None and self._child.returncode is None else None
        if child is not None:
            child.send_signal(signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        if child is not None:
            child.send_signal(signal.SIGCONT)


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"


async def _within(wait: Awaitable[object], seconds: float) -> bool:
    """Whether that came in time."""
    try:
        await asyncio.wait_for(wait, seconds)
    except TimeoutError:
        return False
    return True


async def _first(task: asyncio.Task[int], other: Awaitable[object]) -> None:
    """Return when one of the two ends."""
    beside = asyncio.ensure_future(other)
    await asyncio.wait({task, beside}, return_when=asyncio.FIRST_COMPLETED)
    beside.cancel()
