"""Live progress for screens beside the engine: a small file, written only while one of them looks.

<state folder>/progress.json    the newest progress of each running job: replaced whole, never flushed
<state folder>/progress.lock    every process that looks holds a shared flock on it, freed however that ends
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ytarchive_tui.domain.models import Progress
from ytarchive_tui.domain.progress import MemoryBoard

log = logging.getLogger(__name__)

NAME = "progress.json"
LOCK = "progress.lock"
EVERY_S = 0.5
STALE_S = 3.0
"""A file that was not replaced for so long is no longer true: its writer hangs or has died."""
MOST = 1 << 20
_ENTRIES = TypeAdapter(tuple[Progress, ...])


class BoardTeller:
    """Works like a worker, beside the engine: writes the board while somebody looks, and nothing else."""

    name = "progress"

    def __init__(self, board: MemoryBoard, folder: Path) -> None:
        self._board = board
        self._file = folder / NAME
        self._lock = folder / LOCK
        self._drained = asyncio.Event()

    def drain(self) -> None:
        """End soon, and leave no file behind."""
        self._drained.set()

    async def work(self) -> None:
        """Tell; what the disk refuses is logged once and tried again."""
        handle, complained = -1, False
        try:
            while not self._drained.is_set():
                try:
                    if handle < 0:
                        handle = _open_lock(self._lock)
                    if _is_looked_at(handle):
                        await asyncio.to_thread(self._write, self._board.all())
                    else:
                        self._file.unlink(missing_ok=True)
                except OSError as error:
                    if not complained:
                        log.warning("other screens see no live progress: %s", error)
                    complained = True
                await _wait(self._drained)
        finally:
            if handle >= 0:
                os.close(handle)
            self._file.unlink(missing_ok=True)

    def _write(self, entries: Sequence[Progress]) -> None:
        draft = self._file.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(_ENTRIES.dump_json(tuple(entries)))
        draft.rename(self._file)


class BoardFollower:
    """Works like a worker, in a process beside the engine: keeps a board like the engine's own."""

    name = "progress"

    def __init__(self, board: MemoryBoard, folder: Path) -> None:
        self._board = board
        self._file = folder / NAME
        self._lock = folder / LOCK
        self._seen: tuple[int, int] | None = None
        self._seen_at = -STALE_S
        self._drained = asyncio.Event()

    def drain(self) -> None:
        """End soon."""
        self._drained.set()

    async def work(self) -> None:
        """Say that somebody looks, and take over what is told."""
        handle = -1
        try:
            while not self._drained.is_set():
                try:
                    if handle < 0:
                        handle = _open_lock(self._lock)
                    # Taken anew each time, which costs nothing: the writer may have been asking just then.
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    pass
                if (entries := await asyncio.to_thread(self._read)) is not None:
                    self._board.replace(entries)
                await _wait(self._drained)
        finally:
            if handle >= 0:
                os.close(handle)

    def _read(self) -> Sequence[Progress] | None:
        """What is told now; None when that is what was told before."""
        try:
            with os.fdopen(os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                told = os.fstat(file.fileno())
                version, former = (told.st_ino, told.st_mtime_ns), self._seen
                self._seen = version
                if former is None:
                    # What lies there at first may be left from a process that was killed.
                    return ()
                if version == former:
                    return () if time.monotonic() - self._seen_at > STALE_S else None
                self._seen_at = time.monotonic()
                return _ENTRIES.validate_json(file.read(MOST))
        except FileNotFoundError:
            self._seen = (0, 0)
            return ()
        except (OSError, ValidationError):
            return ()


async def _wait(drained: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(drained.wait(), EVERY_S)
    except TimeoutError:
        return


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _is_looked_at(handle: int) -> bool:
    """Whether another process holds the lock; it is asked by taking it for an instant."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False
