"""Amounts, moments and text in the few cells that a screen has for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size

from ytarchive_tui.domain.text import plain

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_JOINED_PICTURES = re.compile(
    r"(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\ufe0f|[\U0001f3fb-\U0001f3ff]"
)
"""Terminals disagree on the width of joined emoji; without the joints each picture is two cells wide."""
BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-~=+*#"


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


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """In the user's own time: `14:10`, with the day unless that is today; empty for None."""
    if at is None:
        return ""
    local = at.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b %H:%M}"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 video`, `1,200 videos`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cells(text: str) -> str:
    """Text from outside on one line, with a width on which terminals agree."""
    return text if text.isascii() and text.isprintable() else _JOINED_PICTURES.sub("", plain(text))


def fit(text: str, width: int, justify: str = "left", more: str = "…") -> str:
    """Exactly `width` cells of the text, with `more` at the end when something was cut."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - cell_len(more), 0)) + more[:width]
    room = " " * (width - length)
    return room + text if justify == "right" else text + room


def sparkline(values: Sequence[float], width: int, bars: str = BARS) -> str:
    """The newest `width` values as bars, the highest at full height."""
    shown = list(values)[-width:]
    top = max(shown, default=0) or 1
    drawn = "".join(
        bars[min(int(value / top * len(bars)), len(bars) - 1)] if value else bars[0] for value in shown
    )
    return bars[0] * (width - len(shown)) + drawn
