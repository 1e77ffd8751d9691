"""Copies of the state file: one a day, the newest few are kept, and put back when the file is damaged.

<state folder>/snapshots/<name>.<number>.db     the highest number is the newest: clocks may jump
<state folder>/damaged-<number>/                what a restored file replaced; never deleted by the program
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from ytarchive_tui.db.errors import DatabaseUnusableError, NoSnapshotError, damage_named
from ytarchive_tui.db.migrate import APPLICATION_ID

log = logging.getLogger(__name__)

KEPT = 3
EVERY_S = 24 * 3600.0
LOOK_S = 600.0
"""How often it is asked whether a snapshot is due: a laptop may sleep through any longer wait."""
STEPS = 20_000
"""Instructions of SQLite between two looks at whether the snapshot is still wanted."""
NUMBERS_LEFT_OUT = 1_000_000
"""After a restore: ids of jobs name staging folders, and those given since the snapshot are not known."""


def snapshots(database: Path) -> list[Path]:
    """The snapshots of a state file, newest first."""
    named = re.compile(rf"{re.escape(database.stem)}\.(\d+)\.db")
    folder = database.parent / "snapshots"
    found = {
        int(match[1]): path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := named.fullmatch(path.name))
    }
    return [found[number] for number in sorted(found, reverse=True)]


def is_due(database: Path) -> bool:
    """Whether the newest snapshot is a day old, or of a day that has not come yet."""
    newest = next(iter(snapshots(database)), None)
    return newest is None or abs(time.time() - newest.stat().st_mtime) >= EVERY_S


class SnapshotStoppedError(Exception):
    """A snapshot was not wanted any more before it was whole; nothing has changed."""


def take(database: Path, stop: threading.Event | None = None) -> Path:
    """Write a snapshot, flush it to the disk, and only then remove the oldest; blocking.

    What others commit meanwhile neither waits nor gets in. Raises a `StateError`; `DatabaseDamagedError` when
    the state file can't be read to its end: the older snapshots stay then. `SnapshotStoppedError` soon after
    `stop` was set.
    """
    folder = database.parent / "snapshots"
    older = snapshots(database)
    number = 1 + (_number(older[0]) if older else 0)
    target = folder / f"{database.stem}.{number}.db"
    draft = target.with_suffix(".new")
    stop = stop or threading.Event()
    try:
        with _disk_named(database):
            folder.mkdir(mode=0o700, exist_ok=True)
            draft.unlink(missing_ok=True)
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with damage_named(database):
                with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as source:
                    if stop is not None:
                        source.set_progress_handler(stop.is_set, STEPS)
                    try:
                        source.execute("VACUUM INTO ?", (str(draft),))
                    except sqlite3.OperationalError as error:
                        if stop is not None and stop.is_set():
                            raise SnapshotStoppedError from error
                        raise
                _flush(draft)
            draft.rename(target)
            _flush(folder)
    finally:
        draft.unlink(missing_ok=True)
    for old in older[KEPT - 1 :]:
        old.unlink(missing_ok=True)
    return target


def restore(database: Path) -> tuple[Path, Path]:
    """Put the newest sound snapshot, or else backup, in the place of the state file.

    Returns that snapshot, and the folder in which the old file is now. The caller holds the engine's lock.
    Blocking. Raises `NoSnapshotError`, after which nothing has changed, and `DatabaseUnusableError`.
    """
    with _disk_named(database):
        found = [*snapshots(database), *_backups(database)]
        snapshot = next((path for path in found if is_sound(path)), None)
        if snapshot is None:
            raise NoSnapshotError(database)
        draft = database.with_suffix(".restored")
        shutil.copyfile(snapshot, draft)
        draft.chmod(0o600)
        with closing(sqlite3.connect(draft)) as copy:
            copy.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'jobs'", (NUMBERS_LEFT_OUT,))
            if copy.execute(
                "SELECT 1 FROM pragma_table_info('archives') WHERE name = 'taken_over'"
            ).fetchone():
                # What came into them since the snapshot is met by looking through them once more.
                copy.execute("UPDATE archives SET taken_over = NULL")
            copy.commit()
        _flush(draft)
        aside = _new_folder(database.parent)
        # The log first: without its database it means nothing, beside another one it would be replayed.
        for suffix in ("-wal", "-shm", "-journal"):
            if (part := database.with_name(database.name + suffix)).exists():
                part.rename(aside / part.name)
        if database.exists():
            _keep_under(aside / database.name, database)
        draft.rename(database)
        _flush(database.parent)
    return snapshot, aside


def is_sound(path: Path) -> bool:
    """Whether a file is a whole database of this program."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            (application,) = db.execute("PRAGMA application_id").fetchone()
            return application == APPLICATION_ID and db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    except sqlite3.Error:
        return False


class SnapshotKeeper:
    """Works like a worker: takes a snapshot whenever one is due."""

    name = "snapshots"

    def __init__(self, database: Path) -> None:
        self._database = database
        self._drained = asyncio.Event()
        self._stop = threading.Event()

    def drain(self) -> None:
        """End soon, also in the middle of a snapshot."""
        self._stop.set()
        self._drained.set()

    async def work(self) -> None:
        """Take what is due, now and later; raises `DatabaseDamagedError`, which ends the run.

        A full or forbidden disk is only logged: a missing snapshot stops nobody's downloads.
        """
        try:
            await self._work()
        finally:
            # A thread can't be cancelled, and the program would wait for its end.
            self._stop.set()

    async def _work(self) -> None:
        while not self._drained.is_set():
            try:
                if await asyncio.to_thread(is_due, self._database):
                    await _behind(self._database, self._stop)
            except SnapshotStoppedError:
                return
            except (DatabaseUnusableError, OSError) as error:
                log.warning("no snapshot of the state was taken: %s", error)
            try:
                await asyncio.wait_for(self._drained.wait(), LOOK_S)
            except TimeoutError:
                continue


async def _behind(database: Path, stop: threading.Event) -> None:
    """Take one in a thread that gives way to everything else: a large state keeps a core busy for long."""
    thread = ThreadPoolExecutor(1, "snapshot", _give_way)
    try:
        await asyncio.wrap_future(thread.submit(take, database, stop))
    finally:
        thread.shutdown(wait=False)


def _give_way() -> None:
    if sys.platform == "linux":  # Elsewhere a priority is that of the whole process.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _backups(database: Path) -> list[Path]:
    """The copies that migrations kept, newest first."""
    named = re.compile(rf"{re.escape(database.name)}\.v(\d+)\.backup")
    found = {
        int(match[1]): path for path in database.parent.iterdir() if (match := named.fullmatch(path.name))
    }
    return [found[version] for version in sorted(found, reverse=True)]


def _number(snapshot: Path) -> int:
    return int(snapshot.name.split(".")[-2])


def _new_folder(parent: Path) -> Path:
    number = 1
    while (folder := parent / f"damaged-{number}").exists():
        number += 1
    folder.mkdir(mode=0o700)
    return folder


def _keep_under(name: Path, database: Path) -> None:
    """Where there are links, under both names: a kill before the next rename must not leave no state."""
    try:
        os.link(database, name)
    except OSError:
        database.rename(name)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk_named(database: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = "check the permissions and the free space of its folder"
        raise DatabaseUnusableError(database, advice, str(error)) from error
