"""Obeys the wish how the site is reached, while everything goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ytarchive_tui.domain.ports import JobQueue
from ytarchive_tui.domain.reach import Reach

LOOK_S = 1.0
"""Longest time until another wish is obeyed."""


class ReachKeeper:
    """Works like a worker; `obey` is called with each wish that differs from the one before.

    What runs ends as it began; what begins after that is reached the new way.
    """

    name = "reach"

    def __init__(
        self,
        now: Reach,
        wished: Callable[[], Awaitable[Reach]],
        obey: Callable[[Reach], Awaitable[None]],
        queue: JobQueue,
    ) -> None:
        """`now`: what is obeyed already."""
        self._now = now
        self._wished = wished
        self._obey = obey
        self._queue = queue
        self._draining = False

    def drain(self) -> None:
        """End soon."""
        self._draining = True

    async def work(self) -> None:
        """Look again and again until drained."""
        while not self._draining:
            if (wished := await self._wished()) != self._now:
                await self._obey(wished)
                self._now = wished
            await self._queue.wait_for_wish(LOOK_S)
