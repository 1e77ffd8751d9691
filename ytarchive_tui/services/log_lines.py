"""The log file read as a list of lines, of any length, while it grows and rotates.

A thread keeps, for each of the rotated files, where every 64th line begins and which lines pass the filter;
the lines themselves are read when they are seen. Numbers stay with their lines: the oldest line of
the newest file is 0 when reading begins, older ones are negative, and what rotates away leaves no gap.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.services.log_file_index import BLOCK, LogFile, Part
from ytarchive_tui.services.log_filter import LogFilter, LogLine, parsed
from ytarchive_tui.services.logs import FILES

NAME = "ytarchive.log"
POLL_S = 0.1
_GAP = 1_000_000_000
"""Left free in the numbers when everything rotated away at once."""


class LogView(NamedTuple):
    """What passes the filter, oldest first; a snapshot that stays true while the files grow."""

    parts: tuple[Part, ...] = ()
    complete: bool = False
    """Whether all files have been looked through."""

    @property
    def total(self) -> int:
        """How many lines there are."""
        return sum(part.n for part in self.parts)

    def number(self, index: int) -> int:
        """The number of the line at that place; raises `IndexError`."""
        for part in self.parts:
            if index < part.n:
                return part.first + (index if part.matches is None else part.matches[index])
            index -= part.n
        raise IndexError(index)

    def place(self, number: int) -> int:
        """Where that line is, or where the first one after it is."""
        before = 0
        for part in self.parts:
            within = number - part.first
            place = within if part.matches is None else bisect_left(part.matches, within, 0, part.n)
            if place < part.n:
                return before + max(place, 0)
            before += part.n
        return before


class LogReader:
    """Follows a folder's log files from `start` to `close`; every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._files: list[LogFile] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._filter = self._wanted = LogFilter()
        self._start = 0
        """The number of the first line of what is newest when no file has numbers."""
        self._thread = threading.Thread(target=self._follow, name="log-reader", daemon=True)
        self.view = LogView()
        """The newest view; replaced, never changed."""

    def start(self) -> None:
        """Begin to read: the newest file first, then the older ones."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and close the files."""
        self._closed = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            for file in self._files:
                file.close()
            self._files = []

    def narrow(self, to: LogFilter) -> None:
        """Show what passes another filter; the view follows as the files are looked through."""
        self._wanted = to
        self._wake.set()

    def lines(self, numbers: Iterable[int]) -> dict[int, LogLine]:
        """Those lines, as far as they are still there."""
        found: dict[int, LogLine] = {}
        with self._lock:
            for number in numbers:
                if number not in found:
                    for near, raw in self._block(number):
                        if near not in found:
                            found[near] = parsed(near, raw)
        return found

    def raw(self, view: LogView, places: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Place and bytes of lines of a view, in the order of `places`, but for what rotated away."""
        block: dict[int, bytes] = {}
        for place in places:
            number = view.number(place)
            if number not in block:
                with self._lock:
                    block = dict(self._block(number))
            if number in block:
                yield place, block[number]

    def find(self, view: LogView, text: str, start: int, *, forward: bool) -> int | None:
        """The nearest line of a view with that text, from place `start` on; its number, or None."""
        wanted = text.casefold()
        places = range(start, view.total) if forward else range(start, -1, -1)
        for place, raw in self.raw(view, places):
            if self._closed:
                return None
            if wanted in raw.decode("utf-8", "replace").casefold():
                number = view.number(place)
                if wanted in parsed(number, raw).shown.casefold():
                    return number
        return None

    def _block(self, number: int) -> list[tuple[int, bytes]]:
        """The lines around one, read together; empty when it is gone."""
        for file in self._files:
            if file.first is not None and 0 <= number - file.first < file.lines:
                return file.block((number - file.first) // BLOCK)
        return []

    # In the thread

    def _follow(self) -> None:
        while not self._closed:
            self._wake.clear()
            try:
                busy = self._step()
            except OSError:
                busy = False
            if not busy:
                self._wake.wait(POLL_S)

    def _step(self) -> bool:
        """Look through one more chunk of each file, the newest first; whether there is more at once."""
        with self._lock:
            self._find_files()
            if self._filter is not self._wanted:
                self._filter = self._wanted
                for file in self._files:
                    file.forget_matches()
            if not self._files:
                self._publish()
        busy = False
        for file in self._files[::-1]:
            with self._lock:
                busy |= file.grow()
                busy |= file.match(self._filter)
                self._publish()
        return busy

    def _find_files(self) -> None:
        """Notice that files rotated: new ones come last, those that are gone are let go."""
        if self._files and _inode(self._path) == self._files[-1].inode:
            return
        paths = [self._path.with_name(f"{NAME}.{n}") for n in range(FILES - 1, 0, -1)] + [self._path]
        before = [_inode(path) for path in paths]
        known = {file.inode: file for file in self._files}
        found: list[LogFile] = []
        for path in paths:
            with suppress(FileNotFoundError):
                file = LogFile(path)
                if file.inode in known:
                    file.close()
                    file = known[file.inode]
                if file not in found:
                    found.append(file)
        if before != [_inode(path) for path in paths] or {file.inode for file in found} != {*before} - {None}:
            # They rotated while they were being listed, and one may have been passed over: the next time.
            for file in found:
                if file.inode not in known:
                    file.close()
            return
        for file in known.values():
            if file not in found:
                file.close()
        self._files = found

    def _publish(self) -> None:
        """Number the files as far as their lengths are known, and put a new view in place."""
        for earlier, later in zip(self._files, self._files[1:], strict=False):
            # What was the newest file is complete once a newer one is there.
            if earlier.first is not None and later.first is None and not earlier.more():
                later.first = earlier.first + earlier.lines
        if self._files and all(file.first is None for file in self._files):
            self._files[-1].first = self._start
        for later, earlier in zip(self._files[::-1], self._files[-2::-1], strict=False):
            if later.first is not None and earlier.first is None and not earlier.more():
                earlier.first = later.first - earlier.lines
        numbered = [file for file in self._files if file.first is not None]
        if numbered and (newest := numbered[-1]).first is not None:
            self._start = newest.first + newest.lines + _GAP
        done = len(numbered) == len(self._files) and not any(file.behind for file in numbered)
        view = LogView(tuple(file.part(self._filter) for file in numbered), done)
        if view != self.view:
            self.view = view


def _inode(path: Path) -> int | None:
    """Of the file that has this name now; None when none has."""
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return None
