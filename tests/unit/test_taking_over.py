"""An archive that a state file meets for the first time: its items are known before any job of it runs."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ytarchive_tui.db.adopting import adopt_copy
from ytarchive_tui.db.archives import archive_id
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.delete import delete
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.leftovers import leave
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.taking_over import is_taken_over, take_in
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    FileRole,
    JobKind,
    JobOptions,
    Manifest,
    ManifestFile,
    SourceKind,
    Stage,
    Submission,
)
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.services import taking_over
from ytarchive_tui.services.importing import adopt_archive
from ytarchive_tui.services.removal import remove_leftovers
from ytarchive_tui.services.taking_over import TakingOver
from ytarchive_tui.storage.archive import open_archive
from ytarchive_tui.storage.finding import every_item
from ytarchive_tui.storage.layout import MANIFEST

IDS = [f"video{n:06d}" for n in range(6)]
FILE = ManifestFile(name="a.mp4", role=FileRole.MEDIA, size=5, sha256=hashlib.sha256(b"media").hexdigest())


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "ytarchive.db") as database:
        yield database


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    with open_archive(root, {}):
        return root


def uuid_of(root: Path) -> UUID:
    known: dict[Path, UUID] = {}
    with open_archive(root, known):
        return known[root]


def put(root: Path, video_id: str, folder: str | None = None, /, **changes: Any) -> Manifest:
    """An item as another state file has left it."""
    place = root / (folder or f"Channel/{video_id}")
    place.mkdir(parents=True)
    (place / "a.mp4").write_bytes(b"media")
    content = Manifest(
        extractor="youtube", video_id=video_id, job=1, archived_at=datetime.now(UTC), quality="best",
        title=f"Title of {video_id}", files=(FILE,),
    )  # fmt: skip
    (place / MANIFEST).write_text(content.model_copy(update=changes).model_dump_json())
    return content


def video(root: Path, video_id: str) -> Submission:
    return Submission(
        url=video_id,
        address=f"https://www.youtube.com/watch?v={video_id}",
        kind=SourceKind.VIDEO,
        video_id=video_id,
        options=JobOptions(archive=root),
    )


async def folders(db: Database) -> list[str]:
    return [row["folder"] for row in await db.fetch("SELECT folder FROM copies ORDER BY folder")]


async def test_jobs_for_what_lies_there_end_even_one_that_runs_and_others_go_on(
    db: Database, archive: Path
) -> None:
    for video_id in IDS[:4]:
        put(archive, video_id)
    queue, board = Queue(db), MemoryBoard()
    await submit(db, [video(archive, each) for each in (*IDS[:2], "not-there-1")])
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    taking, uuid = TakingOver(db, board), uuid_of(archive)
    assert not await taking.before(claim, uuid)
    assert taking.knows(archive)
    assert await queue.heartbeat(claim) is None, "what the worker still does is not believed"
    assert await db.fetch("SELECT 1 FROM attempts WHERE ended_at IS NULL") == []
    assert await folders(db) == [f"Channel/{each}" for each in IDS[:4]]
    assert len(await db.fetch("SELECT 1 FROM files WHERE name = 'a.mp4' AND auto = 0 AND size = 5")) == 4
    other = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert other is not None and other.job.item is not None
    assert other.job.item.video_id == "not-there-1"
    assert await taking.before(other, uuid)
    assert (await submit(db, [video(archive, IDS[3])]))[0].already_archived


async def test_a_look_that_was_cut_off_goes_on_and_one_that_came_to_its_end_is_not_repeated(
    db: Database, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for video_id in IDS:
        put(archive, video_id)
    await submit(db, [video(archive, "not-there-1")])
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    uuid, board = uuid_of(archive), MemoryBoard()
    monkeypatch.setattr(taking_over, "AT_ONCE", 2)
    stopped, calls = TakingOver(db, board), 0

    async def cut_off(*given: Any) -> list[str]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise InterruptedError
        return await take_in(*given)

    monkeypatch.setattr(taking_over, "take_in", cut_off)
    with pytest.raises(InterruptedError):
        await stopped.before(claim, uuid)
    assert len(await folders(db)) == 2
    assert await TakingOver(db, board).before(claim, uuid)
    assert len(await folders(db)) == len(IDS)

    def never(*_: object) -> None:
        raise AssertionError("it is known")

    monkeypatch.setattr(taking_over, "every_item", never)
    assert await TakingOver(db, board).before(claim, uuid)


async def test_an_end_waits_for_no_look_through_a_large_disk(
    db: Database, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit(db, [video(archive, "not-there-1")])
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    looking, ended = threading.Event(), threading.Event()

    def large(root: Path, stop: Callable[[], bool], unread: object) -> Iterator[tuple[str, Manifest]]:
        looking.set()
        while not stop():
            time.sleep(0.001)
        ended.set()
        yield from ()

    monkeypatch.setattr(taking_over, "every_item", large)
    taking, uuid = TakingOver(db, MemoryBoard()), uuid_of(archive)
    waiting = asyncio.create_task(taking.before(claim, uuid))
    assert await asyncio.to_thread(looking.wait, 20)
    await taking.close()
    assert await asyncio.to_thread(ended.wait, 20)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not await is_taken_over(db, archive, uuid)
    put(archive, IDS[0])
    assert list(every_item(archive, lambda: True)) == []


@pytest.mark.parametrize("forbidden", ["Channel/closed", "lost+found"])
async def test_a_folder_that_may_not_be_read_is_looked_into_by_the_next_run(
    db: Database, archive: Path, monkeypatch: pytest.MonkeyPatch, forbidden: str
) -> None:
    put(archive, IDS[0])
    put(archive, IDS[1], forbidden)
    await submit(db, [video(archive, "not-there-1")])
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    real = os.scandir

    def scandir(path: Path) -> Any:
        if path == archive / forbidden:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    # Not by its mode: root may read everything.
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", scandir)
        assert await TakingOver(db, MemoryBoard()).before(claim, uuid_of(archive))
    assert await folders(db) == [f"Channel/{IDS[0]}"]
    assert await TakingOver(db, MemoryBoard()).before(claim, uuid_of(archive))
    again = [forbidden] if forbidden != "lost+found" else []
    assert sorted(await folders(db)) == sorted([f"Channel/{IDS[0]}", *again])


async def test_what_is_deleted_during_the_look_does_not_come_back(
    db: Database, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for video_id in IDS[:2]:
        put(archive, video_id)
    await submit(db, [video(archive, "not-there-1")])
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    assert await adopt_archive(db, archive) == (2, 0)

    async def after_its_deletion(*given: Any) -> list[str]:
        (row,) = await db.fetch("SELECT id FROM copies WHERE folder = ?", (f"Channel/{IDS[0]}",))
        assert await delete(db, row["id"])
        assert await remove_leftovers(db) == 0
        return await take_in(*given)

    monkeypatch.setattr(taking_over, "take_in", after_its_deletion)
    assert await TakingOver(db, MemoryBoard()).before(claim, uuid_of(archive))
    assert await folders(db) == [f"Channel/{IDS[1]}"]
    (item,) = await db.fetch("SELECT archived_at, wanted FROM items WHERE video_id = ?", (IDS[0],))
    assert tuple(item) == (None, 0)


async def test_what_is_known_stays_as_it_is_and_what_is_to_be_removed_stays_unknown(
    db: Database, archive: Path
) -> None:
    uuid = uuid_of(archive)
    put(archive, IDS[0])
    assert await take_in(db, archive, uuid, list(every_item(archive))) == [f"Channel/{IDS[0]}"]
    put(archive, IDS[0], "Channel/twin", archived_at=datetime.now(UTC) + timedelta(days=1))
    going = put(archive, IDS[1], "Channel/going")
    async with db.write() as tx:
        await leave(tx, 1, "Channel/going", going.model_dump_json())
    assert await take_in(db, archive, uuid, list(every_item(archive))) == []
    assert await folders(db) == [f"Channel/{IDS[0]}"]
    assert len(await db.fetch("SELECT 1 FROM leftovers")) == 1, "nothing else is to be removed"


@pytest.mark.parametrize(
    "changes",
    [
        {"video_id": "x&list=evil"},
        {"extractor": "generic"},
        {"archived_at": datetime(2020, 1, 1)},
        {"archived_at": datetime(1999, 1, 1, tzinfo=UTC)},
        {"archived_at": datetime(9999, 12, 31, tzinfo=UTC)},
        {"offered_height": 10**30},
        {"files": (FILE, FILE)},
        {"obtained_height": 10**30},
        {"duration_s": -1.0},
        {"job": 10**30},
        {"files": ()},
        {"quality": "best\x1b[2J"},
    ],
    ids=str,
)
async def test_a_manifest_that_can_not_be_ours_is_passed_by(
    db: Database, archive: Path, changes: dict[str, Any]
) -> None:
    put(archive, IDS[0])
    put(archive, "evil-000001", "A/evil", **changes)
    put(archive, "evil-000002", "A/no text \udcff")
    await submit(db, [video(archive, "not-there-1")])
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    assert await TakingOver(db, MemoryBoard()).before(claim, uuid_of(archive))
    assert await folders(db) == [f"Channel/{IDS[0]}"]
    async with await Database.open(db.path.with_name("other.db")) as other:
        assert await adopt_archive(other, archive) == (1, 0), "nor does `import` take it in"
        assert await folders(other) == [f"Channel/{IDS[0]}"]


@pytest.mark.parametrize("name", ["../Other/b.mp4", "/etc/passwd", "..", "", "a\0b"])
def test_a_name_that_leads_out_of_its_folder_makes_a_manifest_unreadable(archive: Path, name: str) -> None:
    put(archive, IDS[0])
    place = archive / "Channel" / IDS[0] / MANIFEST
    text = place.read_text()
    assert len(list(every_item(archive))) == 1
    place.write_text(text.replace('"a.mp4"', f'"{name}"'.replace("\0", "\\u0000")))
    assert list(every_item(archive)) == []


async def test_a_restore_adopts_no_folder_that_is_about_to_be_removed(db: Database, archive: Path) -> None:
    content = put(archive, IDS[0])
    copy = ArchivedCopy(
        archive=archive, archive_uuid=uuid_of(archive), folder=f"Channel/{IDS[0]}", manifest=content
    )
    async with db.write() as tx:
        await leave(tx, await archive_id(tx, archive), copy.folder, content.model_dump_json())
    assert not await adopt_copy(db, copy, {copy.folder})
    other = copy.model_copy(update={"manifest": content.model_copy(update={"job": 2})})
    assert await adopt_copy(db, other, {copy.folder}), "another one lies there by now"
