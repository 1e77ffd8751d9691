"""What the log has of one job, newest last."""

from __future__ import annotations

import os
from pathlib import Path

from ytarchive_tui.services.log_filter import LogFilter, LogLine, parsed
from ytarchive_tui.services.log_lines import NAME

LOOKED_THROUGH = 2 * 1024**2
"""Bytes at the end of the newest file; what is older is on the Logs screen."""


def last_lines(folder: Path, job_id: int, most: int) -> tuple[LogLine, ...]:
    """The newest lines of the job, as far as they are near the log's end; none when there is no log."""
    try:
        with open(folder / NAME, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - LOOKED_THROUGH))
            lines = file.read().split(b"\n")
    except OSError:
        return ()
    if end > LOOKED_THROUGH:
        del lines[0]
    wanted = LogFilter(f"job:{job_id}")
    found = [line for line in lines if line and wanted.passes(line)]
    return tuple(parsed(n, line) for n, line in enumerate(found[-most:]))
