"""At most one engine works on an archive: staging folders bear numbers that only one state file gives."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from .archive import MARKER, KnownArchives, open_archive
from .failing import os_errors

NAME = "engine.lock"
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
"""What flock answers on file systems that know no locks; such an archive is used without."""


class _Held(NamedTuple):
    handle: int
    file: tuple[int, int]
    """Device and inode, by which an archive is the same one wherever it was moved to."""


class ArchiveLocks:
    """Exclusive flocks on `<archive>/.ytarchive/engine.lock`, each from the archive's first use to `close`.

    `known`, `mode`: as in `open_archive`. The system frees the locks when the process ends, however it ends.
    """

    def __init__(self, known: KnownArchives, mode: int = 0o700) -> None:
        self._known = known
        self._mode = mode
        self._held: dict[Path, _Held] = {}
        self._adrift: list[_Held] = []
        """Of archives that were missed at their root: they may be back, or found elsewhere."""
        self._changing = threading.Lock()

    def held(self, root: Path) -> bool:
        """True when `hold` would have nothing to do."""
        return root in self._held

    def hold(self, root: Path, *, relinked: bool = False) -> UUID:
        """Lock the archive for this engine, once, and tell which archive it is.

        An archive that this engine holds under another path may have been moved to this one. `relinked`: the
        state file has no archive at this root, so that what was seen here before stands in nothing's way.
        Raises `StageError`; when another engine has it, with EBUSY.
        """
        with self._changing:
            if root not in self._held:
                if relinked:
                    self._known.pop(root, None)
                with os_errors("staging"), open_archive(root, self._known, self._mode) as (_, marker):
                    self._take(root, marker)
            return self._known[root]

    def missed(self, root: Path) -> None:
        """The archive is not at that root now: before the next use of the root, `hold` looks what is."""
        with self._changing:
            if (held := self._held.pop(root, None)) is not None:
                self._adrift.append(held)

    def close(self) -> None:
        """Free every lock."""
        with self._changing:
            for held in (*self._held.values(), *self._adrift):
                os.close(held.handle)
            self._held.clear()
            self._adrift.clear()

    def _take(self, root: Path, marker: int) -> None:
        """Lock what lies at the root, or find it among what is held."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(NAME, flags, 0o600, dir_fd=marker)
        try:
            file = _file(os.fstat(handle))
            before = next((each for each, held in self._held.items() if held.file == file), None)
            if before is not None and _leads(before, file):
                raise OSError(errno.EBUSY, f"this archive is the one in {before}, use that path", str(root))
            same = next((held for held in self._adrift if held.file == file), None)
            if before is not None:
                self._held[root] = self._held.pop(before)
            elif same is not None:
                self._adrift.remove(same)
                self._held[root] = same
            else:
                _lock(handle, root)
                self._held[root] = _Held(handle, file)
                return
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _lock(handle: int, root: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(
            errno.EBUSY, "another ytarchive-tui, with another state folder, works on it", str(root)
        ) from None
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise


def _leads(root: Path, file: tuple[int, int]) -> bool:
    """Whether the archive with that lock lies at the root now."""
    try:
        return _file(os.stat(root / MARKER / NAME, follow_symlinks=False)) == file
    except OSError:
        return False


def _file(told: os.stat_result) -> tuple[int, int]:
    return told.st_dev, told.st_ino
