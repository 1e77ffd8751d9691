"""Moments as the database keeps them: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def utcnow() -> datetime:
    """The wall clock, aware and in UTC."""
    return datetime.now(UTC)


def to_us(moment: datetime) -> int:
    """Microseconds of an aware moment."""
    return (moment - EPOCH) // MICROSECOND


@overload
def from_us(us: int) -> datetime: ...
@overload
def from_us(us: None) -> None: ...
def from_us(us: int | None) -> datetime | None:
    """The moment that `to_us` wrote; None stays None."""
    return None if us is None else EPOCH + us * MICROSECOND


def seconds(duration_s: float) -> int:
    """A duration in microseconds."""
    return round(duration_s * 1_000_000)
