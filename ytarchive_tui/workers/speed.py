"""Hands the wished speed limit on to whatever downloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ytarchive_tui.domain.ports import JobQueue

LOOK_S = 1.0
"""Longest time until another limit is obeyed."""


class SpeedLimit:
    """Works like a worker; `tell` gets bytes a second for each download: 0 for none, None: as configured."""

    name = "speed-limit"

    def __init__(
        self, wished: Callable[[], Awaitable[int | None]], tell: Callable[[int | None], None], queue: JobQueue
    ) -> None:
        self._wished = wished
        self._tell = tell
        self._queue = queue
        self._draining = False

    def drain(self) -> None:
        """End soon: running downloads keep the limit that they have."""
        self._draining = True

    async def work(self) -> None:
        """Tell what is wished now, and each change of it."""
        told: int | None = None
        while not self._draining:
            if (wished := await self._wished()) != told:
                self._tell(wished)
                told = wished
            await self._queue.wait_for_wish(LOOK_S)
