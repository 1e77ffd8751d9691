"""A reading connection in a thread of its own: who is not wanted any more is stopped, and nobody else."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.reader import Reader

ENDLESS = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


async def test_cancelling_stops_the_query_itself(db: Database) -> None:
    reader, begun = Reader(db.path), threading.Event()

    def forever(connection: sqlite3.Connection, _: threading.Event) -> None:
        begun.set()
        connection.execute(ENDLESS).fetchone()

    task = asyncio.create_task(reader.run(forever))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        assert await reader.run(lambda connection, _: connection.execute("SELECT 7").fetchone()) == (7,)
        await reader.close()


async def test_cancelling_one_that_waits_does_not_stop_the_one_that_runs(db: Database) -> None:
    reader, begun, go_on = Reader(db.path), threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection, _: threading.Event) -> object:
        connection.create_function("hold", 1, lambda n: begun.set() or (go_on.wait(20) and n))
        return connection.execute("SELECT sum(hold(value)) FROM json_each('[1, 2, 3]')").fetchone()

    running = asyncio.create_task(reader.run(slow))
    await asyncio.to_thread(begun.wait)
    waiting = asyncio.create_task(reader.run(slow))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    go_on.set()
    assert await running == (6,)
    await reader.close()


async def test_it_cannot_write(db: Database) -> None:
    reader = Reader(db.path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await reader.run(lambda connection, _: connection.execute("DELETE FROM jobs"))
    await reader.close()
