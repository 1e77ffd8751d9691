"""When a run stops waiting for jobs that go on by themselves some time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ytarchive_tui.services.queue import Overview


class Patience:
    """Runs out when nothing can go on soon, or when all that goes on has led nowhere for too long.

    The second is for jobs that come due again and again, as on a disk that stays full: the run would
    never end.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._ended: tuple[int, ...] = ()
        self._waited_s = 0.0
        self._looked_at = time.monotonic()

    def is_out(self, seen: Overview) -> bool:
        """Whether the run should end; to be asked often, with the newest counts."""
        now = time.monotonic()
        since_last_look, self._looked_at = now - self._looked_at, now
        ended = (seen.total, seen.done, seen.blocked, seen.failed, seen.cancelled)
        if ended != self._ended:
            self._ended, self._waited_s = ended, 0.0
        if seen.sources_open or seen.queued or seen.running:
            return False
        self._waited_s += since_last_look
        due = seen.next_due_s
        return not seen.waiting or due is None or max(due, self._waited_s) > self._limit_s
