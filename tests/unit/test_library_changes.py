"""What changes the archive: a newer copy takes an older one's place, files go, files are found again."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from library_samples import archive_item

from ytarchive_tui.db import copies
from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.copies import by_id
from ytarchive_tui.db.delete import delete
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.journal import last_entries
from ytarchive_tui.db.leftovers import leftovers
from ytarchive_tui.db.library import note_check
from ytarchive_tui.domain.errors import StageError, UsageError
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import ArchivedCopy, JobOptions, Manifest, SourceKind, Submission
from ytarchive_tui.domain.policy import replaces
from ytarchive_tui.services.library_changes import LibraryChanges
from ytarchive_tui.services.removal import remove_leftovers
from ytarchive_tui.storage.archive import open_archive
from ytarchive_tui.storage.layout import MANIFEST
from ytarchive_tui.storage.manifest import check

A = "aaaaaaaaaaa"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "ytarchive.db") as database:
        yield database


@pytest.fixture
async def changes(db: Database) -> AsyncIterator[LibraryChanges]:
    service = LibraryChanges(db.path)
    yield service
    await service.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


async def the_copy(db: Database, copy_id: int) -> ArchivedCopy:
    return (await by_id(db, [copy_id]))[copy_id]


async def jobs(db: Database) -> list[tuple[str, str]]:
    rows = await db.fetch(
        "SELECT status, o.data ->> '$.quality' AS quality FROM jobs "
        "JOIN options o ON o.id = options_id WHERE superseded = 0 ORDER BY jobs.id"
    )
    return [(row["status"], row["quality"]) for row in rows]


async def bring(db: Database, old: ArchivedCopy, **manifest: object) -> ArchivedCopy:
    """Another copy of the same item, in a folder of its own, handed over as the storage stage does."""
    folder = f"{old.folder} ~second"
    shutil.copytree(old.archive / old.folder, old.archive / folder)
    content = old.manifest.model_copy(update={"job": 2, **manifest})
    (old.archive / folder / MANIFEST).write_text(content.model_dump_json())
    copy = old.model_copy(update={"folder": folder, "manifest": content})
    async with db.write() as tx:
        item = await tx.one("SELECT id FROM items")
        assert item is not None
        await copies.keep(tx, item["id"], copy)
    return copy


def submission(root: Path) -> Submission:
    address = f"https://www.youtube.com/watch?v={A}"
    return Submission(url=address, address=address, kind=SourceKind.VIDEO, video_id=A,
                      options=JobOptions(archive=root))  # fmt: skip


async def test_an_archived_item_is_queued_again_with_its_own_options_or_another_quality(
    db: Database, changes: LibraryChanges, root: Path
) -> None:
    first = await archive_item(db, root, A, "One")
    second = await archive_item(db, root, "bbbbbbbbbbb", "Two")
    usual = JobOptions(archive=root / "elsewhere", subtitles=("de",))
    assert await changes.fetch_again([first], usual) == (1, 0)
    assert await changes.fetch_again([first, second], usual, "720p") == (1, 1)
    assert await jobs(db) == [("queued", "best"), ("queued", "720p")]
    (row,) = await db.fetch("SELECT DISTINCT o.data ->> '$.archive' AS a, o.data ->> '$.subtitles[0]' AS s "
                            "FROM jobs JOIN options o ON o.id = options_id")  # fmt: skip
    assert (row["a"], row["s"]) == (str(root), "de")
    assert check(await the_copy(db, first)) == []


async def test_a_newer_copy_takes_the_place_of_the_old_one_whose_files_go_afterwards(
    db: Database, root: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One", height=720)
    old = await the_copy(db, copy_id)
    new = await bring(db, old, obtained_height=2160)
    assert check(old) == [] and check(new) == [], "both are there until the rows have changed"
    assert (await the_copy(db, copy_id)).folder == new.folder
    assert await remove_leftovers(db) == 0
    assert not (root / old.folder).exists() and check(new) == []
    assert not await db.fetch("SELECT 1 FROM leftovers")


async def test_the_last_copy_stays_while_the_one_in_its_place_is_not_there(db: Database, root: Path) -> None:
    copy_id = await archive_item(db, root, A, "One", height=720)
    old = await the_copy(db, copy_id)
    new = await bring(db, old, obtained_height=2160)
    shutil.move(root / new.folder, root / "elsewhere")
    assert await remove_leftovers(db) == 1
    assert check(old) == []
    shutil.move(root / "elsewhere", root / new.folder)
    assert await remove_leftovers(db) == 0
    assert not (root / old.folder).exists() and check(new) == []


async def test_a_lesser_copy_does_not_take_the_place_of_a_better_one(db: Database, root: Path) -> None:
    copy_id = await archive_item(db, root, A, "One", height=1080)
    old = await the_copy(db, copy_id)
    new = await bring(db, old, obtained_height=360)
    await remove_leftovers(db)
    assert (await the_copy(db, copy_id)) == old and check(old) == []
    assert not (root / new.folder).exists()
    await note_check(db, copy_id, "changed", ["video.mp4: its content has changed"])
    await bring(db, old, obtained_height=360, job=3)
    assert (await the_copy(db, copy_id)).manifest.obtained_height == 360


@pytest.mark.parametrize(
    ("had", "quality", "got", "replaced"),
    [(1080, "best", 360, False), (1080, "best", 1080, True), (1080, "480p", 480, True),
     (1080, "480p", 144, False), (480, "2160p", 1080, True), (None, "best", 360, True),
     (1080, "audio", None, True),     (1080, "bv[height<=720]+ba", 720, True)],
)  # fmt: skip
def test_which_copy_stays(had: int | None, quality: str, got: int | None, replaced: bool) -> None:
    made = {
        "extractor": "youtube",
        "video_id": A,
        "job": 1,
        "archived_at": "2026-01-01T00:00:00Z",
        "files": (),
    }
    old = Manifest(**made, quality="best", obtained_height=had)
    assert replaces(Manifest(**made, quality=quality, obtained_height=got), old, damaged=False) is replaced


async def test_deleting_says_first_what_goes_and_then_removes_files_rows_and_the_wish_for_it(
    db: Database, changes: LibraryChanges, root: Path
) -> None:
    gone = await archive_item(db, root, A, "Gone at its source")
    busy = await archive_item(db, root, "bbbbbbbbbbb", "Fetched again just now")
    async with db.write() as tx:
        await tx.run("UPDATE items SET at_source = 'removed' WHERE video_id = ?", (A,))
    await changes.fetch_again([busy], JobOptions(archive=root))
    seen = await changes.preview_deletion([gone, busy])
    assert (seen.copies, seen.files, seen.lost, seen.active) == (1, 2, 1, 1)
    assert (
        seen.titles == ("Gone at its source",)
        and seen.size == (await the_copy(db, gone)).manifest.files[0].size + 6
    )
    assert await changes.delete([gone, busy]) == (1, 1)
    assert not (root / f"Harbour Films/{A}").exists()
    assert check(await the_copy(db, busy)) == []
    assert EventKind.ITEM_DELETED in [entry.kind for entry in await last_entries(db)]
    (row,) = await db.fetch("SELECT wanted, archived_at FROM items WHERE video_id = ?", (A,))
    assert (row["wanted"], row["archived_at"]) == (0, None)
    (made,) = await submit(db, [submission(root)])
    assert made.job_id is not None and not made.already_archived


async def test_a_deletion_that_was_killed_half_way_is_finished_and_spares_what_came_later(
    db: Database, root: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    old = await the_copy(db, copy_id)
    assert await delete(db, copy_id)
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO leftovers SELECT id + 1, archive_id, folder, manifest, since FROM leftovers"
        )
    (root / old.folder / "video.mp4").unlink()  # as far as the killed one came
    await remove_leftovers(db)
    assert not (root / "Harbour Films").exists(), "the channel's last item takes its folder along"

    async with db.write() as tx:
        archive = await tx.one("SELECT id FROM archives")
        assert archive is not None
        await tx.run("INSERT INTO leftovers (archive_id, folder, manifest, since) VALUES (?, ?, ?, 0)",
                     (archive["id"], old.folder, old.manifest.model_dump_json()))  # fmt: skip
    (root / old.folder).mkdir(parents=True)
    later = old.manifest.model_copy(update={"job": 7})
    (root / old.folder / MANIFEST).write_text(later.model_dump_json())
    (root / old.folder / "video.mp4").write_bytes(b"fetched anew")
    await remove_leftovers(db)
    assert (root / old.folder / "video.mp4").read_bytes() == b"fetched anew"


async def test_deleting_removes_what_it_left_itself_and_nothing_that_waits_for_another_reason(
    db: Database, changes: LibraryChanges, root: Path
) -> None:
    replaced = await the_copy(db, await archive_item(db, root, A, "One", height=720))
    await bring(db, replaced, obtained_height=2160)
    other = await archive_item(db, root, "bbbbbbbbbbb", "Two")
    assert await changes.delete([other]) == (1, 0)
    assert not (root / "Harbour Films/bbbbbbbbbbb").exists()
    assert check(replaced) == [], "who replaced it removes it: that may wait, and fail, without this"
    assert [each.copy.folder for each in await leftovers(db)] == [replaced.folder]


async def test_what_else_lies_in_an_items_folder_stays(
    db: Database, changes: LibraryChanges, root: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    folder = root / (await the_copy(db, copy_id)).folder
    (folder / "my notes.txt").write_text("mine")
    await changes.delete([copy_id])
    assert [path.name for path in folder.iterdir()] == ["my notes.txt"]


async def test_a_link_in_the_place_of_a_folder_is_not_followed(
    db: Database, changes: LibraryChanges, root: Path, tmp_path: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    folder, outside = root / (await the_copy(db, copy_id)).folder, tmp_path / "outside"
    shutil.move(folder, outside)
    folder.symlink_to(outside)
    await changes.delete([copy_id])
    assert (outside / "video.mp4").exists()


async def test_nothing_is_deleted_while_the_disk_is_away_and_it_is_made_up_for_later(
    db: Database, changes: LibraryChanges, root: Path, tmp_path: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    folder = (await the_copy(db, copy_id)).folder
    shutil.move(root, tmp_path / "away")
    with pytest.raises(StageError):
        await changes.preview_deletion([copy_id])
    assert await delete(db, copy_id)
    assert await remove_leftovers(db) == 1
    shutil.move(tmp_path / "away", root)
    assert (root / folder).exists()
    assert await remove_leftovers(db) == 0 and not (root / folder).exists()


async def test_an_archive_that_was_moved_is_found_again_with_its_jobs(
    db: Database, changes: LibraryChanges, root: Path, tmp_path: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    await changes.fetch_again([copy_id], JobOptions(archive=root))
    new = tmp_path / "new disk" / "archive"
    new.parent.mkdir()
    shutil.move(root, new)
    with pytest.raises(UsageError, match="no archive lies"):
        await changes.relink([copy_id], root)
    assert await changes.relink([copy_id], new) == (1, 0, 0)
    assert check(await the_copy(db, copy_id)) == []
    (row,) = await db.fetch("SELECT a.path, o.data ->> '$.archive' AS at FROM jobs j JOIN archives a "
                            "ON a.id = j.archive_id JOIN options o ON o.id = j.options_id")  # fmt: skip
    assert row["path"] == row["at"] == str(new)
    other = tmp_path / "other"
    await archive_item(db, other, "bbbbbbbbbbb", "Two")
    with pytest.raises(UsageError, match="another one"):
        await changes.relink([copy_id], other)
    assert UUID((await db.fetch("SELECT uuid FROM archives WHERE path = ?", (str(new),)))[0]["uuid"])


async def test_what_was_fetched_at_the_new_place_meanwhile_stays_when_the_archive_is_moved_there(
    db: Database, changes: LibraryChanges, root: Path, tmp_path: Path
) -> None:
    twice = await archive_item(db, root, A, "One")
    once = await archive_item(db, root, "bbbbbbbbbbb", "Two")
    old, new = await the_copy(db, twice), tmp_path / "new"
    await changes.fetch_again([twice], JobOptions(archive=root))
    shutil.move(root, new)
    kept = await bring(db, old.model_copy(update={"archive": new}))
    (there,) = await db.fetch("SELECT id FROM copies WHERE folder = ?", (kept.folder,))
    await changes.fetch_again([there["id"]], JobOptions(archive=new), "720p")

    assert (await changes.relink([twice, once], new)).moved == 2
    rows = await db.fetch("SELECT folder FROM copies ORDER BY item_id")
    assert [row["folder"] for row in rows] == [kept.folder, "Harbour Films/bbbbbbbbbbb"]
    assert await jobs(db) == [("queued", "720p")]
    (ended,) = await db.fetch("SELECT status, reason FROM jobs WHERE superseded = 1 AND archive_id IN "
                              "(SELECT id FROM archives WHERE path = ?)", (str(new),))  # fmt: skip
    assert tuple(ended) == ("cancelled", "another job brings it")
    assert await remove_leftovers(db) == 0
    assert not (new / old.folder).exists() and check(kept) == []


async def test_where_an_archive_was_another_one_can_be_begun(
    db: Database, changes: LibraryChanges, root: Path, tmp_path: Path
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    new = tmp_path / "elsewhere"
    shutil.move(root, new)
    await changes.relink([copy_id], new)
    known = await known_archives(db)
    assert set(known) == {new}
    with open_archive(root, known):
        assert known[root] != known[new]


@pytest.mark.parametrize("written", ["link", "archive/../archive"])
async def test_a_relinked_archive_has_one_path_however_it_is_written(
    db: Database, changes: LibraryChanges, root: Path, tmp_path: Path, written: str
) -> None:
    copy_id = await archive_item(db, root, A, "One")
    (tmp_path / "link").symlink_to(root)
    assert await changes.relink([copy_id], tmp_path / written) == (0, 0, 0)
    assert [row["path"] for row in await db.fetch("SELECT path FROM archives")] == [str(root)]
    with pytest.raises(UsageError, match="home folder is not known"):
        await changes.relink([copy_id], Path("~nobody-at-all/archive"))


async def test_a_folder_that_was_renamed_is_found_by_its_manifest(
    db: Database, changes: LibraryChanges, root: Path
) -> None:
    here = await archive_item(db, root, A, "One")
    lost = await archive_item(db, root, "bbbbbbbbbbb", "Two")
    (root / "Films" / "old").mkdir(parents=True)
    shutil.move(root / f"Harbour Films/{A}", root / "Films" / "old" / "Ferry")
    shutil.rmtree(root / "Harbour Films/bbbbbbbbbbb")
    assert await changes.relink([here, lost], root) == (0, 1, 1)
    copy = await the_copy(db, here)
    assert copy.folder == "Films/old/Ferry" and check(copy) == []
