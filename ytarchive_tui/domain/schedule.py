"""When a followed source is read next: cron expressions and intervals, in pure functions of the clock.

A schedule remembers only the next occurrence. Whatever the clock does meanwhile (sleep, a jump, a day
with 23 or 25 hours), an occurrence that has passed leads to one run, and the next one lies after that.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import Field, model_validator

from ytarchive_tui.domain.models import Frozen

WEEK_S = 7 * 24 * 3600.0
LEAST_S = 300.0
"""No source is read more often by itself."""


class BadSchedule(ValueError):
    """The text is no schedule; the message says why and what would be right."""


class Turn(NamedTuple):
    """What follows from a look at the clock."""

    due: bool
    planned: datetime
    """The occurrence to wait for from now on."""


class Schedule(Frozen):
    """Either a cron expression or an interval."""

    cron: str | None = None
    """Five fields, as Debian's cron reads them."""
    zone: str = "UTC"
    """IANA name of the time zone in which the expression is meant."""
    every_s: float | None = Field(default=None, ge=LEAST_S, le=366 * 24 * 3600)
    jitter_s: float = Field(default=0, ge=0, le=24 * 3600)
    """Each run begins later by up to this; which part of it follows from source and occurrence."""
    full_every_s: float = Field(default=WEEK_S, gt=0)
    """A reading of the newest pages becomes one of the whole list after this time."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.cron is None) == (self.every_s is None):
            raise ValueError("a schedule has either a cron expression or an interval")
        return self

    def after(self, moment: datetime, anchor: datetime | None = None) -> datetime:
        """The first occurrence later than `moment`, UTC; intervals are counted from `anchor`.

        Raises `BadSchedule` when there is none.
        """
        if self.every_s is not None:
            step = timedelta(seconds=self.every_s)
            anchor = anchor or moment
            return anchor + ((moment - anchor) // step + 1) * step
        assert self.cron is not None
        try:
            for found in CronSim(self.cron, moment.astimezone(ZoneInfo(self.zone))):
                if found.astimezone(UTC) > moment:
                    return found.astimezone(UTC)
        except CronSimError as error:
            raise BadSchedule(f"«{self.cron}» is no cron expression: {error}") from None
        raise BadSchedule(f"«{self.cron}» never happens")

    def turn(self, planned: datetime, made: datetime, source_id: int, now: datetime) -> Turn:
        """Whether the planned occurrence is to be run now, and what comes after it.

        However many were missed, one run makes up for them. `made`: when the plan was. A clock that stands
        before that was set back: by little, it is waited for; by more than an occurrence, the plan is too
        far off and is made anew, without a run.
        """
        if now >= self.run_at(planned, source_id):
            return Turn(True, self.after(max(now, planned), planned))
        if now < made:
            soon = self.after(now, planned)
            if planned > self.after(soon, planned):
                return Turn(False, soon)
        return Turn(False, planned)

    def run_at(self, planned: datetime, source_id: int) -> datetime:
        """The occurrence with its jitter, the same whenever it is asked for."""
        if not self.jitter_s:
            return planned
        told = hashlib.blake2b(f"{source_id} {planned.isoformat()}".encode(), digest_size=4).digest()
        return planned + timedelta(seconds=self.jitter_s * int.from_bytes(told, "big") / 2**32)


def parse_schedule(
    text: str, *, zone: str = "UTC", jitter_s: float | None = None, full_every_s: float = WEEK_S
) -> Schedule:
    """`6h`, `2d`, `daily`, or a cron expression; raises `BadSchedule`.

    Without a jitter of its own an interval gets a tenth of itself, and a cron expression none.
    """
    text = " ".join(text.split()).lower()
    seconds = {"hourly": 3600.0, "daily": 86400.0, "weekly": 7 * 86400.0}.get(text) or _interval(text)
    try:
        if seconds is not None:
            jitter = min(seconds / 10, 3600.0) if jitter_s is None else jitter_s
            made = Schedule(every_s=seconds, jitter_s=jitter, full_every_s=full_every_s)
        else:
            made = Schedule(cron=text.upper(), zone=zone, jitter_s=jitter_s or 0.0, full_every_s=full_every_s)
    except ValueError:
        raise BadSchedule("an interval lies between 5 minutes and a year, its jitter below a day") from None
    if made.cron is not None:
        if len(made.cron.split()) != 5:
            raise BadSchedule("write an interval such as 6h or 2d, or a cron expression of five fields")
        made.after(datetime(2000, 1, 1, tzinfo=UTC))
    return made


def interval(text: str) -> float:
    """`90m`, `6h`, `2d` or `1w` in seconds; raises `BadSchedule`."""
    seconds = _interval(text.lower())
    if seconds is None:
        raise BadSchedule(f"«{text}» is no interval; write one such as 90m, 6h, 2d or 1w")
    return seconds


def _interval(text: str) -> float | None:
    units = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
    number, unit = text[:-1], text[-1:]
    return float(number) * units[unit] if unit in units and number.isdecimal() and len(number) < 6 else None
