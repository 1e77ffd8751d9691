"""When a run stops waiting for jobs that go on by themselves some time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import Overview

_SETTLED_S = 1.0


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

    def is_out(self, seen: Overview, held_s: float | None = None) -> bool:
        """Whether the run should end; to be asked often, with the newest counts.

        `held_s`: seconds until the site is tried again, while nothing may be asked of it: until then what is
        queued waits like the rest.
        """
        now = time.monotonic()
        since_last_look, self._looked_at = now - self._looked_at, now
        ended = (seen.total, seen.done, seen.blocked, seen.failed, seen.cancelled)
        if ended != self._ended:
            self._ended, self._waited_s = ended, 0.0
        queued = seen.sources_open or seen.queued
        if seen.running or (queued and held_s is None):
            return False
        self._waited_s += since_last_look
        if queued and self._waited_s <= _SETTLED_S:
            # A stage may just have ended whose next one, in storage, begins in a moment.
            return False
        next_s = [seen.next_due_s] if seen.waiting else []
        soonest = min((due for due in (*next_s, held_s if queued else None) if due is not None), default=None)
        return soonest is None or max(soonest, self._waited_s) > self._limit_s
