"""The budget of requests: generous until the site refuses, then half as fast, then slowly faster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ytarchive_tui.domain.governor import (
    Budget,
    GovernorRules,
    after_answer,
    after_refusal,
    cost_of,
    fresh,
    now_is,
    spent,
    wait_s,
)
from ytarchive_tui.domain.models import JobOptions, Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = GovernorRules(per_hour=1000, window_s=60)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def asked(budget: Budget, requests: int, over_s: float, start_s: float = 0) -> Budget:
    for n in range(requests):
        budget = spent(budget, RULES, 1, later(start_s + n * over_s / requests))
    return budget


def test_an_hour_s_worth_may_be_asked_at_once_and_then_it_fills_up_again() -> None:
    budget = fresh(RULES, NOW)
    assert wait_s(budget, RULES, 2, NOW) == 0
    empty = spent(budget, RULES, 1000, NOW)
    assert wait_s(empty, RULES, 2, NOW) == pytest.approx(7.2)
    assert wait_s(empty, RULES, 2, later(7.3)) == 0
    assert now_is(empty, RULES, later(90_000)).left == 1000


def test_a_hundred_videos_are_not_slowed_down() -> None:
    budget = fresh(RULES, NOW)
    options = JobOptions(archive=Path("a"), subtitles=("en", "de"))
    for n in range(100):
        for stage in (Stage.METADATA, Stage.DOWNLOAD):
            cost = cost_of(stage, options)
            assert wait_s(budget, RULES, cost, later(n * 0.1)) == 0
            budget = spent(budget, RULES, cost, later(n * 0.1))


def test_a_refusal_halves_the_pace_that_brought_it() -> None:
    budget = after_refusal(asked(fresh(RULES, NOW), 10, over_s=60), RULES, later(60))
    assert 150 < budget.per_hour < 300, "ten a minute were too many"
    assert budget.left == 0
    waited = now_is(budget, RULES, later(100_000))
    assert waited.left == pytest.approx(budget.per_hour / 60), "no more than a minute's worth is saved up"


def test_no_burst_ever_exceeds_the_limit_of_the_settings_or_falls_to_nothing() -> None:
    budget = after_refusal(asked(fresh(RULES, NOW), 500, over_s=10), RULES, later(10))
    assert budget.per_hour == 500
    for _ in range(20):
        budget = after_refusal(budget, RULES, later(10))
    assert budget.per_hour == RULES.slowest_per_hour


def test_answers_raise_it_by_a_quarter_in_an_hour_and_never_above_the_settings() -> None:
    budget = Budget(per_hour=200, left=0, at=NOW)
    for _ in range(200):
        budget = after_answer(budget, RULES, 1)
    assert budget.per_hour == pytest.approx(250)
    assert after_answer(budget, RULES, 1_000_000).per_hour == 1000


def test_a_job_that_costs_more_than_can_be_saved_up_goes_when_the_bucket_is_full() -> None:
    slow = Budget(per_hour=RULES.slowest_per_hour, left=0, at=NOW)
    wait = wait_s(slow, RULES, 50, NOW)
    assert 0 < wait <= 360 and wait_s(slow, RULES, 50, later(wait)) == 0


def test_a_clock_that_went_back_gives_nothing_and_takes_nothing() -> None:
    budget = spent(fresh(RULES, NOW), RULES, 10, NOW)
    assert now_is(budget, RULES, later(-3600)).left == 990


def test_a_lower_setting_holds_at_once() -> None:
    assert now_is(fresh(RULES, NOW), GovernorRules(per_hour=60), NOW).left == 60
