"""A video to make media of, and what ffmpeg and ffprobe say of the files."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from ytarchive_tui.sandbox.model import Video, VirtualFile

HEIGHTS = (144, 240, 360, 480, 720, 1080, 1440, 2160)


def a_video(**fields: Any) -> Video:
    """A video of every height, 7 s long, with `fields` replaced."""
    known: dict[str, Any] = {
        "id": "dQw4w9WgXcQ",
        "title": "Title",
        "description": "",
        "channel_id": "UC0000000000000000000000",
        "duration_s": 7,
        "published": datetime(2024, 2, 29, 12, tzinfo=UTC),
        "views": 1,
        "heights": HEIGHTS,
    }
    return Video(**known | fields)


def whole(file: VirtualFile) -> bytes:
    return b"".join(file.read(0, file.size))


def stored(file: VirtualFile, path: Path) -> Path:
    """Write the file's bytes to `path`."""
    with path.open("wb") as out:
        out.writelines(file.read(0, file.size))
    return path


def run(*command: str | Path) -> str:
    """Standard output of a command that must succeed and say nothing on standard error."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def probe(path: Path, *more: str) -> dict[str, Any]:
    told = run("ffprobe", "-v", "error", "-show_format", "-show_streams", *more, "-of", "json", path)
    answer: dict[str, Any] = json.loads(told)
    return answer


def decode(*paths: Path) -> None:
    """Decode every frame of every file; any complaint of ffmpeg fails."""
    inputs = [word for path in paths for word in ("-i", path)]
    streams = [word for number in range(len(paths)) for word in ("-map", str(number))]
    run("ffmpeg", "-v", "error", "-xerror", *inputs, *streams, "-f", "null", "-")


def assert_even(path: Path) -> None:
    """No stream has a hole between packets or a time that does not rise."""
    times: dict[str, list[float]] = {}
    entries = "packet=stream_index,pts_time,dts_time"
    for line in run("ffprobe", "-v", "error", "-show_entries", entries, "-of", "csv=p=0", path).splitlines():
        stream, shown, decoded = line.split(",")[:3]
        times.setdefault(stream, []).append(float(shown if decoded == "N/A" else decoded))
    for each in times.values():
        steps = [after - before for before, after in pairwise(each)]
        assert 0 < min(steps) <= max(steps) < 0.2
