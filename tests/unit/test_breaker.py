"""The circuit breaker: when a site that refused is asked again, and what closes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ytarchive_tui.domain.breaker import WIDE, Breaker, CoolDown, Says, answered, probing, refused, said_by
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = CoolDown(delays_s=(60, 600), jitter=0.2)
TOO_MANY = Failure(failure_class=FailureClass.THROTTLED, sentence="too many requests")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def refuse(
    breaker: Breaker, at_s: float = 0, *, failure: Failure = TOO_MANY, probe: bool = False, before: int = 0,
    chance: float = 0.0,
) -> Breaker:  # fmt: skip
    return refused(breaker, failure, RULES, now=later(at_s), chance=chance, probe=probe, before=before)


def test_a_refusal_opens_it_until_one_probe_may_go() -> None:
    breaker = refuse(Breaker())
    assert breaker.is_open and breaker.since == NOW
    assert (breaker.cause, breaker.sentence) == (FailureClass.THROTTLED, "too many requests")
    assert [breaker.probe_in_s(None, later(each)) for each in (0, 59, 60, 99)] == [60, 1, 0, 0]


def test_cool_downs_grow_with_jitter_and_the_last_one_repeats() -> None:
    breaker = refuse(Breaker(), chance=0.5)
    lasts = [breaker.lasts_s]
    for n in range(1, 4):
        breaker = refuse(breaker, n * 1000, probe=True)
        lasts.append(breaker.lasts_s)
    assert lasts == [66, 600, 600, 600]
    assert (breaker.trips, breaker.since) == (4, NOW)


def test_what_the_site_asks_for_goes_before_our_own_cool_down() -> None:
    def told(seconds: float) -> Failure:
        return TOO_MANY.model_copy(update={"evidence": Evidence(retry_after_s=seconds)})

    assert refuse(Breaker(), failure=told(7)).lasts_s == 7
    assert refuse(Breaker(), failure=told(1e9)).lasts_s == 86_400
    again = refuse(refuse(Breaker(), failure=told(0)), 1, failure=told(0), probe=True)
    assert again.lasts_s == 600, "told to come at once, refused at once"


def test_refusals_of_jobs_that_had_begun_before_make_it_no_longer() -> None:
    breaker = refuse(Breaker())
    assert refuse(breaker, 5) == breaker


def test_only_the_probe_closes_it_and_then_the_window_doubles() -> None:
    breaker = refuse(Breaker())
    assert answered(breaker, now=later(10), probe=False) == breaker
    breaker = answered(breaker, now=later(61), probe=True)
    windows = [breaker.window]
    for _ in range(6):
        breaker = answered(breaker, now=later(70), probe=False)
        windows.append(breaker.window)
    assert windows == [1, 2, 4, 8, 16, WIDE, WIDE]
    assert not breaker.is_open


@pytest.mark.parametrize(("after_s", "lasts_s"), [(30, 600), (90, 60)])
def test_a_refusal_soon_after_it_closed_lasts_longer(after_s: float, lasts_s: float) -> None:
    closed = answered(refuse(Breaker()), now=later(60), probe=True)
    assert refuse(closed, 60 + after_s).lasts_s == lasts_s


def test_a_program_that_dies_in_its_probe_probes_no_sooner_for_that() -> None:
    breaker = probing(refuse(Breaker()), later(60))
    assert breaker.probe_in_s(None, later(61)) == 59


def test_a_clock_that_was_set_back_does_not_hold_it_open() -> None:
    assert refuse(Breaker()).probe_in_s(None, later(-86_400)) == 0


def test_one_video_that_is_refused_again_while_others_are_answered_holds_up_nobody() -> None:
    closed = answered(refuse(Breaker()), now=later(60), probe=True)
    borne = refuse(closed, 70, before=1)
    assert not borne.is_open
    assert refuse(borne, 75, before=2).is_open, "two in a row are no accident"
    calm = answered(borne, now=later(75), probe=False)
    assert not refuse(calm, 80, before=2).is_open


def test_a_person_may_cut_the_cool_down_short() -> None:
    assert refuse(Breaker()).due_at_once().probe_in_s(None, later(1)) == 0


def test_what_each_end_says_of_the_site() -> None:
    told = {each: said_by(Failure(failure_class=each, sentence="")) for each in FailureClass}
    assert [each for each, says in told.items() if says is Says.REFUSED] == [
        FailureClass.THROTTLED,
        FailureClass.BOT_CHECK,
    ]
    assert [each for each, says in told.items() if says is Says.BROKEN] == [FailureClass.NET_TRANSIENT]
    assert told[FailureClass.GONE] is Says.ANSWERED and told[FailureClass.LOCAL_DISK] is Says.NOTHING
    assert said_by(None) is Says.ANSWERED


def test_the_probe_is_of_the_refused_stage_or_much_later_of_another() -> None:
    breaker = refused(
        Breaker(), TOO_MANY, RULES, now=NOW, chance=0, probe=False, before=0, stage=Stage.METADATA
    )
    assert breaker.probe_in_s(Stage.METADATA, later(60)) == 0
    assert [breaker.probe_in_s(Stage.DOWNLOAD, later(each)) for each in (60, 120)] == [60, 0]
