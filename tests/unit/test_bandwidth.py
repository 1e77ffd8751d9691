"""Limits, windows and data caps: what is allowed when, by a clock of the test and real time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.unit.db.db_samples import Clock
from ytarchive_tui.db.bandwidth import BandwidthRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.bandwidth import (
    BandwidthRules,
    allowance,
    day_of,
    moment_of,
    month_around,
    parse_days,
    share,
)
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.services.bandwidth import BandwidthService
from ytarchive_tui.settings.load import load
from ytarchive_tui.settings.show import shown
from ytarchive_tui.workers.bandwidth import Bandwidth

BERLIN = ZoneInfo("Europe/Berlin")
MB, GB = 10**6, 10**9


def windows(*texts: str) -> BandwidthRules:
    settings = load({"bandwidth.windows": list(texts)}, {}).settings
    return settings.bandwidth.rules()


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


# The week


def test_a_window_limits_all_downloads_together_on_its_days() -> None:
    rules = windows("mon-fri 08:00-18:00 1M").model_copy(update={"total_bps": 5 * 2**20})
    assert allowance(rules, {}, at("2026-11-30 08:00"), BERLIN).total_bps == 2**20
    assert allowance(rules, {}, at("2026-11-30 07:59"), BERLIN).total_bps == 5 * 2**20
    assert allowance(rules, {}, at("2026-11-30 18:00"), BERLIN).total_bps == 5 * 2**20
    assert allowance(rules, {}, at("2026-11-29 12:00"), BERLIN).total_bps == 5 * 2**20


def test_off_holds_downloads_until_the_window_ends_also_past_midnight() -> None:
    rules = windows("fri 22:00-06:30 off")
    for moment in ("2026-11-27 22:00", "2026-11-28 01:00", "2026-11-28 06:29"):
        held = allowance(rules, {}, at(moment), BERLIN)
        assert held.held_until == at("2026-11-28 06:30"), moment
        assert held.reason == "downloads are off at this time of day"
    for moment in ("2026-11-27 21:59", "2026-11-28 06:30", "2026-11-28 23:00"):
        assert allowance(rules, {}, at(moment), BERLIN).held_until is None, moment


def test_windows_that_follow_each_other_are_one_pause_and_the_strictest_limit_counts() -> None:
    rules = windows(
        "daily 08:00-12:00 off", "daily 12:00-14:00 off", "daily 10:00-20:00 2M", "daily 00:00-24:00 1M"
    )
    assert allowance(rules, {}, at("2026-11-30 09:00"), BERLIN).held_until == at("2026-11-30 14:00")
    assert allowance(rules, {}, at("2026-11-30 15:00"), BERLIN).total_bps == 2**20


def test_always_off_is_told_as_far_as_it_is_looked() -> None:
    held = allowance(windows("daily 00:00-24:00 off"), {}, at("2026-11-30 09:00"), BERLIN)
    assert held.held_until is not None and held.held_until >= at("2026-12-07 00:00")


# The clocks change


def test_when_the_clocks_skip_the_walls_of_a_window_it_begins_with_the_first_moment_after() -> None:
    # 29 March 2026: 02:00 is followed by 03:00.
    rules = windows("sun 02:30-05:00 off")
    assert allowance(rules, {}, at("2026-03-29 01:59"), BERLIN).held_until is None
    held = allowance(rules, {}, at("2026-03-29 03:00"), BERLIN)
    assert held.held_until == datetime(2026, 3, 29, 3, 0, tzinfo=UTC)
    assert moment_of(datetime(2026, 3, 29, 2, 30), BERLIN) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_begins_and_ends_a_window_once() -> None:
    # 25 October 2026: 03:00 is followed by 02:00.
    rules = windows("sun 02:30-03:30 off")
    first, second = at("2026-10-25 02:45"), at("2026-10-25 02:45", fold=1)
    assert second - first == timedelta(hours=1)
    for moment in (first, second, at("2026-10-25 02:15", fold=1)):
        assert allowance(rules, {}, moment, BERLIN).held_until == at("2026-10-25 03:30")
    ends = windows("sun 01:00-02:30 off")
    assert allowance(ends, {}, at("2026-10-25 02:29"), BERLIN).held_until == at("2026-10-25 02:30")
    assert allowance(ends, {}, at("2026-10-25 02:15", fold=1), BERLIN).held_until is None


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-30"])
def test_a_window_of_a_day_has_as_many_hours_as_the_day(day: str) -> None:
    rules = windows("daily 00:00-24:00 off")
    window = rules.windows[0]
    begins, ends = window.around(date.fromisoformat(day), BERLIN)
    hours = {"2026-03-29": 23, "2026-10-25": 25, "2026-11-30": 24}[day]
    assert ends - begins == timedelta(hours=hours)


# Caps


def test_a_day_cap_holds_until_local_midnight_and_counts_local_days() -> None:
    rules = BandwidthRules(day_cap=5 * GB)
    late = at("2026-11-30 23:30")
    day = day_of(late, BERLIN)
    assert day == date(2026, 11, 30)
    held = allowance(rules, {day: 5 * GB}, late, BERLIN)
    assert held.held_until == at("2026-12-01 00:00") == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert held.reason == "data cap for today reached"
    assert allowance(rules, {day: 5 * GB}, at("2026-12-01 00:00"), BERLIN).held_until is None
    assert allowance(rules, {day: 5 * GB - 1}, late, BERLIN).held_until is None


def test_a_month_cap_adds_up_its_days_from_the_day_on_which_it_begins() -> None:
    rules = BandwidthRules(month_cap=10 * GB, day_cap=6 * GB, month_begins=15)
    used = {date(2026, 11, 14): 90 * GB, date(2026, 11, 15): 4 * GB, date(2026, 11, 30): 6 * GB}
    held = allowance(rules, used, at("2026-11-30 12:00"), BERLIN)
    # Both are reached; the later end is what counts.
    assert (held.held_until, held.reason) == (at("2026-12-15 00:00"), "data cap for this month reached")
    assert [cap.used for cap in held.caps] == [6 * GB, 10 * GB]


@pytest.mark.parametrize(
    ("day", "begins", "first", "after"),
    [
        ("2026-11-30", 1, "2026-11-01", "2026-12-01"),
        ("2026-12-31", 1, "2026-12-01", "2027-01-01"),
        ("2027-01-05", 28, "2026-12-28", "2027-01-28"),
        ("2027-02-28", 28, "2027-02-28", "2027-03-28"),
    ],
)
def test_the_month_of_the_cap(day: str, begins: int, first: str, after: str) -> None:
    assert month_around(date.fromisoformat(day), begins) == (
        date.fromisoformat(first),
        date.fromisoformat(after),
    )


def test_a_cap_that_ends_in_an_off_window_goes_on_after_the_window() -> None:
    rules = windows("daily 22:00-07:00 off").model_copy(update={"day_cap": GB})
    held = allowance(rules, {date(2026, 11, 30): GB}, at("2026-11-30 12:00"), BERLIN)
    assert (held.held_until, held.reason) == (at("2026-12-01 07:00"), "data cap for today reached")


def test_it_is_told_from_four_fifths_of_a_cap_on() -> None:
    def caps(used: int) -> tuple[bool, str]:
        (cap,) = allowance(
            BandwidthRules(day_cap=GB), {date(2026, 11, 30): used}, at("2026-11-30 12:00"), BERLIN
        ).caps
        return cap.near, cap.sentence()

    assert caps(799 * MB)[0] is False
    assert caps(840 * MB) == (True, "84 % of the data cap for today used (840 MB of 1.0 GB)")


def test_what_is_shared_is_never_less_than_a_connection_needs() -> None:
    assert share(None, None, 3) is None
    assert share(None, 500, 3) == 500
    assert share(3000, None, 2) == 1500
    assert share(9000, 2000, 2) == 2000
    assert share(9000, 0, 0) == 9000
    assert share(3000, None, 30) == 1024


# As it is set


def test_windows_are_written_as_tables_texts_or_one_variable(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[bandwidth]\nday_cap = "20G"\n[[bandwidth.windows]]\ndays = "mon-fri"\nfrom = "08:00"\n'
        'to = "18:00"\nlimit = "2M"\n[[bandwidth.windows]]\nfrom = "23:00"\nto = "06:00"\nlimit = "off"\n'
    )
    rows = {row.name: row.value for row in shown(load({}, {}, file))}
    assert rows["bandwidth.windows"] == "mon-fri 08:00-18:00 2M, daily 23:00-06:00 off"
    assert rows["bandwidth.day_cap"] == str(20 * 2**30)
    text = "sat,sun 09:00-24:00 500k; wed 00:00-24:00 off"
    again = load({}, {"YTARCHIVE_BANDWIDTH__WINDOWS": text}).settings.bandwidth.windows
    assert "; ".join(map(str, again)) == text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("always slow", "should be written as"),
        ("mon-fry 08:00-10:00 1M", "days should be mon, tue"),
        ("mon 8-10 1M", "a time of day should be written as 08:30"),
        ("mon 08:00-25:00 1M", "from 00:00 to 24:00"),
        ("mon 08:00-08:00 1M", "all day is 00:00-24:00"),
        ("mon 08:00-10:00 12", "at least 1k"),
        ("mon 08:00-10:00 fast", "such as 500k"),
    ],
)
def test_a_window_that_can_not_be_used_says_what_to_write(value: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        load({"bandwidth.windows": value}, {})
    assert told in str(refused.value)


def test_days_may_go_over_the_end_of_the_week() -> None:
    assert parse_days("fri-mon") == (0, 4, 5, 6)
    assert parse_days("Saturday, Sun") == (5, 6)


# Stored and obeyed


async def test_a_cap_survives_a_restart_and_is_told_to_whoever_asks(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "queue.db"
    rules = BandwidthRules(day_cap=10 * MB)

    async def none() -> None:
        return None

    async def two() -> int:
        return 2

    def line_of(db: Database) -> Bandwidth:
        return Bandwidth(BandwidthRows(db), rules, none, two, clock=clock, zone=BERLIN)

    async with await Database.open(path, clock=clock) as db:
        line, service = line_of(db), BandwidthService(db)
        await line.open()
        line.took(9 * MB)
        await line.look()
        assert (line.wait_s(), line.held) == (0, None)
        told = await service.line()
        assert told.why() is None
        assert told.warning() == "90 % of the data cap for today used (9.0 MB of 10.0 MB)"
        line.took(2 * MB)
        await line.look()
        assert line.held is not None and line.held.startswith("data cap for today reached")
        await line.close()
    async with await Database.open(path, clock=clock) as db:
        told = await BandwidthService(db).line()
        assert told.held_until == datetime(2026, 3, 1, 23, tzinfo=UTC)
        assert told.why() and "data cap for today reached: goes on" in told.why()  # type: ignore[operator]
        line = line_of(db)
        await line.open()
        assert line.wait_s() == 11 * 3600
        clock.forward(11 * 3600)
        await line.look()
        assert (line.wait_s(), line.held) == (0, None)
        assert (await BandwidthService(db).line()).why() is None
        kinds = [row["kind"] for row in await db.fetch("SELECT kind FROM journal ORDER BY id")]
        assert kinds == ["downloads_held", "downloads_free"]


async def test_what_could_not_be_stored_is_stored_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    async def none() -> None:
        return None

    async def two() -> int:
        return 2

    async def locked(self: BandwidthRows, day: date, count: int) -> None:
        raise OSError("the disk is full")

    async with await Database.open(tmp_path / "queue.db", clock=clock) as db:
        line = Bandwidth(
            BandwidthRows(db), BandwidthRules(day_cap=10 * MB), none, two, clock=clock, zone=BERLIN
        )
        await line.open()
        line.took(9 * MB)
        with monkeypatch.context() as refusing:
            refusing.setattr(BandwidthRows, "add", locked)
            with pytest.raises(OSError, match="full"):
                await line.close()
        line.took(MB)
        await line.close()
        again = Bandwidth(
            BandwidthRows(db), BandwidthRules(day_cap=10 * MB), none, two, clock=clock, zone=BERLIN
        )
        await again.open()
        assert again.held is not None


async def test_running_downloads_share_the_limit_of_all(tmp_path: Path) -> None:
    clock = Clock()

    async def each() -> int:
        return 900_000

    async def two() -> int:
        return 2

    async with await Database.open(tmp_path / "queue.db", clock=clock) as db:
        rules = BandwidthRules(total_bps=1_000_000)
        line = Bandwidth(BandwidthRows(db), rules, each, two, clock=clock)
        await line.open()
        assert await line.limit_bps() == 500_000
