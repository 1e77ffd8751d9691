"""The sandbox's clock: real time plus whatever the control listener has added."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the date and the monotonic time, both moved forward together by `advance`."""

    def __init__(self) -> None:
        self._offset_s = 0.0

    def now(self) -> datetime:
        """Return the sandbox's date in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset_s)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; only differences mean something."""
        return time.monotonic() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once; ValueError when they are negative or would leave the calendar."""
        if not 0 <= seconds <= timedelta(days=365 * 100).total_seconds():
            raise ValueError("advance_s must lie between 0 and a hundred years")
        self._offset_s += seconds
