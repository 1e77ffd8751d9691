"""kill -9 in the middle of downloads: how much is fetched a second time?"""

from __future__ import annotations

import functools
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench_measure import Row
from bench_site import site, write_list

from ytarchive_tui.sandbox.catalog.ids import sized_id
from ytarchive_tui.sandbox.classify import RequestKind
from ytarchive_tui.sandbox.request_log import RequestRecord

File = tuple[str, str]
"""Video id and itag."""

FILES = 8
SIZE = "32M"
JOBS = 4
KNOBS = {"connection_bps": 4_000_000}
KILLS = 6


@dataclass(frozen=True, slots=True)
class Refetched:
    """What the kills cost, in bytes."""

    total: int
    """The size of all media files together."""
    again: int
    """Sent by the site more than once, also what a kill caught between the site and the file."""
    had: int
    """Fetched again although it was in a part file when the kill came."""
    kills: int


def refetched(folder: Path, *, kills: int = KILLS, seed: int = 1) -> Refetched:
    """Archive large files, killing the parent again and again, and at last let it finish."""
    chance = random.Random(seed)
    ids = [sized_id(SIZE, number) for number in range(1, FILES + 1)]
    with site(folder, **KNOBS) as running:
        urls = write_list(folder / "urls.txt", ids)
        home = running.fresh("ours")
        command = running.ours(urls, home, JOBS)
        kept: list[tuple[int, dict[File, int]]] = []
        for _ in range(kills):
            before = _parts(home)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _wait_until(functools.partial(_grew, home, before))
            time.sleep(chance.uniform(0.5, 2.5))
            assert process.poll() is None, "too little was left to be killed"
            process.send_signal(signal.SIGKILL)
            process.wait()
            # The log tells of an answer when it has ended.
            _wait_until(lambda: running.control.stats().open_connections == 0)
            kept.append((len(running.control.log(RequestKind.MEDIA)), _parts(home)))
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        records = running.control.log(RequestKind.MEDIA)
    ends: dict[File, int] = defaultdict(int)
    for record in records:
        file = (record.video_id, record.itag)
        ends[file] = max(ends[file], (record.range_start or 0) + record.bytes_sent)
    total = sum(ends.values())
    again = sum(record.bytes_sent for record in records) - total
    return Refetched(total, again, sum(_had(records[seen:], parts) for seen, parts in kept), kills)


def _had(later: Sequence[RequestRecord], parts: Mapping[File, int]) -> int:
    """Bytes of part files that the requests after a kill asked for once more."""
    asked: dict[File, int] = {}
    for record in later:
        asked.setdefault((record.video_id, record.itag), record.range_start or 0)
    return sum(max(0, size - asked.get(file, size)) for file, size in parts.items())


def _parts(home: Path) -> dict[File, int]:
    """The part files in staging and their sizes."""
    database = next((home / "state").rglob("*.db"), None)
    if database is None:
        return {}
    with closing(sqlite3.connect(database)) as db:
        videos = dict(db.execute("SELECT j.id, i.video_id FROM jobs j JOIN items i ON i.id = j.item_id"))
    return {
        (videos[int(path.parent.name)], found[1]): path.stat().st_size
        for path in (home / "archive").rglob("media.f*.part")
        if (found := re.fullmatch(r"media\.f(\d+)\.\w+\.part", path.name))
    }


def _grew(home: Path, before: Mapping[File, int]) -> bool:
    return _parts(home) != before


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.05)


def rows(found: Refetched) -> list[Row]:
    """What the project promises."""

    def row(what: str, size: int, wanted: str) -> Row:
        return Row(what, f"{size:,} B", f"{found.total:,} B", f"{size / found.total:.3%}", wanted)

    return [
        row(f"{found.kills} × kill -9: fetched again of what was in a file", found.had, "< 1 %"),
        row("the same and what had not reached a file yet", found.again, ""),
    ]
