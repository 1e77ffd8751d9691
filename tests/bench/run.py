"""Run the benchmarks and print their tables: `python tests/bench/run.py [name ...]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import bench_kill
import bench_large
import bench_listing
import bench_screen
import bench_short
from bench_measure import table

sys.path.append(str(Path(__file__).parents[1]))
from outside_programs import complete_the_path


def main() -> None:
    """Run what the command line names; everything when it names nothing."""
    parser = argparse.ArgumentParser(description="Compare with a stock yt-dlp and with curl, in turn.")
    parser.add_argument("names", nargs="*", choices=[*_BENCHES, []], help="which; all when none is named")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of each comparison")
    options = parser.parse_args()
    complete_the_path()
    for name in options.names or _BENCHES:
        with tempfile.TemporaryDirectory(prefix="ytarchive-bench-") as folder:
            print(_BENCHES[name](Path(folder), options.rounds), end="\n\n", flush=True)


def _short(folder: Path, rounds: int) -> str:
    return table("40 short videos", bench_short.rows(bench_short.short_videos(folder, rounds=rounds)))


def _large(folder: Path, rounds: int) -> str:
    return table("Large files", bench_large.rows(bench_large.large_files(folder, rounds=rounds)))


def _kill(folder: Path, rounds: int) -> str:
    return table("Kills", bench_kill.rows(bench_kill.refetched(folder)))


def _listing(folder: Path, rounds: int) -> str:
    return table("A list of 5,000", bench_listing.rows(bench_listing.listings(folder, rounds=rounds)))


def _channel(folder: Path, rounds: int) -> str:
    return table("A channel of 20,000", bench_listing.rows(bench_listing.whole_channel(folder)))


def _screen(folder: Path, rounds: int) -> str:
    return table(
        "The screen at a million jobs", bench_screen.rows(bench_screen.screens(folder, rounds=rounds))
    )


_BENCHES = {
    "short": _short,
    "large": _large,
    "kill": _kill,
    "listing": _listing,
    "channel": _channel,
    "screen": _screen,
}

if __name__ == "__main__":
    main()
