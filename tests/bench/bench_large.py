"""Sixteen large files at once: do we fill the line as sixteen curls do?"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from pathlib import Path
from string import ascii_lowercase

from bench_measure import Row, measure, ratio, ratios
from bench_site import FORMAT, Site, site, write_list

from ytarchive_tui.sandbox.classify import RequestKind

FILES = 16
SIZE = "128M"
KNOBS = {"total_bps": 40_000_000, "connection_bps": 4_000_000}
"""The line's total is the limit: sixteen connections could take 64 MB/s."""


def large_files(folder: Path, *, rounds: int = 2, size: str = SIZE) -> dict[str, list[float]]:
    """Bytes a second of the media phase, ours and curl's in turn.

    Both are read from the sandbox's log in the same way: the bytes of all media answers, over the time
    from the first media request to the end of the last answer.
    """
    speeds: dict[str, list[float]] = {"ours": [], "curl": []}
    ids = [f"size-{size}-".ljust(11, letter) for letter in ascii_lowercase[:FILES]]
    with site(folder) as running:
        urls = write_list(folder / "urls.txt", ids)
        addresses = _media_addresses(running, ids)
        running.control.set(**KNOBS)
        for _ in range(rounds):
            running.control.clear_log()
            ours = running.fresh("ours")
            run = measure(running.ours(urls, ours, FILES), ours / "log")
            assert run.exit_code == 0, (ours / "log").read_text()[-2000:]
            speeds["ours"].append(_speed(running))
            running.control.clear_log()
            _curls(running, addresses, running.fresh("curl"))
            speeds["curl"].append(_speed(running))
    return speeds


def _media_addresses(running: Site, ids: list[str]) -> list[list[str]]:
    """For each video the addresses of the files that a merge needs."""

    def ask(video_id: str) -> list[str]:
        command = running.stock(*FORMAT, "-g", "--", video_id)
        done = subprocess.run(command, env=running.environment, capture_output=True, text=True, check=True)
        return done.stdout.split()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(ask, ids))


def _curls(running: Site, addresses: list[list[str]], folder: Path) -> None:
    """One curl a video; it fetches the video's files one after the other, as a merge needs them."""
    processes = []
    for number, files in enumerate(addresses):
        targets = chain.from_iterable(
            ("-o", str(folder / f"{number}-{part}"), url) for part, url in enumerate(files)
        )
        command = ["curl", "--silent", "--fail", "--proxy", running.addresses.proxy]
        command += ["--cacert", running.addresses.ca_file, *targets]
        processes.append(subprocess.Popen(command))
    assert not any([process.wait() for process in processes])


def _speed(running: Site) -> float:
    """Bytes a second over the media phase, from the sandbox's log."""
    found = [record for record in running.control.log(RequestKind.MEDIA) if record.bytes_sent > 1]
    begun = [datetime.fromisoformat(record.time).timestamp() for record in found]
    ended = [start + record.duration_s for start, record in zip(begun, found, strict=True)]
    return sum(record.bytes_sent for record in found) / (max(ended) - min(begun))


def rows(speeds: dict[str, list[float]]) -> list[Row]:
    """The comparison that the project promises."""
    shown = {name: f"{sum(each) / len(each) / 1e6:.1f} MB/s" for name, each in speeds.items()}
    return [
        Row(
            f"{FILES} × {SIZE}, ours -j {FILES} / curl",
            shown["ours"],
            shown["curl"],
            ratios(speeds["ours"], speeds["curl"]),
            "≥ 0.95",
        )
    ]


if __name__ == "__main__":
    import tempfile

    from bench_measure import table

    with tempfile.TemporaryDirectory() as folder:
        found = large_files(Path(folder), rounds=int(sys.argv[1]))
        print(table("Large files", rows(found)), ratio(found["ours"], found["curl"]))
