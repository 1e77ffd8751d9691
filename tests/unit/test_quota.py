"""The quota's ledger: days by Pacific time, keys in rotation, and never a unit past the limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest
from metadata_samples import CANARY, Clock

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.quota import StoredLedger
from ytarchive_tui.domain import pacific
from ytarchive_tui.domain.pacific import quota_day, quota_renewed
from ytarchive_tui.domain.quota import THE_API, Charged, KeyStanding, NoneLeft, enough_for, fingerprint
from ytarchive_tui.services.quota import QuotaService


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state.db", clock=clock) as database:
        yield database


async def spend(ledger: StoredLedger, times: int, *keys: str, call: str = "videos.list") -> list[str]:
    charged = [await ledger.charge(keys or ("a",), call) for _ in range(times)]
    return [each.key for each in charged if isinstance(each, Charged)]


async def test_calls_cost_what_the_table_says(db: Database) -> None:
    ledger = StoredLedger(db, limit=10_000)
    await spend(ledger, 3)
    await spend(ledger, 2, call="captions.list")
    (standing,) = await ledger.standings(["a"])
    assert (standing.spent, standing.calls) == (103, {"captions.list": 2, "videos.list": 3})


async def test_one_key_after_the_other_and_none_past_its_limit(db: Database) -> None:
    ledger = StoredLedger(db, limit=2)
    assert await spend(ledger, 6, "a", "b") == ["a", "a", "b", "b"]
    left = await ledger.charge(("a", "b"), "videos.list")
    assert isinstance(left, NoneLeft) and left.until == quota_renewed(datetime(2026, 6, 1, 12, tzinfo=UTC))


async def test_a_dear_call_takes_the_key_that_can_pay_it(db: Database) -> None:
    ledger = StoredLedger(db, limit=60)
    await spend(ledger, 20)
    assert await spend(ledger, 1, "a", "b", call="captions.list") == ["b"]


async def test_the_reserve_is_for_those_who_may_spend_it(db: Database) -> None:
    assert len(await spend(StoredLedger(db, limit=5, reserve=2), 9)) == 3
    assert len(await spend(StoredLedger(db, limit=5), 9)) == 2


async def test_the_account_outlives_the_program_and_begins_anew_with_the_day(
    tmp_path: Path, clock: Clock
) -> None:
    for _ in range(2):
        async with await Database.open(tmp_path / "state.db", clock=clock) as db:
            await spend(StoredLedger(db, limit=10), 3)
    async with await Database.open(tmp_path / "state.db", clock=clock) as db:
        ledger = StoredLedger(db, limit=10)
        (before,) = await ledger.standings(["a"])
        clock.now = quota_renewed(clock.now)
        (after,) = await ledger.standings(["a"])
    assert (before.spent, after.spent) == (6, 0)


async def test_two_processes_share_one_account(tmp_path: Path, db: Database, clock: Clock) -> None:
    async with await Database.open(tmp_path / "state.db", clock=clock) as other:
        ledgers = [StoredLedger(each, limit=20) for each in (db, other)]
        charged = await asyncio.gather(*(ledgers[n % 2].charge(("a",), "videos.list") for n in range(40)))
    assert sum(isinstance(each, Charged) for each in charged) == 20


async def test_four_fifths_are_told_once(db: Database) -> None:
    ledger = StoredLedger(db, limit=10)
    charged = [await ledger.charge(("a",), "videos.list") for _ in range(10)]
    assert [n for n, each in enumerate(charged, 1) if isinstance(each, Charged) and each.warn] == [8]


async def test_a_resting_key_is_passed_over_until_its_time(db: Database, clock: Clock) -> None:
    ledger = StoredLedger(db, limit=10)
    await ledger.rest("a", clock.now + timedelta(hours=1), "ApiKeyRefused", "API key not valid")
    assert await spend(ledger, 1, "a", "b") == ["b"]
    left = await ledger.charge(("a",), "videos.list")
    assert left == NoneLeft("ApiKeyRefused", "API key not valid", clock.now + timedelta(hours=1))
    clock.now += timedelta(hours=1)
    assert await spend(ledger, 1, "a") == ["a"]


async def test_a_call_given_back_leaves_no_trace(db: Database) -> None:
    ledger = StoredLedger(db, limit=10)
    charged = await ledger.charge(("a",), "captions.list")
    assert isinstance(charged, NoneLeft), "50 units are more than 10"
    charged = await ledger.charge(("a",), "videos.list")
    assert isinstance(charged, Charged)
    await ledger.give_back(charged)
    (standing,) = await ledger.standings(["a"])
    assert (standing.spent, standing.calls) == (0, {})


def test_what_is_left_is_enough_for() -> None:
    keys = [
        KeyStanding(key="a", limit=10_000, spent=9_970, calls={}),
        KeyStanding(key="b", limit=10_000, spent=9_970, calls={}),
        KeyStanding(key="c", limit=10_000, spent=0, calls={}, resting_until=datetime.now(UTC), why="x"),
    ]
    told = {each.call: (each.calls, each.things) for each in enough_for(keys)}
    # 30 and 30 units are not enough for a call of 50.
    assert told == {"videos.list": (60, 3000), "playlistItems.list": (60, 3000), "captions.list": (0, 0)}


def test_a_key_is_not_told_by_its_fingerprint() -> None:
    assert len(fingerprint(CANARY)) == 12 and fingerprint(CANARY)[:6] not in CANARY
    assert fingerprint(CANARY) == fingerprint(CANARY) != fingerprint(CANARY + "x")


DAYS = [
    # moment, day, next midnight (UTC): standard time, summer time, and the days on which the clocks change
    (datetime(2026, 3, 1, 7, 59, tzinfo=UTC), "2026-02-28", datetime(2026, 3, 1, 8, tzinfo=UTC)),
    (datetime(2026, 7, 1, 7, tzinfo=UTC), "2026-07-01", datetime(2026, 7, 2, 7, tzinfo=UTC)),
    (datetime(2026, 3, 8, 9, tzinfo=UTC), "2026-03-08", datetime(2026, 3, 9, 7, tzinfo=UTC)),
    (datetime(2026, 3, 8, 7, 59, tzinfo=UTC), "2026-03-07", datetime(2026, 3, 8, 8, tzinfo=UTC)),
    (datetime(2026, 11, 1, 6, 59, tzinfo=UTC), "2026-10-31", datetime(2026, 11, 1, 7, tzinfo=UTC)),
    (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), "2026-11-01", datetime(2026, 11, 2, 8, tzinfo=UTC)),
    (datetime(2027, 11, 7, 9, 30, tzinfo=UTC), "2027-11-07", datetime(2027, 11, 8, 8, tzinfo=UTC)),
]


@pytest.mark.parametrize("with_zones", [True, False])
@pytest.mark.parametrize(("at", "day", "midnight"), DAYS)
def test_the_day_is_the_pacific_one(
    at: datetime, day: str, midnight: datetime, with_zones: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_zones:

        def missing(name: str) -> None:
            raise ZoneInfoNotFoundError(name)

        monkeypatch.setattr(pacific, "ZoneInfo", missing)
    assert quota_day(at).isoformat() == day
    assert quota_renewed(at) == midnight


def test_without_zone_data_the_days_are_the_same_in_ten_years(monkeypatch: pytest.MonkeyPatch) -> None:
    days = [(year, month, day) for year in range(2024, 2034) for month in (3, 11) for day in range(1, 17)]
    hours = [datetime(*day, hour, tzinfo=UTC) for day in days for hour in range(6, 12)]
    told = [quota_day(hour) for hour in hours]
    monkeypatch.setattr(pacific, "ZoneInfo", lambda name: (_ for _ in ()).throw(ZoneInfoNotFoundError(name)))
    assert [quota_day(hour) for hour in hours] == told


async def test_the_status_line_says_when_the_background_goes_another_way(db: Database, clock: Clock) -> None:
    service = QuotaService(db, ["one-key"], limit=10, reserve=2)
    key, ledger = fingerprint("one-key"), StoredLedger(db, limit=10)
    assert await service.wordings() == ()
    await spend(ledger, 7, key)
    assert await service.wordings() == ()
    await spend(ledger, 1, key)
    back = quota_renewed(clock.now).astimezone()
    assert await service.wordings() == (
        f"without the Data API until {back:%H:%M}: its quota is spent, yt-dlp tells the metadata",
        f"no Data API until {back:%H:%M}",
    )
    assert (await service.report()).left == 2
    assert await QuotaService(db, [], limit=10).wordings() == ()
    almost = QuotaService(db, ["one-key"], limit=10)
    assert await almost.wordings() == ("Data API: 2 of 10 units left today", "API quota low")
    await ledger.rest(key, clock.now + timedelta(hours=1), "ApiKeyRefused", "API key not valid")
    assert "its keys rest" in (await almost.wordings())[0]
    await ledger.rest(THE_API, clock.now + timedelta(minutes=1), "ApiBroken", "the answer is not JSON")
    assert (await QuotaService(db, ["another"], limit=10).report()).broken is not None
    assert await QuotaService(db, ["another"], limit=10).detour() is None, "a minute is no news for a batch"
