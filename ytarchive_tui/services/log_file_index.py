"""One log file as a list of lines: where every 64th begins, and which pass a filter."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.services.log_filter import LogFilter

BLOCK = 64
CHUNK = 256 * 1024
"""Bytes looked through at a time; between two of them the reader can be told otherwise."""
_NEWLINE = re.compile(b"\n")


class Part(NamedTuple):
    """The lines of one file that pass the filter."""

    first: int
    """The number of the file's oldest line."""
    n: int
    matches: array[int] | None
    """Places within the file, of which the first `n` count; None when all lines pass."""


class LogFile:
    """One of the rotated files, held open so that neither a rename nor its removal loses it."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.inode = os.fstat(self._handle).st_ino
        self.first: int | None = None
        self.lines = 0
        self._end = 0
        """Bytes that are indexed: whole lines."""
        self._blocks = array("Q", [0])
        self._matches: array[int] = array("I")
        self._matched = 0
        self._matched_lines = 0

    def close(self) -> None:
        """Let it go."""
        os.close(self._handle)

    def more(self) -> bool:
        """Whether there are bytes that are not indexed."""
        return os.fstat(self._handle).st_size > self._end

    @property
    def behind(self) -> bool:
        """Whether there are indexed lines that the filter has not seen."""
        return self._matched < self._end

    def grow(self) -> bool:
        """Index one more chunk; whether it was a large one, so that more will follow."""
        data = self._whole_lines(self._end)
        for newline in _NEWLINE.finditer(data):
            self.lines += 1
            if self.lines % BLOCK == 0:
                self._blocks.append(self._end + newline.end())
        self._end += len(data)
        return len(data) > CHUNK // 2

    def match(self, wanted: LogFilter) -> bool:
        """Put one more chunk through the filter; whether it has not seen all yet."""
        if not wanted:
            self._matched = self._end
            return False
        if not self.behind:
            return False
        data = self._whole_lines(self._matched)[: self._end - self._matched]
        passes: Callable[[bytes], bool] = wanted.passes
        lines = data.split(b"\n")
        at = self._matched_lines
        self._matches.extend(at + n for n, line in enumerate(lines[:-1]) if passes(line))
        self._matched += len(data)
        self._matched_lines += len(lines) - 1
        return self.behind

    def forget_matches(self) -> None:
        """Another filter begins."""
        self._matches, self._matched, self._matched_lines = array("I"), 0, 0

    def part(self, wanted: LogFilter) -> Part:
        """What of it is seen now; only once its first line has a number."""
        assert self.first is not None
        return (
            Part(self.first, len(self._matches), self._matches)
            if wanted
            else Part(self.first, self.lines, None)
        )

    def block(self, nth: int) -> list[tuple[int, bytes]]:
        """Numbers and bytes of the lines of one block."""
        assert self.first is not None
        start = self._blocks[nth]
        end = self._blocks[nth + 1] if nth + 1 < len(self._blocks) else self._end
        lines = os.pread(self._handle, end - start, start).split(b"\n")[:-1]
        return [(self.first + nth * BLOCK + n, line) for n, line in enumerate(lines)]

    def _whole_lines(self, start: int) -> bytes:
        """A chunk from there, cut behind its last line; larger when one line is."""
        size = CHUNK
        while True:
            data = os.pread(self._handle, size, start)
            end = data.rfind(b"\n") + 1
            if end or len(data) < size:
                return data[:end]
            size *= 2
