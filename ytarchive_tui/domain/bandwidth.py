"""How fast and how much may be downloaded at a moment: limits, windows in local time, data caps.

Pure: from the rules, what was used and the clock to an allowance. Walls of a window are local times of the
given zone; each is the first moment at which a clock on the wall shows it or, where the clocks skip it, more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from ytarchive_tui.domain.amounts import size
from ytarchive_tui.domain.models.base import Frozen

WARN_AT = 0.8
"""Share of a cap from which on it is told how much is left."""
LEAST_BPS = 1024
"""Where a limit is shared, nobody gets less: connections would break."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_FAR = 8
"""Days after which an end of all windows is looked for no longer."""


class Window(Frozen):
    """Some hours of some days of the week, and what holds in them."""

    days: tuple[int, ...]
    """0 is Monday; the day on which the window begins."""
    begins: int
    """Minutes after midnight."""
    ends: int
    """The same, up to 1440; not after `begins`: on the next day."""
    limit_bps: int | None
    """Of all downloads together; None: nothing is downloaded."""

    def __str__(self) -> str:
        """As it is written in the settings: `mon-fri 08:00-18:00 2M`."""
        limit = "off" if self.limit_bps is None else _as_size(self.limit_bps)
        return f"{_as_days(self.days)} {_as_time(self.begins)}-{_as_time(self.ends)} {limit}"

    def around(self, day: date, zone: tzinfo | None) -> tuple[datetime, datetime]:
        """Its first and its last moment when it begins on that day."""
        begins = datetime.combine(day, time()) + self.begins * _MINUTE
        ends = datetime.combine(day, time()) + self.ends * _MINUTE
        return moment_of(begins, zone), moment_of(ends if ends > begins else ends + _DAY, zone)

    def until(self, now: datetime, zone: tzinfo | None) -> datetime | None:
        """When it ends if `now` lies in it, else None."""
        today = _wall(now, zone).date()
        for day in (today - _DAY, today):
            if day.weekday() in self.days:
                begins, ends = self.around(day, zone)
                if begins <= now < ends:
                    return ends
        return None


class BandwidthRules(Frozen):
    """What the settings say."""

    total_bps: int | None = None
    """Of all downloads together; None: no limit."""
    windows: tuple[Window, ...] = ()
    day_cap: int | None = None
    """Bytes from midnight to midnight, local time."""
    month_cap: int | None = None
    month_begins: int = 1
    """Day of the month, 1 to 28, on which the month of the cap begins."""


class Cap(Frozen):
    """How far one cap is used up."""

    span: str
    """`today` or `this month`."""
    used: int
    most: int
    renewed_at: datetime

    @property
    def reached(self) -> bool:
        """Whether nothing more may come."""
        return self.used >= self.most

    @property
    def near(self) -> bool:
        """Whether it is time to say so."""
        return self.used >= self.most * WARN_AT

    def sentence(self) -> str:
        """How much of it is used, for people."""
        share = min(100, self.used * 100 // self.most)
        return f"{share} % of the data cap for {self.span} used ({size(self.used)} of {size(self.most)})"


class Allowance(Frozen):
    """What holds at a moment."""

    total_bps: int | None = None
    """Of all downloads together; None: no limit."""
    held_until: datetime | None = None
    """Nothing is downloaded before that; None: downloads may go on."""
    reason: str = ""
    """Why, in a few words; empty while downloads may go on."""
    caps: tuple[Cap, ...] = ()


def allowance(
    rules: BandwidthRules, used: Mapping[date, int], now: datetime, zone: tzinfo | None = None
) -> Allowance:
    """What may be downloaded now. `used`: bytes by local day; `zone` None: the system's own."""
    caps = tuple(_caps(rules, used, now, zone))
    held = [(cap.renewed_at, f"data cap for {cap.span} reached") for cap in caps if cap.reached]
    until = max((at for at, _ in held), default=None)
    reason = next((why for at, why in held if at == until), "")
    off = _off_until(rules.windows, until or now, zone)
    if off is not None:
        # A window that stands where a cap ends only makes the pause longer: the cap is what to tell.
        until, reason = off, reason or "downloads are off at this time of day"
    limits = [rules.total_bps, *(each.limit_bps for each in rules.windows if each.until(now, zone))]
    return Allowance(
        total_bps=min((limit for limit in limits if limit), default=None),
        held_until=until,
        reason=reason,
        caps=caps,
    )


def share(total_bps: int | None, each_bps: int | None, downloads: int) -> int | None:
    """Bytes a second for each of the running downloads; `each_bps` None or 0: no limit of its own."""
    if total_bps is None:
        return each_bps
    part = max(LEAST_BPS, total_bps // max(1, downloads))
    return min(part, each_bps) if each_bps else part


def day_of(now: datetime, zone: tzinfo | None = None) -> date:
    """The local day of a moment."""
    return _wall(now, zone).date()


def moment_of(wall: datetime, zone: tzinfo | None) -> datetime:
    """The first moment, UTC, at which the clocks show that naive time, or a later one if they skip it."""
    at = min(_at(wall.replace(fold=fold), zone) for fold in (0, 1))
    while _wall(at, zone) < wall:
        at += _MINUTE
    return at


def month_around(day: date, begins: int) -> tuple[date, date]:
    """The first day of the month of the cap, and of the next one."""
    first = day.replace(day=begins)
    if first > day:
        first = (day.replace(day=1) - _DAY).replace(day=begins)
    return first, (first.replace(day=1) + 32 * _DAY).replace(day=begins)


def parse_days(text: str) -> tuple[int, ...]:
    """`mon-fri`, `sat,sun`, `daily` as numbers of days; raises `ValueError`."""
    if text.strip().lower() in ("daily", "all", ""):
        return tuple(range(7))
    found: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = (each.strip()[:3] for each in part.partition("-"))
        if first not in _DAYS or (last and last not in _DAYS):
            raise ValueError(f"days should be {', '.join(_DAYS)}, with - and , such as mon-fri or sat,sun")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found |= {n % 7 for n in range(begin, end + 1 if end >= begin else end + 8)}
    return tuple(sorted(found))


def parse_time(text: str) -> int:
    """`08:30` as minutes after midnight, up to `24:00`; raises `ValueError`."""
    hours, colon, minutes = text.strip().partition(":")
    if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < 60:
        total = int(hours) * 60 + int(minutes)
        if total <= 24 * 60:
            return total
    raise ValueError("a time of day should be written as 08:30, from 00:00 to 24:00")


def _caps(rules: BandwidthRules, used: Mapping[date, int], now: datetime, zone: tzinfo | None) -> list[Cap]:
    today = day_of(now, zone)
    found = []
    spans = (
        ("today", rules.day_cap, today, today + _DAY),
        ("this month", rules.month_cap, *month_around(today, rules.month_begins)),
    )
    for span, most, first, after in spans:
        if most is not None:
            total = sum(count for day, count in used.items() if first <= day < after)
            renewed = moment_of(datetime.combine(after, time()), zone)
            found.append(Cap(span=span, used=total, most=most, renewed_at=renewed))
    return found


def _off_until(windows: tuple[Window, ...], at: datetime, zone: tzinfo | None) -> datetime | None:
    """When downloads may go on again, if a window forbids them at that moment."""
    off = [each for each in windows if each.limit_bps is None]
    end, last = None, at + _FAR * _DAY
    while at < last:
        ends = [until for each in off if (until := each.until(at, zone)) is not None]
        if not ends:
            return end
        end = at = max(ends)
    return end


def _wall(at: datetime, zone: tzinfo | None) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _at(wall: datetime, zone: tzinfo | None) -> datetime:
    return (wall if zone is None else wall.replace(tzinfo=zone)).astimezone(UTC)


def _as_days(days: tuple[int, ...]) -> str:
    if len(days) == 7:
        return "daily"
    consecutive = all(b == a + 1 for a, b in pairwise(days))
    if consecutive and len(days) > 2:
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return ",".join(_DAYS[day] for day in days)


def _as_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _as_size(count: int) -> str:
    for unit, factor in (("G", 1024**3), ("M", 1024**2), ("k", 1024)):
        if count % factor == 0:
            return f"{count // factor}{unit}"
    return str(count)
