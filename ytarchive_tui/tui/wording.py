"""Amounts, moments and text in the few cells that a screen has for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.amounts import duration as duration
from ytarchive_tui.domain.amounts import size as size
from ytarchive_tui.domain.text import plain

_JOINED_PICTURES = re.compile(
    r"(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\ufe0f|[\U0001f3fb-\U0001f3ff]"
)
"""Terminals disagree on the width of joined emoji; without the joints each picture is two cells wide."""
BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-~=+*#"


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """In the user's own time: `14:10`, with the day unless that is today; empty for None."""
    if at is None:
        return ""
    local = at.astimezone()
    today = (now or utcnow()).astimezone().date()
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
