"""When the Data API refuses, breaks or hangs: the work goes on through yt-dlp, and the screen says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage, shown
from test_queue import SMALL, statuses, submit

from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.screens.logs import LogsScreen

Make = Callable[[str], Stage]
pytestmark = pytest.mark.ci


@pytest.fixture
def with_key(tmp_path: Path, sandbox: Addresses) -> Make:
    """A screen whose engine asks the API with that key."""

    def make(key: str) -> Stage:
        settings = Settings.model_validate({
            "archive": {"root": tmp_path / "archive"},
            "network": {"proxy": sandbox.proxy, "ca_file": sandbox.ca_file, "socket_timeout_s": 1.5},
            "youtube": {"api_keys": [key], "api_endpoint": sandbox.api},
        })  # fmt: skip
        return Stage(settings, tmp_path / "own", workers=True)

    return make


@pytest.mark.parametrize(
    ("key", "knobs", "below", "logged"),
    [
        ("no-such-key", {}, "its keys rest (API key not valid", "Google refuses the API key"),
        ("sandbox-key", {"api_keys": {"sandbox-key": 0}}, "its quota is spent",
                     "the Data API's quota is spent for today"),
        ("sandbox-key", {"api_fault": "rateLimitExceeded"}, "its keys rest (",
                     "too many requests at once"),
        ("sandbox-key", {"api_fault": "503"}, "the site has an error of its own (HTTP 503)",
                     "the site has an error of its own"),
        ("sandbox-key", {"api_fault": "malformed"}, "the Data API's answer is not JSON",
                     "the Data API's answer is not JSON"),
        ("sandbox-key", {"api_fault": "hang"}, "the site sent nothing for too long",
                     "the site sent nothing for too long"),
    ],
)  # fmt: skip
async def test_a_failing_api_has_a_line_on_the_screen_and_holds_nothing_up(
    with_key: Make, youtube: ControlClient, key: str, knobs: dict[str, object], below: str, logged: str
) -> None:
    youtube.set(**knobs)
    it = with_key(key)
    async with shown(it, (200, 36)) as pilot:
        await submit(it, SMALL)
        await it.until(lambda: statuses(it) == ["done"])
        await it.until(lambda: "without the Data API until" in it.screen_text())
        line = next(line for line in it.screen_text().splitlines() if "without the Data API" in line)
        assert below in line and "yt-dlp tells the metadata" in line
        await pilot.resize_terminal(80, 24)
        await it.until(lambda: "no Data API until" in it.screen_text())
        await pilot.resize_terminal(200, 36)
        await pilot.press("5")
        await it.until(lambda: isinstance(it.app.base, LogsScreen))
        await it.until(lambda: "the work goes on through yt-dlp" in it.screen_text())
        assert logged in it.screen_text()
