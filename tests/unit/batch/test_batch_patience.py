"""When a run stops waiting."""

from __future__ import annotations

import pytest

from ytarchive_tui.batch import patience
from ytarchive_tui.batch.run import TICK_S
from ytarchive_tui.batch.view import View
from ytarchive_tui.batch.view_json import JsonView
from ytarchive_tui.batch.view_live import LiveView
from ytarchive_tui.batch.view_plain import PlainView
from ytarchive_tui.services.queue_lines import Overview


def seen(**counts: float) -> Overview:
    nothing = dict.fromkeys(Overview.model_fields, 0)
    return Overview.model_validate({**nothing, "next_due_s": None, "hidden": {}, **counts})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    return now


def test_what_comes_due_again_and_again_without_an_end_runs_out(clock: list[float]) -> None:
    waits = patience.Patience(900)
    lasted = 0
    for second in range(2000):
        clock[0] += 1
        tried_again = second % 300 == 0
        now = (
            seen(total=1, running=1)
            if tried_again
            else seen(total=1, waiting=1, next_due_s=300 - second % 300)
        )
        if waits.is_out(now):
            break
        lasted += 1
    assert 900 <= lasted <= 910


def test_the_end_of_any_job_and_long_work_do_not_count_as_waiting(clock: list[float]) -> None:
    waits = patience.Patience(10)
    assert not waits.is_out(seen(total=2, running=1, waiting=1, next_due_s=1))
    clock[0] += 7200
    assert not waits.is_out(seen(total=2, running=1, running_s=7200, waiting=1, next_due_s=1))
    for done in (0, 1):
        for _ in range(4):
            clock[0] += 2
            assert not waits.is_out(seen(total=2, done=done, waiting=2 - done, next_due_s=1))
    clock[0] += 9
    assert waits.is_out(seen(total=2, done=1, waiting=1, next_due_s=1))


@pytest.mark.parametrize("before", [{"running": 1, "running_s": 50, "queued": 5}, {"queued": 6}])
def test_a_stage_that_ended_between_two_looks_has_time_for_its_next_one(
    clock: list[float], before: dict[str, float]
) -> None:
    waits = patience.Patience(10)
    assert not waits.is_out(seen(total=9, done=3, **before), None if "running" not in before else 900)
    for later in (1.25, 0.005):
        clock[0] += later
        assert not waits.is_out(seen(total=9, done=3, queued=6), 900)
    clock[0] += patience.SETTLED_S
    assert waits.is_out(seen(total=9, done=3, queued=6), 900)


@pytest.mark.parametrize("view", [PlainView, JsonView, LiveView])
def test_no_single_time_between_two_looks_is_a_wait(clock: list[float], view: type[View]) -> None:
    waits = patience.Patience(10)
    assert not waits.is_out(seen(total=9, done=2, queued=7), 900)
    clock[0] += view.pause_s + TICK_S
    assert not waits.is_out(seen(total=9, done=3, queued=6), 900)


def test_a_wait_beyond_the_limit_and_the_absence_of_any_end_it(clock: list[float]) -> None:
    assert patience.Patience(10).is_out(seen(total=1, waiting=1, next_due_s=11))
    assert patience.Patience(10).is_out(seen(total=1, done=1))


def test_what_is_queued_waits_as_long_as_the_site_is_left_alone(clock: list[float]) -> None:
    def ends_after(held_s: float, **counts: float) -> bool:
        waits = patience.Patience(10)
        assert not waits.is_out(seen(**counts), held_s), "what runs on may be about to begin"
        clock[0] += patience.SETTLED_S + 0.1
        return waits.is_out(seen(**counts), held_s)

    assert ends_after(600, total=5, queued=5)
    assert not ends_after(5, total=5, queued=5)
    assert not ends_after(600, total=5, queued=4, waiting=1, next_due_s=3)
    assert not ends_after(600, total=5, running=1, queued=4)
    assert patience.Patience(10).is_out(seen(total=5, done=5), 600)


def test_a_run_that_sees_only_jobs_that_look_for_room_again_runs_out(clock: list[float]) -> None:
    """Run and jobs wake at the same change, so that each look may find one that has just begun."""
    waits = patience.Patience(10)
    assert not waits.is_out(seen(total=1, running=1, trying=1))
    for _ in range(10):
        clock[0] += 1
        assert not waits.is_out(seen(total=1, running=1, trying=1, running_s=0.005))
    clock[0] += 1
    assert waits.is_out(seen(total=1, running=1, trying=1, running_s=0.005))


def test_what_is_queued_for_a_full_disk_waits_like_the_rest(clock: list[float]) -> None:
    waits = patience.Patience(10)
    counts = {"total": 70, "queued": 69, "held": 69, "waiting": 1, "next_due_s": 1}
    assert not waits.is_out(seen(**counts))
    clock[0] += 11
    assert not waits.is_out(seen(**counts | {"queued": 70})), "one of them can begin"
    clock[0] += 11
    assert not waits.is_out(seen(**counts)), "nobody knows for how long nothing could"
    clock[0] += 11
    assert waits.is_out(seen(**counts))
