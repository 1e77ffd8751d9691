"""How many requests YouTube bears before it takes the client for a robot."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from .classify import RequestKind
from .clock import Clock
from .model import Knobs

COUNTED = frozenset({RequestKind.WATCH, RequestKind.PLAYER, RequestKind.BROWSE})


class BanKind(StrEnum):
    """What a banned client meets."""

    BOT_CHECK = "bot_check"
    TOO_MANY = "429"


class RequestBudget:
    """Counts requests in a sliding window and bans the client when there are too many.

    Reads the knobs each time, so that a change counts at once; a budget of 0 also lifts a ban.
    """

    def __init__(self, knobs: Knobs, clock: Clock) -> None:
        self._knobs = knobs
        self._clock = clock
        self._spent: deque[float] = deque()
        self._banned_until = float("-inf")

    def spend(self, kind: RequestKind) -> None:
        """Count a request if its kind counts; the one above the budget starts a ban."""
        allowed = self._knobs.budget_requests
        if not allowed or kind not in COUNTED or self.banned() is not None:
            return
        now = self._clock.monotonic()
        self._spent.append(now)
        while self._spent[0] <= now - self._knobs.budget_window_s:
            self._spent.popleft()
        if len(self._spent) > allowed:
            self._banned_until = now + self._knobs.ban_s
            self._spent.clear()

    def banned(self) -> BanKind | None:
        """Tell what a client meets now, or None when it is welcome."""
        if not self._knobs.budget_requests or self._clock.monotonic() >= self._banned_until:
            return None
        return BanKind(self._knobs.ban_kind)
