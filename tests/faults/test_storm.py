"""A site that bans, and a network that goes: no item fails, nothing is tried in vain, all is archived."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import Program
from end_to_end.site_holds import assert_left_alone, holds

from ytarchive_tui.sandbox.catalog import counted_playlist_id, playlist
from ytarchive_tui.sandbox.client import ControlClient

LONG = [pytest.mark.long, pytest.mark.timeout(3000)]
SETTINGS = {
    "RETRY__THROTTLED_S": "5",
    "RETRY__NETWORK_S": "0.3,0.3",
    "RETRY__PATIENCE_S": "120",
    "SITE__REQUESTS_PER_HOUR": "1000000",
    "ENGINE__METADATA_WORKERS": "3",
}


DEADLINE_S = 600.0


@pytest.mark.parametrize(
    ("kind", "items", "budget", "window_s", "ban_s", "cooldown_s"),
    [
        # So many requests are reached however slow the machine is, and only once.
        pytest.param("bot_check", 18, 24, 600, 2.0, "0.7,1", marks=pytest.mark.ci),
        pytest.param("429", 14, 20, 600, 1.5, "0.7,1", marks=pytest.mark.ci),
        # A minute takes 20 s here, and ten minutes of a ban take 60.
        pytest.param("bot_check", 500, 100, 20, 60.0, "6,12,24", marks=LONG),
        pytest.param("429", 500, 100, 20, 60.0, "6,12,24", marks=LONG),
    ],
)
def test_a_ban_costs_one_probe_for_each_cool_down_and_no_item(
    program: Program, youtube: ControlClient, kind: str, items: int, budget: int, window_s: float,
    ban_s: float, cooldown_s: str,
) -> None:  # fmt: skip
    youtube.set(budget_requests=budget, budget_window_s=window_s, ban_s=ban_s, ban_kind=kind)
    # In the short form the pace has nothing to do with the ban, so there is nothing to learn from it.
    long = {"SITE__WINDOW_S": "20", "ENGINE__LOOKAHEAD": "50"}
    learning = long if items > 99 else {"SITE__SLOWEST_PER_HOUR": "1000000"}
    listed = counted_playlist_id(items)

    run = program.run(
        [f"https://www.youtube.com/playlist?list={listed}"], "-j", "3",
        settings=SETTINGS | learning | {"SITE__COOLDOWN_S": cooldown_s}, timeout_s=2900,
    )  # fmt: skip

    assert run.code == 0, run.stderr.decode()
    assert run.of("failed") == run.of("blocked") == []
    entries = playlist(listed)
    assert entries is not None
    assert kept(program.archive).keys() == set(map(entries.video_id, range(items)))
    assert_tidy(program.archive, program.database)
    found, asked = holds(program.database), youtube.log()
    assert found, "the site never refused"
    assert_left_alone(program.database, found, asked)
    lasted = ", ".join(f"{hold.ends - hold.begins:.1f}" for hold in found)
    print(f"\n{kind}: {items} items, {len(asked)} requests, cool-downs of {lasted} s")


@pytest.mark.ci
def test_a_network_that_goes_twice_costs_no_attempt(program: Program, youtube: ControlClient) -> None:
    cut_twice(program, youtube, items=12)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a_network_that_goes_twice_under_five_hundred_items(program: Program, youtube: ControlClient) -> None:
    cut_twice(program, youtube, items=500)


def cut_twice(program: Program, youtube: ControlClient, items: int) -> None:
    listed = counted_playlist_id(items)
    settings = SETTINGS | {"SITE__OFFLINE_S": "0.5"}
    lines = [f"https://www.youtube.com/playlist?list={listed}"]
    # However long this process is kept waiting, not all may be archived before the second cut.
    youtube.set(latency_ms=300 if items < 99 else 0)
    with program.started(lines, "-j", "2", settings=settings) as run:
        for cut in (1, 2):
            wait_for(program, run, partial(has_archived, cut * items // 6))
            youtube.set(offline=True)
            wait_for(program, run, partial(was_told, "offline: work goes on by itself", cut))
            youtube.set(offline=False)
            wait_for(program, run, partial(was_told, "back online", cut))
        youtube.set(latency_ms=0)
        assert run.wait(2900) == 0, (program.folder / "err").read_text()
    entries = playlist(listed)
    assert entries is not None
    assert kept(program.archive).keys() == set(map(entries.video_id, range(items)))
    assert_tidy(program.archive, program.database)
    with closing(sqlite3.connect(program.database)) as db:
        blamed = db.execute("SELECT job_id, message FROM attempts WHERE outcome = 'failed'").fetchall()
    assert blamed == [], "being offline is no job's failure"


def has_archived(items: int, program: Program) -> bool:
    return (program.folder / "out").read_bytes().count(b'"event": "archived"') >= items


def was_told(text: str, times: int, program: Program) -> bool:
    return (program.folder / "err").read_text().count(text) == times


def wait_for(program: Program, run: subprocess.Popen[bytes], condition: Callable[[Program], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition(program):
        assert run.poll() is None and time.monotonic() < end, (program.folder / "err").read_text()
        time.sleep(0.05)
