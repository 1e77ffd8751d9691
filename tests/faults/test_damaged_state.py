"""The state file is damaged or locked: the program stops with a reason, and a snapshot brings it back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from end_to_end.archive_check import kept
from end_to_end.program import COMMAND, Program
from unit.db.db_samples import video

from ytarchive_tui.db import snapshots as module
from ytarchive_tui.db.adopting import adopt_copy
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.errors import DatabaseDamagedError, NoSnapshotError
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.leftovers import leftovers
from ytarchive_tui.db.migrate import bundled
from ytarchive_tui.db.snapshots import (
    KEPT,
    SnapshotKeeper,
    SnapshotStoppedError,
    is_due,
    restore,
    snapshots,
    take,
)
from ytarchive_tui.db.taking_over import is_taken_over, taken_over
from ytarchive_tui.domain.models import ArchivedCopy, FileRole, Manifest, ManifestFile
from ytarchive_tui.sandbox.client import ControlClient


async def filled(path: Path, *names: str) -> None:
    async with await Database.open(path) as db:
        await submit(db, [video(name) for name in names])


def items(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(row[0] for row in db.execute("SELECT video_id FROM items"))


def damage(path: Path) -> None:
    """Overwrite every page but the first with what can be no page."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


async def test_the_newest_snapshots_are_kept_in_private(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await filled(path, "a")
    assert is_due(path)
    for _ in range(KEPT + 2):
        newest = take(path)
    assert not is_due(path)
    assert [each.name for each in snapshots(path)] == ["state.5.db", "state.4.db", "state.3.db"]
    assert newest.stat().st_mode & 0o777 == 0o600 and newest.parent.stat().st_mode & 0o777 == 0o700
    assert items(newest) == ["a"]


async def test_a_clock_that_jumps_makes_a_snapshot_due_but_never_hides_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await filled(path, "a")
    for jump_s in (10 * 365 * 86400, -10 * 365 * 86400):
        newest = take(path)
        os.utime(newest, (time.time() + jump_s,) * 2)
        assert is_due(path)
    assert snapshots(path)[0] == newest


async def test_a_snapshot_while_others_write_and_none_of_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with await Database.open(path) as db:
        await submit(db, [video("a")])
        async with db.write() as tx:
            await tx.run("UPDATE items SET title = 'not committed'")
            with closing(sqlite3.connect(take(path))) as copy:
                assert copy.execute("SELECT title FROM items").fetchone() == (None,)
    damage(path)
    with pytest.raises(DatabaseDamagedError):
        take(path)
    assert len(snapshots(path)) == 1 and list((tmp_path / "snapshots").iterdir()) == snapshots(path)


async def test_a_snapshot_ends_soon_when_it_is_not_wanted_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEPS", 1)
    path = tmp_path / "state.db"
    await filled(path, "a")
    first, stop = take(path), threading.Event()
    stop.set()
    with pytest.raises(SnapshotStoppedError):
        take(path, stop)
    assert list((tmp_path / "snapshots").iterdir()) == [first]


@pytest.mark.parametrize("how", ["drained", "cancelled"])
async def test_the_end_of_the_program_stops_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def long(database: Path, stop: threading.Event) -> Path:
        begun.set()
        if stop.wait(30):
            ended.set()
        raise SnapshotStoppedError

    monkeypatch.setattr(module, "take", long)
    keeper = SnapshotKeeper(tmp_path / "state.db")
    work = asyncio.create_task(keeper.work())
    await asyncio.to_thread(begun.wait, 10)
    keeper.drain() if how == "drained" else work.cancel()
    await asyncio.wait({work}, timeout=10)
    assert work.done() and await asyncio.to_thread(ended.wait, 10)


async def test_a_restore_keeps_the_damaged_file_and_never_gives_a_job_number_twice(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await filled(path, "a")
    first = take(path)
    take(path).write_bytes(b"cut")
    await filled(path, "b")
    damage(path)
    broken = path.read_bytes()
    snapshot, aside = restore(path)
    assert snapshot == first
    assert (aside / "state.db").read_bytes() == broken
    assert items(path) == ["a"]
    async with await Database.open(path) as db:
        (answer,) = await submit(db, [video("c")])
    assert answer.job_id is not None and answer.job_id > 1_000_000


async def test_after_a_restore_every_archive_is_to_be_looked_through_again(tmp_path: Path) -> None:
    """One that is away during the restore may hold what came after the snapshot."""
    path, away, uuid = tmp_path / "state.db", tmp_path / "away", UUID(int=1)
    async with await Database.open(path) as db:
        await taken_over(db, away, uuid)
    take(path)
    restore(path)
    async with await Database.open(path) as db:
        assert not await is_taken_over(db, away, uuid)


async def test_a_backup_from_before_archives_were_looked_through_is_restored(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    steps = [step for step in bundled() if step.number < 16]
    async with await Database.open(path, migrations=steps):
        pass
    take(path)
    damage(path)
    restore(path)
    async with await Database.open(path):
        pass


def replaced(root: Path, folder: str, job: int, *, height: int = 1080, days: int = 0) -> ArchivedCopy:
    """A copy of the same item, made by that job so many days later."""
    files = (ManifestFile(name="a.mp4", role=FileRole.MEDIA, size=1, sha256="0" * 64),)
    manifest = Manifest(
        extractor="youtube",
        video_id="a",
        job=job,
        archived_at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=days),
        quality="best",
        obtained_height=height,
        files=files,
    )
    return ArchivedCopy(archive=root, archive_uuid=UUID(int=1), folder=folder, manifest=manifest)


async def test_a_copy_that_was_replaced_after_the_snapshot_is_known_by_its_new_folder(tmp_path: Path) -> None:
    async with await Database.open(tmp_path / "state.db") as db:
        assert await adopt_copy(db, replaced(tmp_path, "C/old", 1), {"C/old"})
        assert await adopt_copy(db, replaced(tmp_path, "C/new", 2, days=1), {"C/new"})
        (row,) = await db.fetch("SELECT folder FROM copies")
        assert row["folder"] == "C/new"
        assert await db.fetch("SELECT 1 FROM leftovers") == [], "nothing of it is to be removed"


@pytest.mark.parametrize("new_first", [False, True])
async def test_of_an_old_and_a_new_folder_the_newer_one_wins_and_the_other_is_to_be_removed(
    tmp_path: Path, new_first: bool
) -> None:
    """The kill came between the row of the new copy and the removal of the old folder."""
    both = [replaced(tmp_path, "C/old", 1), replaced(tmp_path, "C/new", 2, days=1)]
    async with await Database.open(tmp_path / "state.db") as db:
        # The snapshot knows the old one; restoring meets them in any order.
        await adopt_copy(db, both[0], {"C/old"})
        met = both[::-1] if new_first else both
        assert sum([await adopt_copy(db, each, {"C/old", "C/new"}) for each in met]) == 1
        (row,) = await db.fetch("SELECT folder FROM copies")
        assert row["folder"] == "C/new"
        (left,) = await leftovers(db)
        assert (left.copy.folder, left.instead) == ("C/old", "C/new")


async def test_a_newer_folder_with_less_of_a_picture_does_not_win(tmp_path: Path) -> None:
    async with await Database.open(tmp_path / "state.db") as db:
        await adopt_copy(db, replaced(tmp_path, "C/old", 1), {"C/old"})
        small = replaced(tmp_path, "C/new", 2, height=360, days=1)
        assert not await adopt_copy(db, small, {"C/old", "C/new"})
        (row,) = await db.fetch("SELECT folder FROM copies")
        assert row["folder"] == "C/old"


async def test_without_a_snapshot_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await filled(path, "a")
    damage(path)
    before = path.read_bytes()
    with pytest.raises(NoSnapshotError, match="Nothing was changed"):
        restore(path)
    assert path.read_bytes() == before


@pytest.mark.ci
def test_a_damaged_state_stops_the_program_and_is_restored_with_what_was_archived_since(
    program: Program, youtube: ControlClient
) -> None:
    assert program.run(["aaaaaaaaaa1"]).code == 0
    (snapshot,) = snapshots(program.database)
    assert program.run(["bbbbbbbbbb2"]).code == 0
    damage(program.database)
    before = program.database.read_bytes()

    stopped = program.run(["cccccccccc3"])
    assert stopped.code == 1 and b"Traceback" not in stopped.stderr
    assert b"doctor --restore" in stopped.stderr
    assert program.database.read_bytes() == before

    command = [*COMMAND, "--state-dir", program.state, "-o", program.archive, "doctor", "--restore"]
    done = subprocess.run(command, capture_output=True, env=program.environment(), timeout=60)
    assert done.returncode == 0, done.stderr
    assert str(snapshot).encode() in done.stdout and b"known again: 2" in done.stdout

    youtube.clear_log()
    again = program.run(["aaaaaaaaaa1", "bbbbbbbbbb2"])
    assert again.code == 0 and again.summary["archived"] == 0
    assert youtube.log("media") == []
    assert kept(program.archive).keys() == {"aaaaaaaaaa1", "bbbbbbbbbb2"}


@pytest.mark.long
def test_a_state_that_another_program_locks_stops_with_a_reason(program: Program) -> None:
    assert program.run(["aaaaaaaaaa1"]).code == 0
    with closing(sqlite3.connect(program.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        stopped = program.run(["bbbbbbbbbb2"])
    assert stopped.code == 1 and b"Traceback" not in stopped.stderr
    assert b"another program holds it" in stopped.stderr
    assert program.run(["bbbbbbbbbb2"]).code == 0
