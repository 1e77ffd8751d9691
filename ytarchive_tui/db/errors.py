"""What can be wrong with the state file itself; each text says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ytarchive_tui.domain.errors import StateError


class DatabaseDamagedError(StateError):
    """The file is not a sound database any more."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(
            f"The state file {path} is damaged ({detail}). Nothing was changed, and the archived files are "
            "not affected. `ytarchive-tui doctor --restore` puts the newest snapshot or backup in its place, "
            "keeps the damaged file, and looks in the archives for what was stored since."
        )


class NoSnapshotError(StateError):
    """There is nothing to put in the place of a damaged state file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no sound snapshot of {path}. Nothing was changed. To begin anew, move it and the -wal "
            "and -shm files beside it to another folder; the archived files are not affected."
        )


class StateFolderError(StateError):
    """The folder of the state file can't be used."""

    def __init__(self, folder: Path, detail: str) -> None:
        super().__init__(
            f"The state folder {folder} can't be used: check its permissions and free space, or choose "
            f"another one ({detail})."
        )


class DatabaseForeignError(StateError):
    """The file is a database, but of another program."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} belongs to another program. Choose another state folder.")


class DatabaseNewerError(StateError):
    """A newer version of the program wrote the file."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} was written by a newer version of ytarchive-tui (schema {found}, this one knows "
            f"{known}). Upgrade the program, or choose another state folder."
        )


class OlderEngineError(StateError):
    """An older version of the program works on the file, which would have to be changed for this one."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"An older version of ytarchive-tui is running on {path}. Nothing was changed. End it and start "
            "it again; then this works, too."
        )


class SqliteTooOldError(StateError):
    """Python is linked to an SQLite that lacks what the queue needs."""

    def __init__(self, needed: str) -> None:
        super().__init__(
            f"Python's SQLite is {sqlite3.sqlite_version}, {needed} or newer is needed. "
            "Use a newer Python (for example one installed by uv)."
        )


class DatabaseUnusableError(StateError):
    """The file is sound, but the system or another program is in the way."""

    def __init__(self, path: Path, advice: str, detail: str) -> None:
        super().__init__(f"The state file {path} can't be used: {advice} ({detail}).")


_ADVICE = {
    sqlite3.SQLITE_FULL: "its disk is full; free some space there and start again",
    sqlite3.SQLITE_IOERR: "its disk reports errors or is full; check the disk and its free space",
    sqlite3.SQLITE_BUSY: "another program holds it; close that program and start again",
    sqlite3.SQLITE_LOCKED: "another program holds it; close that program and start again",
    sqlite3.SQLITE_READONLY: "it may not be written; make it and its folder writable, "
    "or choose another state folder",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened; check the permissions and the free space of its folder, "
    "or choose another state folder",
}


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a broken or unusable file into a `StateError`; others pass unchanged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        # The low byte is the primary code; extended codes such as CORRUPT_INDEX carry more above it.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise DatabaseDamagedError(path, str(error)) from error
        if code in _ADVICE:
            raise DatabaseUnusableError(path, _ADVICE[code], str(error)) from error
        raise
