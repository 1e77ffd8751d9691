"""The bars: they fit the terminal, and nothing that a stranger wrote reaches it as more than text."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pretend import job_line, overview
from rich.cells import cell_len
from rich.console import Console

from ytarchive_tui.batch.happenings import Happening, Kind
from ytarchive_tui.batch.view import State, Summary
from ytarchive_tui.batch.view_live import LiveView, render
from ytarchive_tui.domain.models import Progress, Stage, Status
from ytarchive_tui.services.quota import Detour

HOSTILE = "\x1b]0;owned\x07\x1b[31m[/b][link=file:///etc]港町の朝市を歩く \u202e" + "🦀" * 300
MERGING = Progress(
    job_id=1, stage=Stage.DOWNLOAD, activity="video", done=740, total=1000, speed=4.1e6, eta_s=72
)


def state(running: int = 3) -> State:
    live = [
        job_line(number, "a" * 11, "u", HOSTILE, status=Status.RUNNING, progress=MERGING)
        for number in range(running)
    ]
    held = [job_line(50, "b" * 11, "u", "t", status=Status.BLOCKED, reason="members only\x1b[2J")] * 2
    count = overview(total=40, done=10, running=running, blocked=2)
    return State(count, live, held)


def drawn(width: int, height: int = 24, running: int = 3) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(render(state(running), width, height))
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_line_fits_the_terminal_and_holds_no_control_bytes(width: int) -> None:
    lines = drawn(width)
    assert len(lines) == 1 + 3 + 1
    assert all(cell_len(line) <= width for line in lines)
    assert all(line.isprintable() and "\u202e" not in line for line in lines)


def test_it_shows_the_whole_each_job_and_why_others_wait() -> None:
    overall, job, *_, why = drawn(110)
    assert "10 of 40 archived · 2 need you · 12.3 MB/s" in overall
    assert "[/b][link=file:///etc]港町" in job
    assert "video 74% 4.1 MB/s 1:12 left" in job
    assert why.strip() == "2 × needs you: members only"


def test_more_jobs_than_rows_are_counted() -> None:
    lines = drawn(80, height=10, running=20)
    assert len(lines) <= 10
    assert any("17 more running" in line for line in lines)


def test_finished_items_scroll_above_and_the_cursor_is_never_left_hidden() -> None:
    file = io.StringIO()
    console = Console(file=file, width=80, height=24, force_terminal=True)
    line = job_line(1, "a" * 11, "u", HOSTILE, status=Status.FAILED, reason="gone")
    with LiveView(console, None) as view:
        view.state(state())
        view.happened(Happening(Kind.FAILED, datetime.now(UTC), line))
        view.state(state())
        view.summary(Summary(overview(total=1, failed=1), 0, [line], 0, 3.0))
    text = file.getvalue()
    assert "failed" in text and "1 failed; 0 B in 0:03" in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")
    assert text.count("\x1b[?25l") == 1
    assert "owned" not in text and "\x1b[2J" not in text


def test_that_the_data_api_is_not_asked_any_more_is_told_above_the_bars() -> None:
    file = io.StringIO()
    with LiveView(Console(file=file, width=100, height=24, force_terminal=True), None) as view:
        view.state(state())
        view.detour(Detour("its quota is spent", datetime.now(UTC)))
        view.state(state())
    assert file.getvalue().count("its quota is spent, yt-dlp tells the metadata") == 1
