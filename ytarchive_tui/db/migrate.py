"""Numbered migrations: each is one transaction, and a copy of an existing file is kept before the first.

A new file has nothing to lose: it gets all of them in one.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

import aiosqlite

from ytarchive_tui.db.errors import DatabaseForeignError, DatabaseNewerError, OlderEngineError
from ytarchive_tui.db.lock import is_held_by_another
from ytarchive_tui.db.one_go import Connection

APPLICATION_ID = 0x79746172
"""«ytar» in the file's header: a stray database of another program is told apart by it."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; `number` is the `user_version` it leads to."""

    number: int
    sql: str


def bundled() -> tuple[Migration, ...]:
    """The migrations that come with the program, in order."""
    found = [
        Migration(int(entry.name.partition("_")[0]), entry.read_text(encoding="utf-8"))
        for entry in files("ytarchive_tui.db").joinpath("migrations").iterdir()
        if entry.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda migration: migration.number))


async def migrate(connection: Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Bring the file to the last step.

    `connection` is in autocommit mode. Raises `DatabaseNewerError`, `DatabaseForeignError` and
    `OlderEngineError` before anything is written.
    """
    known = steps[-1].number
    version = await pragma(connection, "user_version")
    if version > known:
        raise DatabaseNewerError(path, version, known)
    tables = list(await connection.execute_fetchall("SELECT 1 FROM sqlite_schema LIMIT 1"))
    if tables and await pragma(connection, "application_id") != APPLICATION_ID:
        raise DatabaseForeignError(path)
    if 0 < version < known:
        if await asyncio.to_thread(is_held_by_another, path.parent):
            # Its statements are those of the schema that it began with.
            raise OlderEngineError(path)
        await keep_copy(connection, path.with_name(f"{path.name}.v{version}.backup"))
    due = [step for step in steps if step.number > version]
    for together in [due] if due and not tables else [[step] for step in due]:
        await connection.run(partial(_apply, together))


async def pragma(connection: aiosqlite.Connection, name: str) -> int:
    """The value of a pragma that is a number."""
    rows = list(await connection.execute_fetchall(f"PRAGMA {name}"))
    return int(rows[0][0])


async def keep_copy(connection: aiosqlite.Connection, target: Path) -> None:
    """Write a consistent copy of the open database to `target` (0600), replacing an older one whole."""
    unfinished = target.with_name(f"{target.name}.new")

    def begin() -> sqlite3.Connection:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return sqlite3.connect(unfinished, check_same_thread=False)

    copy = await asyncio.to_thread(begin)
    try:
        await connection.backup(copy)
    finally:
        copy.close()
    await asyncio.to_thread(os.replace, unfinished, target)


def _apply(steps: Sequence[Migration], connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in steps:
            # Asked again under the lock: another process may have migrated meanwhile.
            if connection.execute("PRAGMA user_version").fetchone()[0] < step.number:
                for statement in statements(step.sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def statements(script: str) -> Iterator[str]:
    """Cut a script into statements; a trigger's body stays whole."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
