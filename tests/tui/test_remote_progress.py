"""A second screen on the same state: it sees what is downloaded in the first one as it goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from conftest import Stage, shown
from test_queue import submit

from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.tui.bridge import EngineState

Make = Callable[..., Stage]
BAR = re.compile(r" \d+% .*kB/s  .* left")


@pytest.mark.ci
async def test_a_remote_shows_bars_speed_and_time_and_loses_them_with_the_engine(
    stage: Make, youtube: ControlClient
) -> None:
    youtube.set(connection_bps=150_000)
    engine, remote = stage(), stage()
    async with shown(engine):
        await submit(engine, sized_id("4M"))
        async with shown(remote):
            assert remote.bridge.pulse.state is EngineState.REMOTE
            await remote.until(lambda: BAR.search(remote.screen_text()))
            await remote.until(lambda: remote.bridge.pulse.speed > 0 and remote.bridge.pulse.left_s)
            engine.bridge.hurry()
            await engine.bridge.close()
            await remote.until(lambda: "take-over" in remote.screen_text())
            await remote.until(lambda: remote.bridge.pulse.speed == 0)
            assert not BAR.search(remote.screen_text())
