"""Named strategies of trying again: how they are written, and what they lead to."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest

from tests.unit.test_policy import NOW, RULES, job
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import Status
from ytarchive_tui.domain.policy import Transition, after_failure
from ytarchive_tui.domain.strategy import Past, Strategy, learned_s, next_delay_s, parse_strategy

C = FailureClass


def after(
    text: str, earlier: int = 0, cls: FailureClass = C.NET_TRANSIENT, evidence: Evidence | None = None
) -> Transition:
    failure = Failure(failure_class=cls, sentence="because", evidence=evidence or Evidence())
    strategies = {cls: parse_strategy(text)}
    before = job(last=cls if earlier else None, repeated=earlier)
    return after_failure(before, failure, RULES, now=NOW, chance=0.0, strategies=strategies)


def delays(text: str, cls: FailureClass = C.NET_TRANSIENT, most: int = 8) -> list[float | None]:
    return [after(text, earlier, cls).delay_s for earlier in range(most)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("usual", "usual"),
        ("NONE", "none"),
        ("exponential", "exponential"),
        ("exponential first=5s longest=1800 tries=6", "exponential first=5 longest=30m tries=6"),
        ("exponential factor=3 first=1.5m", "exponential first=90 factor=3"),
        ("fixed  every=600", "fixed every=10m"),
        ("adaptive shortest=36h longest=2d", "adaptive shortest=36h longest=2d"),
    ],
)
def test_a_strategy_is_shown_as_it_may_be_written(text: str, shown: str) -> None:
    strategy = parse_strategy(text)
    assert str(strategy) == shown
    assert parse_strategy(str(strategy)) == strategy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "one of usual, exponential, fixed, adaptive, none"),
        ("expo", "one of usual, exponential"),
        ("none tries=3", "«none» takes nothing more, not «tries=3»"),
        ("fixed first=3", "«fixed» takes every=…, tries=…, not «first=3»"),
        ("exponential first=soon", "a time such as 30, 90s, 15m, 6h or 2d"),
        ("exponential first=0", "a time such as"),
        ("fixed every=400d", "at most a year"),
        ("exponential factor=1", "above 1, at most 10"),
        ("adaptive tries=-1", "a number of tries"),
        ("adaptive shortest=2h longest=1h", "should not be below 2h"),
    ],
)
def test_what_can_not_be_used_is_refused_with_what_would_be_right(text: str, told: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_strategy(text)
    assert told in str(refused.value)


def test_exponential_grows_by_its_factor_to_its_bound_and_ends_with_its_tries() -> None:
    assert delays("exponential first=10 factor=3 longest=5m tries=6") == [
        10,
        30,
        90,
        270,
        300,
        300,
        None,
        None,
    ]
    assert after("exponential tries=1", 1).status is Status.FAILED
    # What is left out comes from the class's own list: 5 s to half an hour, five tries.
    assert delays("exponential")[:6] == [5, 10, 20, 40, 80, None]


def test_exponential_is_stretched_by_chance() -> None:
    failure = Failure(failure_class=C.UNKNOWN, sentence="because")
    told = after_failure(
        job(), failure, RULES, now=NOW, chance=0.5, strategies={C.UNKNOWN: parse_strategy("fixed every=100")}
    )
    assert told.delay_s == pytest.approx(110)


def test_an_exponential_delay_never_overflows() -> None:
    assert next_delay_s(parse_strategy("exponential first=1 factor=10"), (1.0,), None, 10_000) == 32


def test_fixed_is_always_the_same() -> None:
    assert delays("fixed every=10m tries=3") == [600, 600, 600, *[None] * 5]


def test_none_ends_at_once_as_the_class_ends() -> None:
    assert after("none").status is Status.FAILED
    for cls in (C.BOT_CHECK, C.THROTTLED, C.LOCAL_DISK, C.UNKNOWN, C.INCOMPLETE, C.NOT_YET):
        assert after("none", cls=cls).status is Status.BLOCKED
    assert after("none", cls=C.INCOMPLETE).forget == "staging"


def test_classes_that_usually_need_someone_can_be_tried_again_without_end() -> None:
    assert delays("fixed every=1d", C.AUTH) == [86400] * 8
    assert delays("fixed every=1d tries=2", C.GEO)[1:4] == [86400, None, None]


def test_a_refused_address_goes_on_as_throttled_once_its_tries_are_used_up() -> None:
    first = after("fixed every=30 tries=1", 0, C.URL_EXPIRED)
    assert (first.delay_s, first.forget) == (30, "extraction")
    later = after("fixed every=30 tries=1", 2, C.URL_EXPIRED)
    assert later.delay_s == RULES.throttled_s[1]
    assert after("none", 0, C.URL_EXPIRED).delay_s == RULES.throttled_s[0]


@pytest.mark.parametrize("text", ["none", "fixed every=1m tries=2", "exponential tries=1", "usual"])
def test_an_unreachable_site_uses_up_no_tries_whatever_the_strategy(text: str) -> None:
    offline = Evidence(errno=errno.ENETUNREACH)
    assert after(text, 500, evidence=offline).status is Status.WAITING


def test_an_announced_video_waits_for_its_start_whatever_the_strategy() -> None:
    begins = Evidence(starts_at=NOW + timedelta(hours=7))
    assert after("none", cls=C.NOT_YET, evidence=begins).delay_s == pytest.approx(7 * 3600 + 60)
    assert after("fixed every=5m", cls=C.NOT_YET).delay_s == pytest.approx(360)


def past(*ends: tuple[float, bool]) -> list[Past]:
    return [Past(NOW + timedelta(seconds=at), good) for at, good in ends]


def test_adaptive_grows_after_failures_and_shrinks_after_successes_between_its_bounds() -> None:
    failures = past(*((n * 10_000, False) for n in range(10)))
    assert [learned_s(60, 1000, 2, failures[:n]) for n in range(7)] == [60, 120, 240, 480, 960, 1000, 1000]
    good = past(*((200_000 + n, True) for n in range(9)))
    assert [learned_s(60, 1000, 2, [*failures, *good[:n]]) for n in range(6)] == [
        1000,
        500,
        250,
        125,
        62.5,
        60,
    ]


def test_failures_that_come_at_once_are_one() -> None:
    assert learned_s(60, 86400, 2, past(*((n * 0.1, False) for n in range(200)))) == 120
    # The next one counts when the delay that the one before led to had passed.
    assert learned_s(60, 86400, 2, past((0, False), (59, False))) == 120
    assert learned_s(60, 86400, 2, past((0, False), (60, False), (179, False))) == 240
    assert learned_s(60, 86400, 2, past((0, False), (60, False), (180, False))) == 480


def test_a_clock_that_was_set_back_does_not_stop_the_learning() -> None:
    assert learned_s(60, 86400, 2, past((10_000, False), (0, False))) == 240


def test_adaptive_takes_what_was_learned() -> None:
    failure = Failure(failure_class=C.THROTTLED, sentence="because")
    told = after_failure(
        job(), failure, RULES, now=NOW, chance=0.0, past=past((0, False), (9_000, False)),
        strategies={C.THROTTLED: Strategy(name="adaptive", first_s=60, longest_s=3600)},  # type: ignore[arg-type]
    )  # fmt: skip
    assert (told.status, told.delay_s) == (Status.WAITING, 240)
