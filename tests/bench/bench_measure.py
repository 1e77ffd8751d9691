"""Wall time, CPU and memory of a command with everything it starts, and tables of ratios."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Run:
    """What one command cost; seconds and bytes."""

    wall_s: float
    cpu_s: float
    """User and system time of the command and of every descendant that was waited for."""
    peak_bytes: int
    """The largest resident size that any one of these processes had."""
    exit_code: int
    first_s: float | None = None
    """When the first line of output came, or what the caller waited for was there."""


def measure(
    command: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    seen: Callable[[], bool] | None = None,
) -> Run:
    """Run a command to its end; its output goes to `log`.

    With `seen`, `first_s` is when it first answered True; it is asked fifty times a second.
    """
    started, first_s = time.monotonic(), None
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
        )
        while seen is not None and first_s is None:
            if seen():
                first_s = time.monotonic() - started
            elif os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            else:
                time.sleep(0.02)
        # Unlike getrusage, wait4 tells of this one child and its descendants alone.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - started
    return Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, process.returncode, first_s)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The median of the pairs' ratios, and their range."""
    each = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{median(each):.2f} ({each[0]:.2f}–{each[-1]:.2f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the pairs' ratios."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result: what was compared, what was wanted, what was seen."""

    what: str
    ours: str
    theirs: str
    ratio: str
    wanted: str


def table(title: str, rows: Sequence[Row]) -> str:
    """The rows under their heads, in columns."""
    cells = [("", "ours", "theirs", "ratio", "wanted")]
    cells += [(row.what, row.ours, row.theirs, row.ratio, row.wanted) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([title, *(f"  {line.rstrip()}" for line in lines)])


def seconds(values: Sequence[float]) -> str:
    """The median, in seconds."""
    return f"{median(values):.2f} s"
