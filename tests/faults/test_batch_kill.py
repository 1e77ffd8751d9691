"""`kill -9` of the whole program at random moments: nothing is lost, nothing is done or fetched twice."""

from __future__ import annotations

import random
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
from end_to_end.archive_check import assert_plays, assert_tidy, kept
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog import counted_playlist_id, playlist, sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.request_log import RequestRecord

CONNECTION_BPS = 2_500_000
LONGEST_S = 2.5
GONE_S = 15.0
_PART = re.compile(r"media\.f(\d+)\.\w+(\.part)?")

File = tuple[str, str]
"""Video id and itag."""


@pytest.mark.parametrize(
    ("kills", "large", "listed"),
    [
        pytest.param(5, 2, 2, marks=pytest.mark.ci),
        pytest.param(50, 40, 30, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
def test_kill_storm(program: Program, youtube: ControlClient, kills: int, large: int, listed: int) -> None:
    youtube.set(connection_bps=CONNECTION_BPS)
    random_ = random.Random(2026)
    list_id = counted_playlist_id(listed)
    entries = playlist(list_id)
    assert entries is not None
    ids = [sized_id("8M", n) for n in range(1, large + 1)]
    killed, unread = 0, 0

    while killed < kills:
        lines = [*ids, f"https://www.youtube.com/playlist?list={list_id}"]
        seen = newest(youtube)
        with program.started(lines) as run:
            # Half of the moments count from the first bytes of media: a slow start would use all up.
            if killed % 2 == 0:
                wait_for_media(program, run)
            try:
                run.wait(random_.uniform(0.2, LONGEST_S))
            except subprocess.TimeoutExpired:
                family = kill_alone(run)
                killed += 1
            else:
                # Too fast for us: there has to be something left to kill.
                assert run.returncode == 0, (program.folder / "err").read_text()
                ids += [sized_id("8M", len(ids) + n) for n in range(1, 4)]
                continue
        assert_gone(family, program)
        wait_until_idle(youtube)
        unread += bytes_without_a_place(program, youtube.log("media", since=seen))

    last = program.run(lines, timeout_s=900)
    assert last.code == 0, last.stderr.decode()
    expected = {*ids, *map(entries.video_id, range(listed))}
    items = kept(program.archive)
    assert items.keys() == expected
    for item in items.values():
        assert_plays(item, height=1080)
    assert_tidy(program.archive, program.database)
    assert archived_in_journal(program.database) == Counter(expected)
    wait_until_idle(youtube)
    sent, needed = total_bytes(youtube.log("media"))
    again = sent - needed
    print(
        f"\n{killed} kills: {len(items)} items, {needed:,} bytes of media, {again:,} of them sent again, "
        f"{unread:,} of those had not reached the disk: {(again - unread) / needed:.3%} too many"
    )
    assert again - unread < needed / 100


def wait_for_media(program: Program, run: subprocess.Popen[bytes]) -> None:
    """Wait until a part file grows, or the run has ended."""
    before = part_sizes(program)
    deadline = time.monotonic() + GONE_S
    while run.poll() is None and part_sizes(program) == before and time.monotonic() < deadline:
        time.sleep(0.02)


def kill_alone(run: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Kill the program but none of its children, and return these."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGKILL)
    run.wait()
    return family


def assert_gone(family: list[psutil.Process], program: Program) -> None:
    """All descendants end by themselves, and nothing else works for this archive or state folder."""
    deadline = time.monotonic() + GONE_S
    while (left := [*filter(alive, family), *strangers(program)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def strangers(program: Program) -> list[tuple[int, str]]:
    """Processes that name the test's folder or the sandbox's authority, in whatever way."""
    marks = (str(program.folder).encode(), str(program.addresses.ca_file).encode())
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == program.addresses.pid:
            continue
        told = b""
        with suppress(OSError):
            told += (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            told += str((process / "cwd").readlink()).encode()
        if any(mark in told for mark in marks):
            found.append((int(process.name), told[:200].decode(errors="replace")))
    return found


def newest(youtube: ControlClient) -> int:
    return max((record.sequence for record in youtube.log("media")), default=0)


def wait_until_idle(youtube: ControlClient) -> None:
    """Wait until every answer has ended, because only then it is in the log."""
    deadline = time.monotonic() + GONE_S
    while youtube.stats().open_connections and time.monotonic() < deadline:
        time.sleep(0.02)


def total_bytes(records: list[RequestRecord]) -> tuple[int, int]:
    """Bytes of media that were sent, and how many of them were the first of their place in a file."""
    sent, reached = 0, Counter[File]()
    for record in records:
        sent += record.bytes_sent
        file = (record.video_id, record.itag)
        reached[file] = max(reached[file], (record.range_start or 0) + record.bytes_sent)
    return sent, sum(reached.values())


def bytes_without_a_place(program: Program, records: list[RequestRecord]) -> int:
    """Bytes that were sent to the run just killed, but lie in no file of its staging now."""
    on_disk = part_sizes(program)
    ends = Counter[File]()
    starts: dict[File, int] = {}
    for record in records:
        file = (record.video_id, record.itag)
        start = record.range_start or 0
        ends[file] = max(ends[file], start + record.bytes_sent)
        starts[file] = min(starts.get(file, start), start)
    return sum(
        max(0, end - max(on_disk[file], starts[file])) for file, end in ends.items() if file in on_disk
    )


def part_sizes(program: Program) -> dict[File, int]:
    """What lies in staging of each media file, whole or begun."""
    found: dict[File, int] = {}
    if not program.database.exists():
        return found
    with closing(sqlite3.connect(program.database)) as db, suppress(sqlite3.OperationalError):
        videos = dict(db.execute("SELECT j.id, i.video_id FROM jobs j JOIN items i ON i.id = j.item_id"))
        for path in program.archive.glob(".ytarchive/staging/*/media.f*"):
            if match := _PART.fullmatch(path.name):
                found[videos[int(path.parent.name)], match[1]] = path.stat().st_size
    return found


def archived_in_journal(database: Path) -> Counter[str]:
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute(
            "SELECT i.video_id FROM journal e JOIN items i ON i.id = e.item_id WHERE e.kind = 'item_archived'"
        )
        return Counter(video_id for (video_id,) in rows)
