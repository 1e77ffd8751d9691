"""Bandwidth of one connection and of all together.

A `Pacer` keeps the time at which a wire would be free again; each piece of data is sent when the
wire would have carried its last byte. Lateness of up to 250 ms is made up for by the pieces that
follow, so the average stays true on a busy machine. Pieces carry 50 ms, so that even many
connections wake up rarely.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .model import Knobs

PIECE_S = 0.05
LATENESS_S = 0.25
LARGEST_PIECE = 256 * 1024


class Pacer:
    """A wire: `reserve` tells when it will have carried so many bytes more."""

    def __init__(self) -> None:
        self._free_at = float("-inf")

    def wake(self, now: float) -> None:
        """Begin after a pause, which earns no credit."""
        self._free_at = max(self._free_at, now)

    def reserve(self, size: int, rate: int, now: float) -> float:
        """Take the wire for `size` bytes at `rate` bytes a second (0: unlimited); return when it is done."""
        begin = max(self._free_at, now - LATENESS_S)
        self._free_at = begin + size / rate if rate else now
        return self._free_at


class Bandwidth:
    """What all connections share."""

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.total = Pacer()
        self.transfers = 0


class Line:
    """One connection's share of the bandwidth."""

    def __init__(self, shared: Bandwidth) -> None:
        self._shared = shared
        self._own = Pacer()

    @contextmanager
    def transfer(self) -> Iterator[None]:
        """Mark the time in which this line wants to send."""
        now = time.monotonic()
        self._own.wake(now)
        if not self._shared.transfers:
            self._shared.total.wake(now)
        self._shared.transfers += 1
        try:
            yield
        finally:
            self._shared.transfers -= 1

    @property
    def offline(self) -> bool:
        """Whether nothing may be sent any more."""
        return self._shared.knobs.offline

    def piece(self) -> int:
        """Return how many bytes to send at once: 50 ms' worth, a fair share of it under a total limit."""
        knobs, size = self._shared.knobs, float(LARGEST_PIECE)
        if knobs.connection_bps:
            size = min(size, knobs.connection_bps * PIECE_S)
        if knobs.total_bps:
            size = min(size, knobs.total_bps * PIECE_S / max(1, self._shared.transfers))
        return max(1, int(size))

    async def admit(self, size: int) -> None:
        """Wait until both wires have carried `size` bytes; always lets other connections run."""
        knobs, now = self._shared.knobs, time.monotonic()
        done_at = max(
            self._own.reserve(size, knobs.connection_bps, now),
            self._shared.total.reserve(size, knobs.total_bps, now),
        )
        await asyncio.sleep(max(0.0, done_at - now))
