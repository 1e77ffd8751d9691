"""The daily quota of the Data API: what calls cost, what is left, and what that is enough for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from ytarchive_tui.domain.models import Frozen

COSTS: Mapping[str, int] = {
    "videos.list": 1,
    "channels.list": 1,
    "playlists.list": 1,
    "playlistItems.list": 1,
    "captions.list": 50,
}
"""Units by call, https://developers.google.com/youtube/v3/determine_quota_cost (2026-11).

A page costs as much as a whole list, and an answer «not modified» as much as a full one.
"""
MOST_AT_ONCE = 50
"""Ids in one call, and entries on one page."""
WARN_AT = 0.8
"""Share of a key's day that is worth a warning."""

THE_API = ""
"""What rests in the place of a key when the API itself is broken."""


class Charged(NamedTuple):
    """A call that may be made, and is paid for."""

    key: str
    """Fingerprint of the key to make it with."""
    call: str
    day: str
    """In whose account it stands."""
    warn: bool = False
    """Whether this call brought the key over `WARN_AT`."""


class NoneLeft(NamedTuple):
    """No key may be used now."""

    cause: str
    """`quotaExceeded`, `rateLimitExceeded` or `ApiKeyRefused`, as the classification knows them."""
    why: str
    until: datetime


class KeyStanding(Frozen):
    """What one key has spent in the current Pacific day."""

    key: str
    """Its fingerprint."""
    limit: int
    spent: int
    calls: Mapping[str, int]
    """Number of calls by name."""
    resting_until: datetime | None = None
    """None: it may be used."""
    cause: str | None = None
    """Why it rests, as in `NoneLeft`."""
    why: str | None = None
    """The same as Google said it."""

    @property
    def left(self) -> int:
        """Units that it may still spend; 0 while it rests."""
        return 0 if self.resting_until else max(0, self.limit - self.spent)


class Enough(NamedTuple):
    """What could be done with what is left, if it were spent on this alone."""

    call: str
    calls: int
    what: str
    """What the calls bring: `videos described`, …"""
    things: int


_THINGS = {
    "videos.list": ("videos described", MOST_AT_ONCE),
    "playlistItems.list": ("entries of lists read", MOST_AT_ONCE),
    "captions.list": ("videos asked for their subtitles", 1),
}


def enough_for(keys: Iterable[KeyStanding]) -> tuple[Enough, ...]:
    """What can still be done today; each key on its own, for no call is split between two."""
    left = [key.left for key in keys]
    found = []
    for call, (what, each) in _THINGS.items():
        calls = sum(units // COSTS[call] for units in left)
        found.append(Enough(call, calls, what, calls * each))
    return tuple(found)


def fingerprint(key: str) -> str:
    """A name for a key that does not tell the key: it may be stored and shown."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]
