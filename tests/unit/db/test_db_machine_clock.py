"""The queue keeps its promises while the clock jumps by days, in many steps of any order."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from test_db_machine import QueueMachine

JUMPS_S = (-86_400, -3600, 3600, 86_400)


class JumpingClock(QueueMachine):
    """All that workers, people and restarts do, under a clock that can't be trusted."""

    @rule(seconds=st.sampled_from(JUMPS_S))
    def clock_jumps(self, seconds: int) -> None:
        self.clock.forward(seconds)
        self.seconds += seconds


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        JumpingClock,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_jumping_clock() -> None:
    run(10, 30)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_steps(part: int) -> None:
    run(100, 100)
