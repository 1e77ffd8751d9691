"""The benchmarks as tests: they print their tables, and fail only when something is far off.

docs/performance.md tells how to run them and what was seen.
"""

from __future__ import annotations

from pathlib import Path

import bench_kill
import bench_large
import bench_listing
import bench_screen
import bench_short
import pytest
from bench_measure import Row, ratio, table

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def show(capsys: pytest.CaptureFixture[str], title: str, rows: list[Row]) -> None:
    with capsys.disabled():
        print(f"\n{table(title, rows)}")


def test_forty_short_videos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = bench_short.short_videos(tmp_path)
    show(capsys, "40 short videos", bench_short.rows(runs))
    wall = {kind: [run.wall_s for run in found] for kind, found in runs.items()}
    cpu = {kind: [run.cpu_s for run in found] for kind, found in runs.items()}
    assert ratio(wall["ours -j 1"], wall["yt-dlp -a"]) < 1.3
    assert ratio(wall["ours -j 4"], wall["yt-dlp -a"]) < 0.5
    assert ratio(cpu["ours -j 4"], cpu["yt-dlp each"]) < 0.5
    assert ratio(cpu["ours -j 4"], cpu["yt-dlp -a"]) < 1.8


def test_sixteen_large_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    speeds = bench_large.large_files(tmp_path)
    show(capsys, "Large files", bench_large.rows(speeds))
    assert ratio(speeds["ours"], speeds["curl"]) > 0.8


def test_kills_cost_next_to_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = bench_kill.refetched(tmp_path)
    show(capsys, "Kills", bench_kill.rows(found))
    assert found.had < found.total / 100


def test_listing_five_thousand_entries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = bench_listing.listings(tmp_path)
    show(capsys, "A list of 5,000 entries", bench_listing.rows(found))
    for runs in found.values():
        ours, theirs = runs["ours"], runs["yt-dlp"]
        assert ratio([run.cpu_s for run in ours], [run.cpu_s for run in theirs]) < 1.5


def test_the_screen_at_a_million_jobs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = bench_screen.screens(tmp_path)
    show(capsys, "The screen at a million jobs", bench_screen.rows(seen))
    assert ratio(seen.first["many"], seen.first["few"]) < 1.5
    assert ratio(seen.resident["many"], seen.resident["few"]) < 1.3
    slow, idle = (bench_screen.percentile(seen.keys[name], 0.95) for name in ("downloading", "minimal"))
    assert slow < 5 * idle


def test_the_first_reading_of_a_channel_of_twenty_thousand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = bench_listing.whole_channel(tmp_path)
    show(capsys, "A channel of 20,000 videos, first reading", bench_listing.rows(found))
    ours, theirs = found["channel"]["ours"], found["channel"]["yt-dlp"]
    assert ratio([run.wall_s for run in ours], [run.wall_s for run in theirs]) < 0.4
    assert ratio([run.cpu_s for run in ours], [run.cpu_s for run in theirs]) < 0.6
