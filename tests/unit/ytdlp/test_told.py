"""What a running child is told, and how it keeps to a speed limit that changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from child_kit import Kit

from ytarchive_tui.ytdlp import task
from ytarchive_tui.ytdlp.child.pace import Pace


async def test_children_hear_what_is_said_before_and_while_they_run(kit: Kit) -> None:
    kit.pool.tell({"limit_bps": 1})

    async def on_event(event: dict[str, int]) -> None:
        if event["heard"] == 1:
            kit.pool.tell({"limit_bps": 2})

    answer = await kit.pool.run("listen", {"until": 2}, on_event)
    assert answer == {"heard": [1, 2]}


@pytest.fixture
def told() -> Iterator[dict[str, int]]:
    yield task.told
    task.told.clear()


def test_bytes_wait_for_their_time_and_a_lifted_limit_frees_them_at_once(told: dict[str, int]) -> None:
    pace = Pace()
    began = time.monotonic()
    pace.took(20_000, 100_000)
    assert time.monotonic() - began >= 0.19
    told["limit_bps"] = 1000
    waiting = threading.Thread(target=pace.took, args=(1_000_000, 100_000))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "a thousand seconds are owed"
    told["limit_bps"] = 0
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_lower_limit_does_not_make_up_for_what_came_before(told: dict[str, int]) -> None:
    pace = Pace()
    pace.took(100_000_000, None)
    told["limit_bps"] = 1_000_000
    began = time.monotonic()
    pace.took(1000, None)
    assert time.monotonic() - began < 5
