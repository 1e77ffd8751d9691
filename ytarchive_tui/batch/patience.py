"""When a run stops waiting for jobs that go on by themselves some time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import Overview

SETTLED_S = 2.0
"""More than passes between any two looks: one alone may fall into the moment between two stages."""


class Patience:
    """Runs out when nothing can go on soon, or when all that goes on has led nowhere for too long.

    The second is for jobs that come due again and again, as on a disk that stays full: the run would
    never end. While they look, the looks of this run would find them running each time, since both wake at
    the same change: so what has just begun in vain before counts as waiting.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._ended: tuple[int, ...] = ()
        self._waited_s = 0.0
        self._looked_at: float | None = None

    def is_out(self, seen: Overview, held_s: float | None = None) -> bool:
        """Whether the run should end; to be asked often, with the newest counts.

        `held_s`: seconds until the site is tried again, while nothing may be asked of it: until then what is
        queued waits like the rest.
        """
        now = time.monotonic()
        since_last_look = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        ended = (seen.total, seen.done, seen.blocked, seen.failed, seen.cancelled)
        if ended != self._ended:
            self._ended, self._waited_s = ended, 0.0
        queued = seen.sources_open + seen.queued - seen.held
        if queued and held_s is None:
            self._looked_at = None
            return False
        self._waited_s += max(0.0, since_last_look - seen.running_s)
        if seen.running > seen.trying:
            # Nobody knows when, between two looks, this was over.
            self._looked_at = None
            return False
        if (queued or seen.held) and self._waited_s <= SETTLED_S:
            # A stage may just have ended whose next one, in storage, begins in a moment.
            return False
        next_s = (
            seen.next_due_s if seen.waiting else None,
            held_s if queued else None,
            0.0 if seen.held or seen.trying else None,
        )
        soonest = min((due for due in next_s if due is not None), default=None)
        return soonest is None or max(soonest, self._waited_s) > self._limit_s
