"""Runs what schedules want, whenever its time has come."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

log = logging.getLogger(__name__)

LOOK_S = 15.0
"""Between two looks at the clock: it may jump, or the machine may have slept."""


class DueRuns(Protocol):
    """Where schedules are kept."""

    async def run_due(self) -> int:
        """Queue a run for each schedule whose time has come; how many."""


class Scheduler:
    """Looks at the clock again and again; what is due is decided by its `DueRuns` alone."""

    def __init__(self, runs: DueRuns, *, name: str = "scheduler", look_s: float = LOOK_S) -> None:
        self.name = name
        self._runs = runs
        self._look_s = look_s
        self._drained = asyncio.Event()

    def drain(self) -> None:
        """Start nothing new."""
        self._drained.set()

    async def work(self) -> None:
        """Look until drained."""
        while not self._drained.is_set():
            if started := await self._runs.run_due():
                log.info("%s: %d runs are due", self.name, started)
            try:
                await asyncio.wait_for(self._drained.wait(), self._look_s)
            except TimeoutError:
                continue
