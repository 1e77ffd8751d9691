"""Turns signals into two requests: end in good order, and end now."""

from __future__ import annotations

import asyncio
import signal
from types import TracebackType
from typing import Self

TERMINATED_S = 6.0
"""After SIGTERM or SIGHUP running work gets this long, so that the program is gone within 10 s."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Catches signals while the block runs; the first asks to end in good order, the second to end now.

    A signal that was ignored from the start stays so: that is how `nohup` works.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.now = asyncio.Event()

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._caught_ones = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        for number in self._caught_ones:
            self._loop.add_signal_handler(number, self._caught, number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._caught_ones:
            self._loop.remove_signal_handler(number)

    def terminate(self) -> None:
        """As SIGTERM does."""
        self._caught(signal.SIGTERM)

    def _caught(self, number: int) -> None:
        if self.asked.is_set():
            self.now.set()
        self.asked.set()
        if number != signal.SIGINT:
            self._loop.call_later(TERMINATED_S, self.now.set)
