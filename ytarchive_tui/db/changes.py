"""A hint that jobs changed; it carries nothing, who hears it asks the database."""

from __future__ import annotations

import asyncio


class Changes:
    """Wakes every waiter after a commit that changed jobs."""

    def __init__(self) -> None:
        self.version = 0
        """Rises with each announcement."""
        self._next: asyncio.Future[None] | None = None

    def announce(self) -> None:
        """Wake whoever waits now."""
        self.version += 1
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
        self._next = None

    async def wait(self, timeout_s: float) -> bool:
        """True after the next announcement, False after the time-out."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait({self._next}, timeout=max(0.0, timeout_s))
        return bool(done)
