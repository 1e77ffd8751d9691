"""Several statements in one go in the thread of their connection.

aiosqlite hands each statement to that thread and brings back the answer, which takes longer than most
statements do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that also runs a function of ours in its thread."""

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What `function` returns; it has the connection for itself meanwhile."""
        # The one way in that aiosqlite has; each of its own methods uses it.
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]
        return result


class Direct:
    """What a transaction uses of an aiosqlite connection, for who is in the connection's thread already.

    Nothing waits: each call has ended when it returns.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def execute_fetchall(self, sql: str, parameters: Parameters) -> list[sqlite3.Row]:
        """All rows of one statement."""
        return self._connection.execute(sql, parameters).fetchall()

    async def execute(self, sql: str, parameters: Parameters) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, parameters)

    async def executemany(self, sql: str, rows: Iterable[Parameters]) -> sqlite3.Cursor:
        """Execute one statement for each row."""
        return self._connection.executemany(sql, rows)


def driven(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that awaits nothing but `Direct`; raises `RuntimeError` when it waits."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("a transaction in one go may await nothing but its own statements")
