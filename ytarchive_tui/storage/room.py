"""Keeps a reserve free on each archive's disk: downloads wait while it would be touched."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ytarchive_tui.domain.amounts import size
from ytarchive_tui.domain.disk import Disk, needed, reserve_of, to_write
from ytarchive_tui.domain.endings import called_off
from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import Job

from .archive import MARKER, STAGING
from .failing import os_errors

T = TypeVar("T")

DISK_RESERVE = "DiskReserve"
LOOK_S = 1.0
"""How often the disk of a running download is looked at; a look costs one system call."""
ANSWERS_S = 0.1
"""How long a look is waited for; a disk that is well answers within a millisecond."""
_REFUSES_ALL = (errno.ENOSPC, errno.EDQUOT)
"""Unlike `EFBIG`, which is about one file."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A running download: its disk, its staging folder, and the most that may lie in there."""

    device: int
    staging: Path
    most: int


class Room:
    """Lets downloads begin and go on only where there is room for them.

    wished: bytes to keep free on every disk; None for a share of it (see `domain.disk`).
    look_s: seconds between two looks at the disk of a running download.
    """

    def __init__(self, wished: int | None = None, *, look_s: float = LOOK_S) -> None:
        self._wished = wished
        self._look_s = look_s
        self._admitting: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By device: two downloads must not be promised the same room."""
        self._begun: dict[int, _Begun] = {}
        self._full: set[int] = set()
        """Devices that were too full at the last look."""
        self._without: dict[Path, float] = {}
        """Archives whose disk had room for nothing, and when that was seen; monotonic seconds."""
        self._looking: dict[Path, asyncio.Task[None]] = {}
        self._refused: set[Path] = set()
        """Archives whose disk or quota refused a download though it seemed to have room."""

    async def without(self) -> frozenset[Path]:
        """Archives that have room for no download at all; their disks are looked at anew now and then.

        A disk that hangs keeps nobody waiting: until it answers, what was seen last holds.
        """
        begun = set()
        for root, seen in tuple(self._without.items()):
            if root not in self._looking and time.monotonic() - seen >= self._look_s:
                self._without[root] = time.monotonic()
                self._looking[root] = asyncio.create_task(self._look_anew(root), name="room")
                begun.add(self._looking[root])
        if begun:
            await asyncio.wait(begun, timeout=ANSWERS_S)
        return frozenset(self._refused.union(self._without))

    async def within(self, job: Job, expected: tuple[int | None, int], work: Callable[[], Awaitable[T]]) -> T:
        """Run a download if there is room, and stop it when the disk fills up meanwhile.

        The archive's folder must be there. `expected`: bytes and number of the job's components. Raises
        `StageError` (`DiskReserve`) with what is free and what is needed; what was downloaded until then
        stays in staging.
        """
        root = job.options.archive
        with os_errors("staging"):
            # Before the lock, and one for each device: a disk that hangs must hold up no other.
            device, _ = await asyncio.to_thread(_look, root)
            async with self._admitting[device]:
                self._begun[job.id] = await asyncio.to_thread(self._admitted, job, root, expected)
        running = asyncio.ensure_future(work())
        watch = asyncio.ensure_future(self._until_full(root))
        try:
            await asyncio.wait({running, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await called_off(running)
                watch.result()
            try:
                done = await running
            except StageError as error:
                if error.evidence.errno in _REFUSES_ALL:
                    self._refused.add(root)
                raise
            self._refused.discard(root)
            return done
        finally:
            await called_off(watch)
            await called_off(running)
            self._begun.pop(job.id, None)

    def _admitted(self, job: Job, root: Path, expected: tuple[int | None, int]) -> _Begun:
        device, disk = _look(root)
        staging = root / MARKER / STAGING / str(job.id)
        promised = sum(
            max(0, begun.most - _staged(begun.staging))
            for begun in tuple(self._begun.values())
            if begun.device == device
        )
        wanted = to_write(*expected, _staged(staging))
        least = needed(reserve_of(disk, self._wished), wanted, promised, was_full=device in self._full)
        if disk.free < least:
            self._full.add(device)
            if disk.free < self._least(disk):
                self._without[root] = time.monotonic()
            raise _too_full(disk, least)
        self._full.discard(device)
        self._without.pop(root, None)
        return _Begun(device, staging, to_write(*expected, 0))

    async def _until_full(self, root: Path) -> None:
        """Look until the reserve is touched, and raise that; a disk that can't be asked says so elsewhere."""
        while True:
            await asyncio.sleep(self._look_s)
            try:
                device, disk = await asyncio.to_thread(_look, root)
            except OSError:
                continue
            reserve = reserve_of(disk, self._wished)
            if disk.free < reserve:
                self._full.add(device)
                self._without[root] = time.monotonic()
                raise _too_full(disk, self._least(disk))

    def _least(self, disk: Disk) -> int:
        """What must be free for the smallest of downloads to begin, once a disk was full."""
        return needed(reserve_of(disk, self._wished), 0, 0, was_full=True)

    async def _look_anew(self, root: Path) -> None:
        try:
            await asyncio.to_thread(self._look_again, root)
        finally:
            del self._looking[root]

    def _look_again(self, root: Path) -> None:
        """Forget an archive that has room again; one that can't be asked says so to its jobs."""
        try:
            _, disk = _look(root)
        except OSError:
            self._without.pop(root, None)
            return
        if disk.free >= self._least(disk):
            self._without.pop(root, None)


def _look(root: Path) -> tuple[int, Disk]:
    """The device that a folder lies on, and its figures; raises `OSError`."""
    told = os.statvfs(root)
    disk = Disk(total=told.f_blocks * told.f_frsize, free=told.f_bavail * told.f_frsize)
    return os.stat(root).st_dev, disk


def _staged(folder: Path) -> int:
    """Bytes of the files directly in a staging folder; of what vanishes meanwhile, none."""
    count = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                count += entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        pass
    return count


def _too_full(disk: Disk, least: int) -> StageError:
    return StageError(
        Evidence(
            exception=(DISK_RESERVE,),
            message=f"{size(disk.free)} free, {size(least)} needed",
            errno=errno.ENOSPC,
            activity="staging",
        )
    )
