"""The settings of the line: limits for all downloads together, windows of the week, data caps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ytarchive_tui.domain.bandwidth import LEAST_BPS, BandwidthRules, Window, parse_days, parse_time
from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.settings.values import Size, parse_size

_FORM = 'should be written as "mon-fri 08:00-18:00 2M" or "daily 22:00-06:00 off"'
_KEYS = ("days", "from", "to", "limit")


def _windows(value: Any) -> Any:
    """A list of tables or of texts, or one text with semicolons between."""
    if isinstance(value, str):
        value = [part for part in value.split(";") if part.strip()]
    if not isinstance(value, list | tuple):
        raise ValueError("should be tables [[bandwidth.windows]] with days, from, to and limit")
    return tuple(each if isinstance(each, Window) else _window(each) for each in value)


def _window(value: Any) -> Window:
    if isinstance(value, str):
        days, span, limit = value.split() if len(value.split()) == 3 else ("", "", "")
        begins, _, ends = span.partition("-")
        if not ends:
            raise ValueError(_FORM)
    elif isinstance(value, Mapping):
        if unknown := set(value) - set(_KEYS):
            raise ValueError(f"a window has {', '.join(_KEYS)}, not {', '.join(sorted(unknown))}")
        if missing := {"from", "to", "limit"} - set(value):
            raise ValueError(f"a window needs {', '.join(sorted(missing))}: it {_FORM}")
        days, begins, ends = (str(value.get(name, "")) for name in ("days", "from", "to"))
        limit = value["limit"]
    else:
        raise ValueError(_FORM)
    begin, end = parse_time(begins), parse_time(ends)
    if begin == end:
        raise ValueError("a window should end at another time than it begins; all day is 00:00-24:00")
    return Window(days=parse_days(days), begins=begin, ends=end, limit_bps=_limit(limit))


def _limit(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().lower() == "off":
        return None
    limit: Any = parse_size(value)
    if type(limit) is not int or limit < LEAST_BPS:
        raise ValueError("a window's limit should be off, or a speed of at least 1k, such as 500k or 2M")
    return limit


class BandwidthSettings(Frozen):
    """How much of the line downloads take, and when."""

    total_bytes_per_s: Annotated[Size, Field(ge=LEAST_BPS)] | None = None
    """Upper bound of the speed of all downloads together, such as `5M`."""
    windows: Annotated[tuple[Window, ...], BeforeValidator(_windows)] = ()
    """Hours of the week with a limit of their own, or without downloads."""
    day_cap: Annotated[Size, Field(ge=1024**2)] | None = None
    """Bytes of media a day, such as `20G`; at least 1M."""
    month_cap: Annotated[Size, Field(ge=1024**2)] | None = None
    """Bytes of media a month, such as `500G`; at least 1M."""
    month_begins: int = Field(default=1, ge=1, le=28)
    """Day on which the month of the cap begins."""

    def rules(self) -> BandwidthRules:
        """What the policy goes by."""
        return BandwidthRules(
            total_bps=self.total_bytes_per_s,
            windows=self.windows,
            day_cap=self.day_cap,
            month_cap=self.month_cap,
            month_begins=self.month_begins,
        )
