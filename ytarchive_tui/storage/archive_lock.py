"""At most one engine works on an archive: staging folders bear numbers that only one state file gives."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path
from uuid import UUID

from .archive import KnownArchives, open_archive
from .failing import os_errors

NAME = "engine.lock"
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
"""What flock answers on file systems that know no locks; such an archive is used without."""


class ArchiveLocks:
    """Exclusive flocks on `<archive>/.ytarchive/engine.lock`, each from the archive's first use to `close`.

    `known`, `mode`: as in `open_archive`. The system frees the locks when the process ends, however it ends.
    """

    def __init__(self, known: KnownArchives, mode: int = 0o700) -> None:
        self._known = known
        self._mode = mode
        self._handles: dict[Path, int] = {}
        self._changing = threading.Lock()

    def held(self, root: Path) -> bool:
        """True when `hold` would have nothing to do."""
        return root in self._handles

    def hold(self, root: Path) -> UUID:
        """Lock the archive for this engine, once, and tell which archive it is.

        Raises `StageError`; when another engine has it, with EBUSY.
        """
        with self._changing:
            if root not in self._handles:
                with os_errors("staging"), open_archive(root, self._known, self._mode) as (_, marker):
                    self._handles[root] = _locked(root, marker)
            return self._known[root]

    def close(self) -> None:
        """Free every lock."""
        with self._changing:
            while self._handles:
                os.close(self._handles.popitem()[1])


def _locked(root: Path, marker: int) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(NAME, flags, 0o600, dir_fd=marker)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise OSError(
            errno.EBUSY, "another ytarchive-tui, with another state folder, works on it", str(root)
        ) from None
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            os.close(handle)
            raise
    return handle
