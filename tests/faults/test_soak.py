"""A long run, compressed: memory, open files and processes stay what they were at its beginning.

The whole program runs, with its front end, engine, database, log, zygote and a real child for each item;
only yt-dlp in the children is replaced (`soak_tasks.py`), because it would take half a day.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from end_to_end.archive_check import assert_tidy
from end_to_end.program import Program
from soak_tasks import LEFT_BEHIND, LINES

from ytarchive_tui.sandbox.catalog import counted_playlist_id

DRIVER = Path(__file__).with_name("soak_driver.py")
MB = 1e6
REAPED_S = 2.0
"""A process that has ended may wait so long for its parent to look."""


class Sample(NamedTuple):
    """What was seen of the program at one moment."""

    archived: int
    program: float
    zygote: float
    """Resident memory in MB."""
    files: int
    threads: int


@pytest.mark.parametrize(
    ("items", "slope", "timeout_s"),
    [
        pytest.param(400, 300.0, 100, marks=pytest.mark.ci),
        pytest.param(20_000, 10.0, 3600, marks=[pytest.mark.long, pytest.mark.timeout(4000)]),
    ],
)
def test_nothing_grows(program: Program, items: int, slope: float, timeout_s: float) -> None:
    """`slope`: MB of memory that ten thousand items may leave behind; a short run can't tell so finely."""
    cache = program.state / "cache" / "yt-dlp"
    cache.mkdir(parents=True)
    make_media(cache / "media.mp4")
    listed = program.folder / "urls.txt"
    listed.write_text(f"https://www.youtube.com/playlist?list={counted_playlist_id(items)}\n")
    settings = {
        "LOG__LEVEL": "debug",
        "LOG__KEEP_MB": "1000",
        "SITE__REQUESTS_PER_HOUR": "10000000",
        "ENGINE__DOWNLOADS": "3",
    }
    command = program.command("--batch", listed, "--json")
    command = [sys.executable, DRIVER, *command[len((sys.executable, "-m", "ytarchive_tui")) :]]
    out = program.folder / "out"
    with (
        out.open("wb") as told,
        (program.folder / "err").open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=errors,
                         env=program.environment(settings)) as run,
    ):  # fmt: skip
        try:
            samples = watched(run, program.folder, time.monotonic() + timeout_s)
        finally:
            run.kill()
    ends = Counter(json.loads(line)["event"] for line in out.read_bytes().splitlines())
    assert run.returncode == 0, ((program.folder / "err").read_text()[-2000:], ends)
    assert ends["archived"] == items
    assert_tidy(program.archive, program.database)
    left = [each for each in psutil.process_iter(["cmdline"]) if LEFT_BEHIND in (each.info["cmdline"] or ())]
    assert left == []
    lines = sum(
        file.read_bytes().count(b"\n") for file in (program.state / "log").rglob("*") if file.is_file()
    )
    assert lines >= 2 * LINES * items
    judge(samples, items, lines, slope)


def judge(samples: list[Sample], items: int, lines: int, slope: float) -> None:
    settled = [sample for sample in samples if sample.archived >= items / 4]
    done = [sample.archived for sample in settled]
    grows = {
        name: statistics.linear_regression(done, [getattr(sample, name) for sample in settled]).slope * 1e4
        for name in ("program", "zygote")
    }
    early = [sample for sample in settled if sample.archived < items / 2]
    # Not once all is done: what is being closed has less than ever.
    late = [sample for sample in settled if items * 3 / 4 <= sample.archived < items]
    # What is lost stays: the fewest at once tells of it. The most tells how much happened to be under way.
    least = {name: (min(getattr(s, name) for s in early), min(getattr(s, name) for s in late))
             for name in ("program", "zygote", "files", "threads")}  # fmt: skip
    print(f"\n{items} items, {lines} log lines, {len(samples)} samples; MB for 10,000 items: "
          + ", ".join(f"{name} {value:+.2f}" for name, value in grows.items()))  # fmt: skip
    print("least between 25 % and 50 %, and after 75 %: ", least)
    assert max(grows.values()) < slope
    assert least["files"][1] <= least["files"][0] + 4
    assert least["threads"][1] <= least["threads"][0] + 2


def watched(run: subprocess.Popen[bytes], folder: Path, until: float) -> list[Sample]:
    """Samples until the program ends; fails when it takes too long, or leaves the dead unburied.

    They lie in `samples` as well, for who can't wait until the end.
    """
    program, samples, dead = psutil.Process(run.pid), list[Sample](), dict[int, float]()
    archived, place = 0, 0
    while run.poll() is None:
        assert time.monotonic() < until, f"{archived} archived"
        with (folder / "out").open("rb") as told:
            told.seek(place)
            new = told.read()
        new = new[: new.rfind(b"\n") + 1]
        place += len(new)
        archived += new.count(b'"event": "archived"')
        try:
            sample = Sample(
                archived,
                program.memory_info().rss / MB,
                max((each.memory_info().rss / MB for each in program.children()), default=0.0),
                program.num_fds(),
                program.num_threads(),
            )
            dead = {pid: dead.get(pid, time.monotonic()) for pid in zombies(program)}
        except psutil.Error:
            continue
        samples.append(sample)
        with (folder / "samples").open("a") as notes:
            notes.write(f"{json.dumps(sample)}\n")
        assert all(time.monotonic() - since < REAPED_S for since in dead.values()), "zombies"
        time.sleep(0.5)
    return samples


def zombies(program: psutil.Process) -> set[int]:
    found = set()
    for each in program.children(recursive=True):
        try:
            if each.status() == psutil.STATUS_ZOMBIE:
                found.add(each.pid)
        except psutil.Error:
            continue
    return found


def make_media(path: Path) -> None:
    assert shutil.which("ffmpeg"), os.environ["PATH"]
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=2"]
    subprocess.run(
        [*command, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", path], check=True
    )
