"""A data cap and a window without downloads, on the real program: what waits, and how it goes on."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta
from typing import Any

import pytest
from end_to_end.archive_check import assert_plays, kept
from end_to_end.program import COMMAND, Program

from ytarchive_tui.sandbox.client import ControlClient

VIDEOS = ("aaaaaaaaaa1", "bbbbbbbbbb2", "cccccccccc3", "dddddddddd4")


def status(program: Program) -> dict[str, Any]:
    done = subprocess.run(
        [*COMMAND, "--state-dir", program.state, "status", "--json"],
        capture_output=True, env=program.environment(), check=True, timeout=30,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.ci
def test_at_the_cap_downloads_stop_with_what_they_have_and_go_on_when_there_is_more(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(total_bps=500_000, media_bytes=900_000)
    cap = {"BANDWIDTH__DAY_CAP": "1M", "ENGINE__DOWNLOADS": "2"}
    first = program.run(VIDEOS, settings=cap)

    assert first.code == 1, first.stderr.decode()
    assert "data cap for today reached: goes on at 00:00" in first.stderr.decode()
    assert not first.of("failed") and not first.of("blocked")
    told = status(program)
    assert told["bandwidth"]["sentences"][0] == "data cap for today reached: goes on at 00:00"
    (used,) = told["bandwidth"]["caps"]
    # Not a look's worth more than the cap: two downloads at this speed, and what the sockets hold.
    assert 2**20 <= used["used"] < 2**20 + 2_500_000
    assert told["jobs"]["queued"] + told["jobs"]["done"] == len(VIDEOS)
    assert told["jobs"]["queued"] > 0

    # Nothing is asked of the site for media before it is time.
    again = program.run(VIDEOS, settings=cap)
    assert status(program)["bandwidth"]["caps"][0]["used"] == used["used"], again.stderr.decode()

    youtube.set(total_bps=0)
    more = program.run(VIDEOS, settings={"BANDWIDTH__DAY_CAP": "500M"})
    assert more.code == 0, more.stderr.decode()
    assert set(kept(program.archive)) == set(VIDEOS)
    assert not status(program)["bandwidth"]["held"]


@pytest.mark.ci
def test_in_a_window_without_downloads_only_metadata_is_asked_for(
    program: Program, youtube: ControlClient
) -> None:
    now = datetime.now()
    begins, ends = (now + timedelta(hours=n) for n in (-1, 2))
    off = {"BANDWIDTH__WINDOWS": f"daily {begins:%H:%M}-{ends:%H:%M} off"}
    held = program.run(VIDEOS[:1], settings=off)
    assert held.code == 1
    assert "downloads are off at this time of day: goes on" in held.stderr.decode()
    assert status(program)["jobs"]["queued"] == 1
    free = program.run(VIDEOS[:1])
    assert free.code == 0
    (copy,) = kept(program.archive).values()
    assert_plays(copy)
