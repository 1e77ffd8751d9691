"""Sources, their schedules and their timelines in words, for every front end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ytarchive_tui.domain.amounts import number
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.schedule import Schedule
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.sources import Happened

_SAID = 100
_EARLIER = 300
"""Characters of an earlier description."""
_FOUND = {
    "new": "new", "missing": "missing", "gone": "gone", "back": "back", "moved": "moved",
    "title": "renamed", "description": "described anew", "thumbnail": "with another picture",
    "at_source": "with another visibility",
}  # fmt: skip
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


class Line(NamedTuple):
    """One line of a timeline."""

    what: str
    """A word or two, such as `new` or `renamed`."""
    text: str


def found(result: Mapping[str, Any]) -> str:
    """What the newest reading of a source found: `3 new, 1 gone`; empty before the first."""
    if not result:
        return ""
    parts = [f"{result[key]:,} {word}" for key, word in _FOUND.items() if result.get(key)]
    return ", ".join(parts) or "no change"


def when(schedule: Schedule) -> str:
    """`every 6 hours`, or the cron expression with its time zone."""
    if schedule.cron is not None:
        return f"cron {schedule.cron}, {schedule.zone}"
    assert schedule.every_s is not None
    for size, unit in _UNITS:
        if schedule.every_s % size == 0:
            times = int(schedule.every_s // size)
            return f"every {unit if times == 1 else number(times, unit)}"
    return f"every {schedule.every_s:.0f} s"


def occurrences(schedule: Schedule, now: datetime, most: int) -> list[datetime]:
    """The next times that the schedule names, jitter apart; raises `BadSchedule`."""
    times: list[datetime] = []
    for _ in range(most):
        times.append(schedule.after(times[-1] if times else now, now))
    return times


def line(happened: Happened) -> Line:
    """What happened, of a source's timeline."""
    data, title = happened.entry.data, plain(happened.title or happened.video_id or "", _SAID)
    match happened.entry.kind:
        case EventKind.SOURCE_LISTED if data.get("feed"):
            return Line("looked", "the feed names nothing new")
        case EventKind.SOURCE_LISTED:
            how = "the whole list" if data.get("whole") else "the newest pages"
            return Line("read", f"{how}, {number(data['entries'], 'entry', 'entries')}")
        case EventKind.ITEM_CHANGED:
            what, text = item_line(data)
            return Line(what, text if data["field"] == "title" else f"{title}: {text}")
    seen = f" (seen by itself: {data['seen']})" if data.get("seen") else ""
    return Line(str(data["change"]), title + seen)


def item_line(data: Mapping[str, Any]) -> Line:
    """How one item changed: what it was before, and what it is now."""
    before, after = str(data["before"]), str(data["after"])
    match data["field"]:
        case "title":
            return Line("renamed", f"«{plain(before, _SAID)}» is now «{plain(after, _SAID)}»")
        case "description":
            return Line("described anew", f"before: «{plain(before, _EARLIER)}»")
        case "thumbnail":
            return Line("thumbnail", f"before: {plain(before, _SAID)}")
        case _:
            return Line("at source", f"{plain(after, _SAID)}, before: {plain(before, _SAID)}")
