"""Keeps a costly question from being asked too often."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

_SHARE = 5
"""An answer that took a second is asked for again five seconds later at the earliest."""

MOST_S = 20.0


class Pace:
    """`async with pace:` waits until the question may be asked, and notes how long its answer took."""

    def __init__(self, most_s: float = MOST_S) -> None:
        """`most_s`: the longest pause, for answers that are slow only by accident."""
        self._most_s = most_s
        self._next = 0.0
        self._started = 0.0

    async def __aenter__(self) -> None:
        await asyncio.sleep(max(self._next - time.monotonic(), 0))
        self._started = time.monotonic()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        now = time.monotonic()
        self._next = now + min(_SHARE * (now - self._started), self._most_s)
