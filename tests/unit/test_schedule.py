"""Schedules over years: each occurrence once, whatever the clock does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ytarchive_tui.domain.schedule import BadSchedule, Schedule, parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 1, tzinfo=UTC)


def live(schedule: Schedule, clock: list[datetime]) -> list[datetime]:
    """The moments at which it ran, of a program that looks at the clock at these moments."""
    planned, made, ran = schedule.after(clock[0]), clock[0], []
    for now in clock[1:]:
        turn = schedule.turn(planned, made, 1, now)
        if turn.planned != planned:
            planned, made = turn.planned, now
        if turn.due:
            ran.append(now)
    return ran


def every(minutes: float, days: int, start: datetime = START) -> list[datetime]:
    return [start + timedelta(minutes=minutes) * n for n in range(int(days * 1440 / minutes))]


@pytest.mark.parametrize("at", ["0 3", "30 2", "30 1"])
def test_a_daily_run_comes_once_a_day_for_three_years(at: str) -> None:
    ran = live(parse_schedule(f"{at} * * *", zone="Europe/Berlin"), every(30, 3 * 365))
    days = Counter(each.astimezone(BERLIN).date() for each in ran)
    assert set(days.values()) == {1}
    assert len(days) in (3 * 365 - 1, 3 * 365)


def test_both_changes_of_the_clocks() -> None:
    """2:30 does not exist on 29 March 2026 and comes twice on 25 October."""
    ran = live(parse_schedule("30 2 * * *", zone="Europe/Berlin"), every(30, 365))
    on = {each.astimezone(BERLIN).date(): each for each in ran}
    assert len(on) == len(ran) == 365
    assert on[date(2026, 3, 29)] == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert on[date(2026, 10, 25)] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hourly_run_keeps_to_real_hours() -> None:
    ran = live(parse_schedule("0 * * * *", zone="Europe/Berlin"), every(30, 365))
    assert {b - a for a, b in pairwise(ran)} == {timedelta(hours=1)}


def test_missed_runs_are_made_up_once() -> None:
    schedule = parse_schedule("0 3 * * *")
    awake = [each for each in every(10, 30) if not 5 <= (each - START).days < 12]
    ran = live(schedule, awake)
    assert len(ran) == 30 - 7 + 1
    assert sum((each - START).days == 12 for each in ran) == 2


def test_a_clock_that_steps_back_runs_nothing_twice() -> None:
    schedule = parse_schedule("0 3 * * *")
    clock = every(1, 2)
    stepped = [each - timedelta(minutes=5) for each in clock[181:]]
    ran = live(schedule, clock[:182] + stepped)
    assert [each.day for each in ran] == [1, 2]


def test_a_clock_that_was_years_ahead_does_not_silence_it() -> None:
    schedule = parse_schedule("0 3 * * *")
    ahead = [each + timedelta(days=5000) for each in every(10, 2)]
    ran = live(schedule, every(10, 3) + ahead + every(10, 10, START + timedelta(days=3)))
    assert len([each for each in ran if each.year == 2026]) == 13


@pytest.mark.parametrize("text", ["6h", "45m", "daily", "0 */4 * * *"])
def test_jitter_delays_but_loses_and_adds_nothing(text: str) -> None:
    schedule = parse_schedule(text, jitter_s=900)
    ran = live(schedule, every(5, 30))
    plain = live(parse_schedule(text, jitter_s=0), every(5, 30))
    assert abs(len(ran) - len(plain)) <= 1
    late = [(each - START).total_seconds() % 900 for each in ran]
    assert len(set(late)) > 2 and ran != plain
    assert schedule.run_at(START, 1) == schedule.run_at(START, 1) != schedule.run_at(START, 2)


def test_an_interval_keeps_its_beat() -> None:
    schedule = parse_schedule("6h", jitter_s=0)
    ran = live(schedule, [START, START + timedelta(hours=6, minutes=20), *every(10, 3)[40:]])
    assert [each.minute for each in ran[1:]] == [0] * (len(ran) - 1)


@pytest.mark.parametrize(
    "text", ["", "1m", "never", "0 3 * *", "61 3 * * *", "0 3 31 2 *", "* * * * * *", "400d", "-5h"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadSchedule):
        parse_schedule(text)
