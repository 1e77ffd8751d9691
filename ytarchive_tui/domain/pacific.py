"""The day by which Google counts quotas: it begins at midnight Pacific time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_STANDARD = timedelta(hours=-8)


def quota_day(now: datetime) -> date:
    """The Pacific calendar day of an aware moment.

    https://developers.google.com/youtube/v3/determine_quota_cost
    """
    return now.astimezone(_pacific(now)).date()


def quota_renewed(now: datetime) -> datetime:
    """The next midnight Pacific time, in UTC."""
    tomorrow = quota_day(now) + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day)
    # The clocks change at 2 o'clock there, so an hour more or less names the same zone.
    zone = _pacific(midnight.replace(tzinfo=timezone(_STANDARD)))
    return midnight.replace(tzinfo=zone).astimezone(UTC)


def _pacific(at: datetime) -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a small container, or Windows without the package tzdata
        return timezone(_STANDARD + (timedelta(hours=1) if _in_summer(at) else timedelta()))


def _in_summer(at: datetime) -> bool:
    """From the second Sunday of March to the first of November, 2 o'clock: the law since 2007."""
    local = at.astimezone(timezone(_STANDARD)).replace(tzinfo=None)
    begins = _sunday(local.year, 3, 8) + timedelta(hours=2)
    ends = _sunday(local.year, 11, 1) + timedelta(hours=1)  # 2 o'clock in summer is 1 o'clock standard time
    return begins <= local < ends


def _sunday(year: int, month: int, earliest: int) -> datetime:
    first = datetime(year, month, earliest)
    return first + timedelta(days=(6 - first.weekday()) % 7)
