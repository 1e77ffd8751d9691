"""An item's staging folder, while one task works in it: nobody else writes, and it holds no other item."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.ytdlp.child.ledger import Ledger
from ytarchive_tui.ytdlp.protocol import ItemRequest

LOCK = "lock"
LOCK_WAIT_S = 10.0
_IDENTITY = "identity"


@contextlib.contextmanager
def claimed(request: ItemRequest) -> Iterator[Ledger]:
    """Hold the request's staging folder, emptied unless it is provably of the same item.

    The folder's name is a job's number, which another database gives to another video. Raises
    `StageError` (StagingBusy) when another process still holds it after ten seconds.
    """
    with _locked(request.staging):
        ledger = Ledger(request.staging)
        identity = {"extractor": request.extractor, "video_id": request.video_id}
        if ledger.get(_IDENTITY) != identity:
            _empty(request.staging)
            ledger = Ledger(request.staging)
            ledger.put(_IDENTITY, **identity)
        yield ledger


def _empty(staging: Path) -> None:
    for path in staging.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


@contextlib.contextmanager
def _locked(staging: Path) -> Iterator[None]:
    """Hold the staging folder's lock, so that no attempt writes beside a dying one.

    Raises `StageError` (StagingBusy) when another process still holds it after ten seconds.
    """
    descriptor = os.open(staging / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StageError(
                        Evidence(
                            exception=("StagingBusy",),
                            message="another process still writes to the staging folder",
                            errno=errno.EAGAIN,
                        )
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
