"""What changed between two listings of a source: pure, and told only where it is certain."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

RUN = 25
"""So many known entries in a row, in their known order, end the reading of the newest pages."""
LARGEST_LOSS = 0.2
"""A scan that misses a greater share of what it looked at is taken for a fault of the site, or ours."""
FEWEST = 3
"""Below that number of missing entries no share is a sign of anything."""
AGAIN_AFTER = timedelta(hours=20)
"""A day that may hide a change is a reason to read a list to its end again after so long."""


class Change(StrEnum):
    """What happened to an entry of a list, as the journal names it."""

    NEW = "new"
    MISSING = "missing"
    """Not in the list any more; the first sighting of that."""
    GONE = "gone"
    """Missing still, at least a day after the first sighting."""
    BACK = "back"
    MOVED = "moved"
    """Stands elsewhere among the entries that were there before."""


class Comparison(NamedTuple):
    """How a listing differs from the one before it; ids of videos, in list order."""

    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    looked_at: int = 0
    """How many entries of the former listing could have been seen."""

    @property
    def suspicious(self) -> bool:
        """Whether too much vanished at once to be believed."""
        return len(self.missing) >= FEWEST and len(self.missing) > LARGEST_LOSS * self.looked_at


def caught_up(seen: Sequence[str], places: Mapping[str, int]) -> bool:
    """Whether the newest entries lead into what is known: `places` are those of the former listing."""
    if len(places) < RUN or len(seen) < RUN:
        return False
    tail = [places.get(each, -1) for each in seen[-RUN:]]
    return tail[0] >= 0 and all(before < after for before, after in pairwise(tail))


def unproved_from(whole_at: datetime, now: datetime) -> date | None:
    """A list that names this day, or a later one, as that of its last change may differ from what is known.

    `whole_at`: when it was last read to its end. Which zone the site's days are in nobody tells, so the day
    before that reading proves nothing either. None soon after it: such a day is no reason to read the list
    again more than once a day.
    """
    if now - whole_at < AGAIN_AFTER:
        return None
    return whole_at.astimezone(UTC).date() - timedelta(days=1)


def compare(known: Sequence[str], absent: Collection[str], seen: Sequence[str], *, whole: bool) -> Comparison:
    """Hold a listing against the former one.

    `known`: what was in the list, in its order; `absent`: what was missing from it already. Without
    `whole`, `seen` are the newest entries and end in a known run: what lies below says nothing.
    """
    places = {video_id: place for place, video_id in enumerate(known)}
    there = set(seen)
    end = len(known) if whole else places.get(seen[-1], -1) + 1 if seen else 0
    standing = [video_id for video_id in seen if video_id in places]
    return Comparison(
        new=tuple(each for each in seen if each not in places and each not in absent),
        missing=tuple(each for each in known[:end] if each not in there),
        back=tuple(each for each in seen if each in absent),
        moved=_moved(standing, places),
        looked_at=end,
    )


def _moved(standing: Sequence[str], places: Mapping[str, int]) -> tuple[str, ...]:
    """The fewest entries that must have moved: all but a longest run of rising former places."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, video_id in enumerate(standing):
        place = places[video_id]
        at = bisect_left(tails, place)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [place]
        ends[at : at + 1] = [index]
    kept: set[int] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return tuple(each for index, each in enumerate(standing) if index not in kept)
