"""The engine's lock: at most one process runs workers on a state folder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from ytarchive_tui.db.errors import StateFolderError
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.errors import EngineBusyError

NAME = "engine.lock"


class EngineLock:
    """An exclusive flock on `engine.lock`; the system frees it when the process ends, however it ends.

    The file stays when the lock is freed: removing it would let two processes lock two different files.
    The handle is closed on exec, so programs that are started do not hold the lock; a bare fork would.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """True while this object holds the lock."""
        return self._handle is not None

    def acquire(self) -> None:
        """Take the lock; raises `EngineBusyError`, which names the holder, or `StateFolderError`."""
        if not self.held:
            try:
                self._acquire()
            except OSError as error:
                raise StateFolderError(self.path.parent, str(error)) from error

    def _acquire(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise EngineBusyError(
                    f"{_holder(handle)} already works on {self.path.parent}. Stop it, or choose another "
                    "state folder."
                ) from None
            written = {"pid": os.getpid(), "since": utcnow().isoformat(), "host": socket.gethostname()}
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(written).encode(), 0)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle

    def release(self) -> None:
        """Free the lock; nothing when it isn't held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> EngineLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held_by_another(folder: Path) -> bool:
    """Whether another process works on the state folder; looks by a shared lock, held for an instant."""
    _, told = _look(folder)
    return told is not None and (told.get("pid"), told.get("host")) != (os.getpid(), socket.gethostname())


def is_free(folder: Path) -> bool:
    """Whether no process works on the state folder; looks by a shared lock, held for an instant."""
    free, _ = _look(folder)
    return free


def _look(folder: Path) -> tuple[bool, dict[str, Any] | None]:
    """Whether the lock can be had, and what its holder tells of itself; neither where that can't be seen."""
    try:
        handle = os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False, None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False, _told(handle)
    except OSError:
        return False, None
    else:
        return True, None
    finally:
        os.close(handle)


def _told(handle: int) -> dict[str, Any]:
    """What the holder wrote; nothing when that can't be read."""
    try:
        told = json.loads(os.pread(handle, 1024, 0))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _holder(handle: int) -> str:
    """Who holds the lock, in words; the file may be half written or from a stranger."""
    try:
        told = _told(handle)
        since = datetime.fromisoformat(str(told["since"]))
        host = str(told["host"])
        place = "" if host == socket.gethostname() else f" on {host!r}"
        return f"Process {int(told['pid'])}{place}, running since {since:%Y-%m-%d %H:%M:%S} UTC,"
    except (ValueError, KeyError, TypeError):
        return "Another process"
