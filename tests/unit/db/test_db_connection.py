"""The state file: its transactions, its privacy, and what happens when it can't be used."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from db_samples import OPTIONS, check, playlist, video

from ytarchive_tui.db import migrate
from ytarchive_tui.db.archives import archive_id, options_id
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.errors import (
    DatabaseDamagedError,
    DatabaseForeignError,
    DatabaseNewerError,
    OlderEngineError,
)
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.errors import StateError
from ytarchive_tui.domain.models import JobKind, Stage
from ytarchive_tui.domain.policy import after_release


async def test_file_and_folder_are_private_and_commits_are_durable(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    async with await Database.open(path) as db:
        await submit(db, [video("a")])
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        async with db.write() as tx:
            assert [row[0] for row in await tx.fetch("PRAGMA synchronous")] == [2]
            assert [row[0] for row in await tx.fetch("PRAGMA journal_mode")] == ["wal"]
            assert [row[0] for row in await tx.fetch("PRAGMA foreign_keys")] == [1]
        with pytest.raises(StateError, match="readonly"):
            await db.fetch("DELETE FROM jobs")


async def test_a_full_disk_is_told_without_a_traceback(db: Database) -> None:
    async with db.write() as tx:
        await tx.fetch("PRAGMA max_page_count = 1")
    with pytest.raises(StateError, match="free some space"):
        async with db.write() as tx:
            await tx.run("INSERT INTO archives (path) VALUES (hex(zeroblob(1000000)))")
    assert not await db.fetch("SELECT 1 FROM archives")


async def test_several_reads_see_one_moment(db: Database) -> None:
    class Meanwhile(dict[str, int]):
        """Parameters that are only read after another process wrote."""

        def __getitem__(self, name: str) -> int:
            with sqlite3.connect(db.path) as other:
                other.execute("INSERT INTO archives (path) VALUES (?)", (f"/{name}",))
            return 1

    count = "SELECT count(*) AS n FROM archives"
    for before in (0, 1):
        first, second = await db.fetch_each((count, ()), (f"{count} WHERE :x{before}", Meanwhile()))
        assert (first[0]["n"], second[0]["n"]) == (before, before)


async def test_an_exception_rolls_everything_back(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.write() as tx:
            await archive_id(tx, Path("/x"))
            raise ZeroDivisionError
    assert not await db.fetch("SELECT 1 FROM archives")


async def test_a_statement_after_the_end_is_refused(db: Database) -> None:
    async with db.write() as tx:
        pass
    with pytest.raises(RuntimeError, match="ended"):
        await tx.run("DELETE FROM options")


async def test_transactions_of_several_tasks_do_not_mix(db: Database) -> None:
    entered = asyncio.Event()

    async def breaks() -> None:
        async with db.write() as tx:
            await archive_id(tx, Path("/broken"))
            entered.set()
            await asyncio.sleep(0.01)
            raise ZeroDivisionError

    async def works() -> None:
        await entered.wait()
        async with db.write() as tx:
            await archive_id(tx, Path("/good"))

    with pytest.raises(ZeroDivisionError):
        await asyncio.gather(breaks(), works())
    async with db.write():
        pass
    assert [row["path"] for row in await db.fetch("SELECT path FROM archives")] == ["/good"]


async def test_a_cancellation_at_any_point_leaves_all_or_nothing(tmp_path: Path) -> None:
    chance = random.Random(2)
    async with await Database.open(tmp_path / "state.db") as db:
        whole = 0

        async def work(n: int) -> None:
            nonlocal whole
            async with db.write() as tx:
                await archive_id(tx, Path(f"/{n}"))
                await options_id(tx, OPTIONS.model_copy(update={"quality": str(n)}))
            whole += 1

        for n in range(2000):
            task = asyncio.create_task(work(n))
            for _ in range(chance.randrange(24)):
                await asyncio.sleep(0)
                if chance.random() < 0.3:
                    await asyncio.sleep(0.0001)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if n % 50 == 0:
                # Another connection could not begin if a transaction had stayed open.
                other = sqlite3.connect(db.path, timeout=0, isolation_level=None)
                other.execute("BEGIN IMMEDIATE")
                other.close()
        archives = {row["path"].lstrip("/") for row in await db.fetch("SELECT path FROM archives")}
        options = {row["n"] for row in await db.fetch("SELECT data ->> 'quality' AS n FROM options")}
        assert archives == options
        # Both ends were met, and a cancellation during the commit may have let more through than returned.
        assert 0 < whole <= len(archives) < 2000


async def test_a_transaction_in_one_go_is_all_or_nothing(db: Database) -> None:
    async def note(tx: Transaction, path: str) -> int:
        await archive_id(tx, Path(path))
        tx.announce(wish=True)
        return len(await tx.fetch("SELECT 1 FROM archives"))

    async def fail(tx: Transaction) -> None:
        await note(tx, "/fails")
        raise ValueError("no")

    async def dawdle(tx: Transaction) -> None:
        await note(tx, "/dawdles")
        await asyncio.sleep(0)

    before = db.changes.version, db.wishes.version
    assert await db.transact(lambda tx: note(tx, "/good")) == 1
    assert (db.changes.version, db.wishes.version) == (before[0] + 1, before[1] + 1)
    with pytest.raises(ValueError, match="no"):
        await db.transact(fail)
    with pytest.raises(RuntimeError, match="one go"):
        await db.transact(dawdle)
    assert await db.transact(lambda tx: note(tx, "/better")) == 2
    assert {row["path"] for row in await db.fetch("SELECT path FROM archives")} == {"/good", "/better"}


async def test_a_transaction_in_one_go_is_undone_when_nobody_waits_for_it(db: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def note(tx: Transaction) -> None:
        await archive_id(tx, Path("/unwanted"))
        begun.set()
        go_on.wait(10)

    task = asyncio.create_task(db.transact(note))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done(), "it is still in the database's thread"
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await db.fetch("SELECT path FROM archives") == []
    await db.transact(note)
    assert len(await db.fetch("SELECT path FROM archives")) == 1


async def test_a_transaction_in_one_go_tells_of_damage(db: Database) -> None:
    async def fill(tx: Transaction) -> None:
        await tx.fetch("PRAGMA max_page_count = 1")
        await tx.many("INSERT INTO archives (path) VALUES (?)", [(f"{n}" * 4000,) for n in range(99)])

    with pytest.raises(StateError, match="disk is full"):
        await db.transact(fill)


async def test_a_cancelled_wait_for_the_lock_leaves_the_lock_usable(db: Database) -> None:
    async with db.write():
        waiting = asyncio.create_task(submit(db, [video("a")]))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await submit(db, [video("b")])
    assert [row["video_id"] for row in await db.fetch("SELECT video_id FROM items")] == ["b"]


async def test_the_queue_survives_cancellations(tmp_path: Path) -> None:
    chance = random.Random(3)
    async with await Database.open(tmp_path / "state.db") as db:
        control = Control(db)

        async def work(n: int) -> None:
            queue = Queue(db, lease_s=0)
            await submit(db, [video(f"v{n % 7}"), playlist(f"PL{n % 3}")])
            if claim := await queue.claim(Stage.METADATA, JobKind.ITEM, "w"):
                await queue.finish(claim, None, after_release(claim.job, "stop"))
            await control.cancel([n % 11])

        for n in range(150):
            task = asyncio.create_task(work(n))
            await asyncio.sleep(chance.random() * 0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await check(db)


async def test_the_journal_can_only_grow(db: Database) -> None:
    await submit(db, [video("a")])
    for statement in ("UPDATE journal SET data = '{}'", "DELETE FROM journal"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            async with db.write() as tx:
                await tx.run(statement)


async def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database at all, but long enough to be read as a header of one" * 50)
    before = path.read_bytes()
    with pytest.raises(DatabaseDamagedError, match=r"state\.db is damaged.*doctor --restore"):
        await Database.open(path)
    assert path.read_bytes() == before


async def test_damage_that_shows_later_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with await Database.open(path) as db:
        await submit(db, [video(f"v{n}") for n in range(2000)])
    content = bytearray(path.read_bytes())
    for start in range(40 * 4096, len(content), 4096):
        content[start : start + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(DatabaseDamagedError):
        async with await Database.open(path) as db:
            await db.fetch("SELECT sum(length(data)), count(*) FROM journal ORDER BY at")
            await db.fetch("PRAGMA integrity_check")
            await submit(db, [video(f"w{n}") for n in range(2000)])


async def test_a_newer_or_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await (await Database.open(path)).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(DatabaseNewerError, match="schema 99"):
        await Database.open(path)
    foreign = tmp_path / "other.db"
    raw = sqlite3.connect(foreign)
    raw.execute("CREATE TABLE t (x)")
    raw.close()
    with pytest.raises(DatabaseForeignError, match="another program"):
        await Database.open(foreign)


async def test_a_database_is_not_migrated_under_an_older_engine(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    known = migrate.bundled()
    async with await Database.open(path, migrations=known):
        pass
    newer = [*known, migrate.Migration(known[-1].number + 1, "CREATE TABLE more (x);\n")]
    with EngineLock(tmp_path) as older:
        older.path.write_text(older.path.read_text().replace(str(os.getpid()), "1"))
        with pytest.raises(OlderEngineError, match="older version of ytarchive-tui is running"):
            await Database.open(path, migrations=newer)
        async with await Database.open(path, migrations=known):
            pass
    with EngineLock(tmp_path):
        # The engine itself brings its file up to date.
        async with await Database.open(path, migrations=newer) as db:
            assert await db.fetch("SELECT * FROM more") == []


async def test_a_state_file_that_passed_a_renumbered_migration_by_gets_its_index(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    passed_by = [step for step in migrate.bundled() if step.number < 17 and step.number != 12]
    wanted = "SELECT sql FROM sqlite_schema WHERE name = 'attempts_failed'"
    async with await Database.open(path, migrations=passed_by) as db:
        assert await db.fetch(wanted) == []
    async with (
        await Database.open(path) as db,
        await Database.open(tmp_path / "new.db") as new,
    ):
        (mended,), (made,) = await db.fetch(wanted), await new.fetch(wanted)
        assert mended["sql"] == made["sql"]


async def test_a_migration_keeps_a_copy_and_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with await Database.open(path) as db:
        await submit(db, [video("a")])
    first = migrate.bundled()
    good = migrate.Migration(first[-1].number + 1, "CREATE TABLE more (x);\nINSERT INTO more VALUES (1);\n")
    bad = migrate.Migration(good.number + 1, "CREATE TABLE half (x);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await Database.open(path, migrations=[*first, good, bad])
    async with await Database.open(path, migrations=[*first, good]) as db:
        assert not await db.fetch("SELECT 1 FROM sqlite_schema WHERE name = 'half'")
        assert len(await db.fetch("SELECT 1 FROM more")) == 1
    backup = tmp_path / f"state.db.v{first[-1].number}.backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    async with await Database.open(backup) as old:
        assert [row["video_id"] for row in await old.fetch("SELECT video_id FROM items")] == ["a"]


async def test_a_new_file_comes_into_being_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    bad = migrate.Migration(migrate.bundled()[-1].number + 1, "INSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await Database.open(path, migrations=[*migrate.bundled(), bad])
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        assert file.execute("PRAGMA user_version").fetchone() == (0,)
    async with await Database.open(path) as db:
        await submit(db, [video("a")])


def test_the_numbers_of_the_migrations_have_no_gap() -> None:
    """A file is as new as its number: a migration that came later with a lower one would never run."""
    numbers = [each.number for each in migrate.bundled()]
    assert numbers == list(range(1, len(numbers) + 1))
