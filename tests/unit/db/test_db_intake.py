"""Submitting: stored once, queued once, and answered in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from db_samples import ARCHIVE, OPTIONS, Clock, check, failed, page, playlist, stored, video

from ytarchive_tui.db import journal, migrate
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.copies import archived_identities, of_item
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.library import note_check
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.seed import seed_archived
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.db.totals import totals
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import JobKind, Stage, Status
from ytarchive_tui.domain.policy import Transition


async def archive_next(queue: Queue) -> None:
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    await queue.finish(claim, stored(claim.job), Transition(stage=Stage.STORAGE, status=Status.DONE))


async def test_submitting_again_changes_nothing(db: Database) -> None:
    wanted = [video("a"), playlist(), video("b"), video("a")]
    first = await submit(db, wanted)
    assert first[0] == first[3]
    assert len({answer.job_id for answer in first}) == 3
    assert await submit(db, wanted) == first
    assert sum(count.n for count in await Views(db).counts()) == 3
    entries = await journal.entries(db)
    assert sum(entry.kind is EventKind.JOB_QUEUED for entry in entries) == 3
    await check(db)


async def test_an_archived_item_is_not_queued_again_except_for_another_archive(
    db: Database, queue: Queue
) -> None:
    await submit(db, [video("a")])
    await archive_next(queue)
    (again,) = await submit(db, [video("a")])
    assert again.already_archived
    assert again.job_id is None
    elsewhere = OPTIONS.model_copy(update={"archive": Path("/elsewhere")})
    (other,) = await submit(db, [video("a", options=elsewhere)])
    assert not other.already_archived
    assert other.source_id != again.source_id
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    assert claim.job.id == other.job_id
    assert claim.job.item is not None
    assert claim.job.item.archived_at is None
    assert await archived_identities(db, Path("/elsewhere")) == frozenset()
    skipped = [e for e in await journal.entries(db) if e.kind is EventKind.ITEM_SKIPPED]
    assert [entry.data for entry in skipped] == [{"reason": "archived"}]


@pytest.mark.parametrize("found", ["missing", "changed"])
async def test_what_a_check_found_damaged_is_fetched_again_for_who_asks_by_name(
    db: Database, queue: Queue, clock: Clock, found: str
) -> None:
    clock.now = utcnow()
    (first,) = await submit(db, [video("a")])
    await archive_next(queue)
    clock.forward(60)
    await note_check(db, 1, "whole", [])
    assert (await submit(db, [video("a")]))[0].already_archived
    await note_check(db, 1, found, ["video.mp4: gone"])
    assert (await totals(db, [first.source_id])).damaged == 1, "it is not complete"
    (again,) = await submit(db, [video("a")])
    assert not again.already_archived and again.job_id not in (None, first.job_id)
    assert (await totals(db, [first.source_id])).damaged == 0, "a job brings it"
    await check(db)


async def test_a_job_that_waits_or_is_blocked_stays_and_one_that_failed_is_queued_again(
    db: Database, queue: Queue
) -> None:
    names = ["waits", "blocked", "failed", "cancelled"]
    first = await submit(db, [video(name) for name in names])
    ends = [Status.WAITING, Status.BLOCKED, Status.FAILED]
    for end in ends:
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
        assert claim is not None
        await queue.finish(claim, None, failed(claim.job, FailureClass.AUTH, end))
    await Control(db).cancel([first[3].job_id or 0])
    second = await submit(db, [video(name) for name in names])
    # The same jobs: their ids name the staging folders, with the parts that have been downloaded.
    assert second == first
    counts = {count.status: count.n for count in await Views(db).counts()}
    assert counts == {Status.WAITING: 1, Status.BLOCKED: 1, Status.QUEUED: 2}
    # The fourth never began, so it has no folder.
    assert set(await Views(db).jobs_with_staging(ARCHIVE)) == {answer.job_id for answer in second[:3]}
    await check(db)


async def blocked(db: Database, queue: Queue, failure_class: FailureClass) -> int:
    (answer,) = await submit(db, [video("a")])
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    await queue.finish(claim, None, failed(claim.job, failure_class, Status.BLOCKED))
    return answer.job_id or 0


@pytest.mark.parametrize(
    ("failure_class", "status"),
    [(FailureClass.FORMAT, Status.QUEUED), (FailureClass.AUTH, Status.BLOCKED)],
)
async def test_a_job_takes_over_new_options_and_a_missing_format_is_looked_for_again(
    db: Database, queue: Queue, failure_class: FailureClass, status: Status
) -> None:
    job_id = await blocked(db, queue, failure_class)
    await submit(db, [video("a")])
    (row,) = await Views(db).jobs([job_id])
    assert row.status is Status.BLOCKED
    await submit(db, [video("a", options=OPTIONS.model_copy(update={"quality": "480p"}))])
    (row,) = await db.fetch("SELECT status, data FROM jobs j JOIN options o ON o.id = j.options_id")
    assert (row["status"], json.loads(row["data"])["quality"]) == (status, "480p")
    await check(db)


async def test_a_list_does_not_change_the_options_of_what_was_asked_for_by_name(
    db: Database, queue: Queue
) -> None:
    named = OPTIONS.model_copy(update={"quality": "480p"})
    await submit(db, [video("a", options=named), playlist()])
    for quality in ("best", "720p"):
        await submit(db, [playlist(options=OPTIONS.model_copy(update={"quality": quality}))])
        listing = await queue.claim(Stage.METADATA, JobKind.SOURCE, "w")
        assert listing is not None
        await queue.add_page(listing, page("a", "b"))
        await queue.finish(listing, None, failed(listing.job, FailureClass.AUTH, Status.FAILED))
    rows = await db.fetch(
        "SELECT o.data FROM jobs j JOIN options o ON o.id = j.options_id WHERE kind = 'item' ORDER BY j.id"
    )
    assert [json.loads(row["data"])["quality"] for row in rows] == ["480p", "720p"]


async def test_a_dry_run_reads_a_file_that_an_older_version_has_left(tmp_path: Path) -> None:
    known = migrate.bundled()
    before = next(n for n, step in enumerate(known) if "ALTER TABLE items" in step.sql)
    path = tmp_path / "old" / "state.db"
    async with await Database.open(path, migrations=known[:before]) as old, old.write() as tx:
        await tx.run("INSERT INTO archives (path, uuid) VALUES ('/archive', 'x')")
        await tx.run(
            "INSERT INTO items (extractor, video_id, url, created_at) VALUES ('youtube', 'a', '', 1)"
        )
        await tx.run(
            "INSERT INTO copies (item_id, archive_id, folder, quality, size, archived_at, manifest) "
            "VALUES (1, 1, 'f', 'best', 1, 1, '{}')"
        )
        await tx.run("INSERT INTO checks (copy_id, at, found) VALUES (1, 2, 'missing')")
    async with await Database.open(tmp_path / "dry" / "state.db") as dry:
        assert await seed_archived(dry, path) == 1
        (row,) = await dry.fetch("SELECT state FROM library")
        assert row["state"] == "missing", "so that it is not told as archived"


async def test_a_dry_run_knows_what_the_real_database_has(db: Database, queue: Queue, tmp_path: Path) -> None:
    await submit(db, [video("a"), video("b")])
    await archive_next(queue)
    async with await Database.open(tmp_path / "dry" / "state.db") as dry:
        assert await seed_archived(dry, tmp_path / "absent.db") == 0
        assert await seed_archived(dry, db.path) == 1
        a, b = await submit(dry, [video("a"), video("b")])
        assert (a.already_archived, b.already_archived) == (True, False)
        assert len(await of_item(dry, a.item_id or 0)) == 1
    assert len(await db.fetch("SELECT 1 FROM jobs")) == 2
