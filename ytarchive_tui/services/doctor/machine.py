"""The machine: its clock and its terminal."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from ytarchive_tui.services.doctor.report import Check, Topic, Verdict

_EARLIEST = datetime(2026, 10, 26, tzinfo=UTC)
"""When the oldest yt-dlp that this program accepts came out: no clock that is right shows less."""
_YEARS_AHEAD = 15
_SET_CLOCK = (
    "sudo timedatectl set-ntp true" if sys.platform == "linux" else "set the clock in the system's settings"
)


def machine_checks(folder: Path, started_wall_s: float, started_monotonic_s: float) -> list[Check]:
    """The clock, compared with its start values, itself and the files of `folder`; and the terminal."""
    drift = (time.time() - started_wall_s) - (time.monotonic() - started_monotonic_s)
    return [clock_check(datetime.now(UTC), drift, _file_clock_offset(folder)), _terminal()]


def _check(name: str, status: Verdict, found: str, fix: str | None = None) -> Check:
    return Check(topic=Topic.MACHINE, name=name, status=status, found=found, fix=fix)


def clock_check(now: datetime, jump_s: float, file_offset_s: float | None) -> Check:
    """Whether the time is believable, steady, and the same as that of the files.

    `jump_s` is how far the clock moved against the monotonic one during the checks, `file_offset_s`
    how far a new file's time is ahead of it (None: nothing could be written).
    """
    found = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < _EARLIEST or now.year > _EARLIEST.year + _YEARS_AHEAD:
        return _check("clock", Verdict.FAIL, f"{found} can't be right", _SET_CLOCK)
    if abs(jump_s) > 1:
        return _check("clock", Verdict.WARN, f"{found}; it was set by {jump_s:+.0f} s just now", _SET_CLOCK)
    if file_offset_s is not None and abs(file_offset_s) > 5:
        found += f"; new files are dated {file_offset_s:+.0f} s from it"
        return _check("clock", Verdict.WARN, found, "set the clocks of this machine and of its file server")
    return _check("clock", Verdict.OK, found)


def _file_clock_offset(folder: Path) -> float | None:
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime - time.time()
    except OSError:
        return None


def _terminal() -> Check:
    encoding = (sys.stdout.encoding or "unknown").lower()
    if encoding.replace("-", "") != "utf8":
        found = f"output is in {encoding}: many titles can't be shown"
        return _check("terminal", Verdict.WARN, found, "export PYTHONUTF8=1 LANG=C.UTF-8")
    if not sys.stdout.isatty():
        return _check("terminal", Verdict.OK, "output is not a terminal: --batch works, the screen does not")
    size = os.get_terminal_size(sys.stdout.fileno())
    found = f"{os.environ.get('TERM', 'unknown')}, {size.columns} x {size.lines}, UTF-8"
    if size.columns < 80 or size.lines < 24:
        return _check("terminal", Verdict.WARN, found, "enlarge the window to 80 x 24 or more")
    return _check("terminal", Verdict.OK, found)
