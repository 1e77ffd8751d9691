"""A connection that only reads, in a thread of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ytarchive_tui.db import heap

T = TypeVar("T")
Query = Callable[[sqlite3.Connection, threading.Event], T]
"""Gets the connection, and an event that is set once nobody waits for the answer any more."""
CHUNK = 4096
"""Rows read between two looks at whether anybody still wants them."""


STEPS = 20_000
"""Instructions of SQLite between two looks inside one step: a sort may be a long one."""


LONG = 100_000
"""Ids of an answer from which on the memory that it took is worth giving back."""


def give_back(db: sqlite3.Connection) -> None:
    """Let go of the pages in memory, and hand what is free to the system; 1 to 10 ms.

    An answer of a million ids passes through 16 MB of text. The allocator keeps such room for the next
    one, and the process would stay that much larger.
    """
    db.execute("PRAGMA shrink_memory")
    heap.give_back()


class Reader:
    """A connection that can't write, in a thread of its own; connects when first used."""

    def __init__(self, path: Path, *, cache_kib: int = 2 * 1024) -> None:
        """`cache_kib`: how much of the file the connection keeps in memory."""
        self._path = path
        self._cache_kib = cache_kib
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        self._connection: sqlite3.Connection | None = None
        self._closing = False

    async def run(self, query: Query[T]) -> T:
        """What `query` returns; raises `sqlite3.Error`. Cancelling sets its event and stops it alone."""
        abandoned = threading.Event()
        work = self._thread.submit(self._run, query, abandoned)
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    async def close(self) -> None:
        """Stop what runs, close the connection and end the thread."""
        self._closing = True
        self._thread.submit(self._disconnect)
        await asyncio.to_thread(self._thread.shutdown)

    def _run(self, query: Query[T], abandoned: threading.Event) -> T:
        if self._connection is None:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA query_only = ON")
            self._connection.execute(f"PRAGMA cache_size = -{self._cache_kib}")
        # Unlike interrupt(), this can't miss a query that is about to begin, nor hit the one after it.
        self._connection.set_progress_handler(lambda: abandoned.is_set() or self._closing, STEPS)
        return query(self._connection, abandoned)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
