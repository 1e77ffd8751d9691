"""Sizes, durations, counts and dates as people read them."""

from __future__ import annotations

from datetime import datetime

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float | None) -> str:
    """Bytes in powers of 1000: `3.1 MB`; empty when it is not known."""
    if count is None:
        return ""
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 99.95 else f"{count:.1f} {_UNITS[unit]}"


def duration(seconds: float | None) -> str:
    """`1:02:03` or `4:05`; empty when it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def number(count: int | None, one: str, many: str | None = None) -> str:
    """`1 view`, `1,200 views`; empty when it is not known."""
    if count is None:
        return ""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def date(at: datetime | None) -> str:
    """`2024-03-05 09:30` in the user's own time; empty when it is not known."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
