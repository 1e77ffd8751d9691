"""Keeps transfers below a limit that may change while they run."""

from __future__ import annotations

import threading
import time
from typing import Any

from yt_dlp.downloader.common import FileDownloader

from ytarchive_tui.ytdlp import task

_NAP_S = 0.2
"""After so long another limit is obeyed."""


class Pace:
    """One for all transfers of a process: what they took beyond the limit has to be waited for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._debt = 0.0
        self._at = time.monotonic()
        self.received = 0
        """Bytes of media since the process began."""

    def took(self, count: int, configured_bps: int | None) -> None:
        """Wait until that many bytes may have come; what the parent told goes before what is configured."""
        with self._lock:
            self.received += count
            self._debt += count
            while limit := _limit(configured_bps):
                now = time.monotonic()
                self._debt -= (now - self._at) * limit
                self._at = now
                if self._debt <= 0:
                    break
                time.sleep(min(self._debt / limit, _NAP_S))
            self._debt = 0.0
            self._at = time.monotonic()


def _limit(configured_bps: int | None) -> int | None:
    told: int | None = task.told.get("limit_bps")
    return configured_bps if told is None else told


pace = Pace()


def keep_pace() -> None:
    """Replace yt-dlp's own brake, which reckons from the start of a file: a lower limit would stall it."""

    def slow_down(self: Any, start_time: float, now: float | None, byte_counter: int) -> None:
        began, before = getattr(self, "_paced", (start_time, 0))
        count = byte_counter - before if began == start_time else byte_counter
        pace.took(count, self.params.get("ratelimit"))
        self._paced = start_time, byte_counter

    FileDownloader.slow_down = slow_down
