"""The open database: one write connection behind a lock, and one that can only read."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ytarchive_tui.db.changes import Changes
from ytarchive_tui.db.errors import DatabaseUnusableError, SqliteTooOldError, damage_named
from ytarchive_tui.db.migrate import Migration, bundled, migrate, pragma
from ytarchive_tui.db.one_go import Connection, Direct, Parameters, driven
from ytarchive_tui.db.times import to_us, utcnow
from ytarchive_tui.domain.endings import ended, to_the_end

T = TypeVar("T")
BUSY_S = 10.0
"""How long a writer waits for another process; a transaction here takes milliseconds."""


class Transaction:
    """An open write transaction; usable only inside its `async with`, or its `transact`."""

    def __init__(self, connection: Connection | Direct, now: int) -> None:
        self._connection: Connection | Direct | None = connection
        self.now = now
        """Microseconds UTC, read after the write lock was had: a wait for the lock ages no lease."""
        self.changed_jobs = False
        self.wished = False

    async def fetch(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of one statement."""
        return list(await self._open().execute_fetchall(sql, parameters))

    async def one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row, or None."""
        rows = await self.fetch(sql, parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute a statement that returns no rows; the number of rows it changed."""
        return (await self._open().execute(sql, parameters)).rowcount

    async def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute one statement for each row."""
        await self._open().executemany(sql, rows)

    def announce(self, *, wish: bool = False) -> None:
        """After the commit, tell who waits that jobs changed; `wish`: also those who run them."""
        self.changed_jobs = True
        self.wished |= wish

    def close(self) -> None:
        """From here on a late statement raises, instead of running outside of any transaction."""
        self._connection = None

    def _open(self) -> Connection | Direct:
        if self._connection is None:
            raise RuntimeError("this transaction has ended")
        return self._connection


class Database:
    """The state file; made by `Database.open`."""

    def __init__(
        self,
        path: Path,
        writer: Connection,
        reader: Connection,
        clock: Callable[[], datetime],
        others: int,
    ) -> None:
        self.path = path
        self.changes = Changes()
        """After each commit that changed jobs."""
        self.wishes = Changes()
        """After each commit that wants a running job paused or cancelled."""
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._lock = asyncio.Lock()
        self._others = others

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Callable[[], datetime] = utcnow,
        migrations: Sequence[Migration] | None = None,
    ) -> Database:
        """Open or create the file (0600, a missing folder 0700) and bring its schema up to date.

        Raises a `StateError` when the file is damaged, foreign, newer than the program or can't be used.
        """
        if sqlite3.sqlite_version_info < (3, 38):
            raise SqliteTooOldError("3.38")
        try:
            path = await asyncio.to_thread(_prepare, path)
        except OSError as error:
            advice = "check its folder's permissions and free space, or choose another state folder"
            raise DatabaseUnusableError(path, advice, str(error)) from error
        opened: list[Connection] = []
        try:
            with damage_named(path):
                writer = await _connect(path)
                opened.append(writer)
                await migrate(writer, path, migrations or bundled())
                await writer.execute("PRAGMA journal_mode = WAL")
                await writer.execute("PRAGMA synchronous = FULL")
                await writer.execute("PRAGMA journal_size_limit = 67108864")
                await writer.execute("PRAGMA foreign_keys = ON")
                await writer.execute("PRAGMA temp_store = MEMORY")
                reader = await _connect(path)
                opened.append(reader)
                await reader.execute("PRAGMA query_only = ON")
                others = await pragma(writer, "data_version")
        except BaseException:
            for connection in opened:
                await connection.close()
            raise
        return cls(path, writer, reader, clock, others)

    async def close(self) -> None:
        """Close both connections; an open transaction ends first."""
        async with self._lock:
            await self._reader.close()
            await self._writer.close()

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def now(self) -> int:
        """The clock, in microseconds UTC."""
        return to_us(self._clock())

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end, rolled back by an exception or a cancellation.

        Begin, commit and rollback always run to their end: a task cancelled between an INSERT and its
        COMMIT would else leave the transaction open, for the next writer to commit.
        """
        async with self._lock:
            transaction: Transaction | None = None
            committed = False
            try:
                with damage_named(self.path):
                    await to_the_end(self._writer.execute("BEGIN IMMEDIATE"))
                    transaction = Transaction(self._writer, self.now())
                    yield transaction
                    transaction.close()
                    await to_the_end(self._writer.execute("COMMIT"))
                    committed = True
            finally:
                if transaction is not None:
                    transaction.close()
                if not committed:
                    # Queued behind any statement still under way; does nothing when no transaction is open.
                    await to_the_end(self._writer.rollback())
                if transaction is not None:
                    # Also when a cancellation came during the commit: a hint too many does no harm.
                    self._announce(transaction)

    async def transact(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """What `body` returns of a transaction that runs as a whole in the database's thread.

        For what every job does several times: `write` goes to and fro for each statement. `body` awaits
        nothing but its transaction, and touches nothing that others change meanwhile. A cancellation that
        comes before the commit undoes it; either way it has ended when this returns.
        """
        transactions: list[Transaction] = []
        unwanted = threading.Event()

        def run(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                transaction = Transaction(Direct(connection), self.now())
                transactions.append(transaction)
                result = driven(body(transaction))
                transaction.close()
                if unwanted.is_set():
                    raise asyncio.CancelledError
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise
            return result

        async with self._lock:
            work = asyncio.ensure_future(self._writer.run(run))
            try:
                with damage_named(self.path):
                    await asyncio.wait({work})
                    return work.result()
            except asyncio.CancelledError:
                unwanted.set()
                await ended(work)
                raise
            finally:
                for transaction in transactions:
                    transaction.close()
                    self._announce(transaction)

    def _announce(self, transaction: Transaction) -> None:
        if transaction.changed_jobs:
            self.changes.announce()
        if transaction.wished:
            self.wishes.announce()

    async def fetch(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Rows from the read connection: what was last committed."""
        with damage_named(self.path):
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def fetch_each(self, *statements: tuple[str, Parameters]) -> list[list[sqlite3.Row]]:
        """Rows of several statements, all of the same moment."""

        def run(connection: sqlite3.Connection) -> list[list[sqlite3.Row]]:
            connection.execute("BEGIN")
            try:
                return [connection.execute(sql, parameters).fetchall() for sql, parameters in statements]
            finally:
                connection.rollback()

        with damage_named(self.path):
            return await self._reader.run(run)

    async def notice_others(self) -> None:
        """Announce what other processes committed; SQLite counts those commits for each connection."""
        with damage_named(self.path):
            version = await pragma(self._writer, "data_version")
        if version != self._others:
            self._others = version
            self.changes.announce()
            self.wishes.announce()

    @asynccontextmanager
    async def attached(self, path: Path, name: str) -> AsyncIterator[None]:
        """Another database file beside this one, read-only, under a schema name.

        Nothing is written beside it either: where no journal says that it is in use, SQLite is told not to
        begin one, which it would even for reading.
        """
        whole = await asyncio.to_thread(path.resolve)
        in_use = await asyncio.to_thread(Path(f"{whole}-wal").exists)
        how = "mode=ro" if in_use else "mode=ro&immutable=1"
        with damage_named(path):
            async with self._lock:
                await to_the_end(self._writer.execute(f"ATTACH ? AS {name}", (f"{whole.as_uri()}?{how}",)))
            try:
                yield
            finally:
                async with self._lock:
                    await to_the_end(self._writer.execute(f"DETACH {name}"))


async def _connect(path: Path) -> Connection:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path.as_uri(), isolation_level=None, uri=True, timeout=BUSY_S)

    connection = Connection(connect, iter_chunk_size=64)
    await connection
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(path: Path) -> Path:
    """Make folder and file private before SQLite sees them; its -wal and -shm take over the file's mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = path.parent.resolve() / path.name
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)
    return path
