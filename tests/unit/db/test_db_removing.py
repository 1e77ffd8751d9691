"""What has ended leaves the list; nothing else is different afterwards."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from bench.many_jobs import build
from db_samples import ARCHIVE, Clock, check, downloaded, failed, page, playlist, resolved, stored, video

from ytarchive_tui.db import journal, recovery, relink, removing
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.delete import delete
from ytarchive_tui.db.filters import parse
from ytarchive_tui.db.intake import select, submit
from ytarchive_tui.db.known import known
from ytarchive_tui.db.pages import QueuePages, Sort, View, _ids
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.removing import remove
from ytarchive_tui.db.sources import Sources
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Claim, JobKind, Listed, Stage, Status
from ytarchive_tui.domain.policy import after_success
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.queue_changes import QueueChanges

MAKE = {Stage.METADATA: resolved, Stage.DOWNLOAD: downloaded, Stage.STORAGE: stored}


async def take(queue: Queue, stage: Stage = Stage.METADATA, kind: JobKind = JobKind.ITEM) -> Claim:
    claim = await queue.claim(stage, kind, "w")
    assert claim is not None
    return claim


async def archive(queue: Queue) -> int:
    """Bring the next job to its end; its id."""
    for stage in Stage:
        claim = await take(queue, stage)
        outcome = MAKE[stage](claim.job)
        await queue.finish(claim, outcome, after_success(claim.job, outcome))
    return claim.job.id


async def fail(queue: Queue, kind: JobKind = JobKind.ITEM) -> int:
    """Let the next job fail for good; its id."""
    claim = await take(queue, kind=kind)
    await queue.finish(claim, None, failed(claim.job, FailureClass.GONE, Status.FAILED))
    return claim.job.id


async def add(db: Database, *names: str) -> list[int]:
    return [one.job_id or 0 for one in await submit(db, [video(name) for name in names])]


async def listed(db: Database) -> list[int]:
    """The queue as every order and the counters have it, which must agree."""
    pages = QueuePages(db.path)
    views = [sorted(await pages.whole(View(sort))) for sort in Sort]
    await pages.close()
    assert all(view == views[0] for view in views)
    assert sum(each.n for each in await Views(db).counts()) == len(views[0])
    await check(db)
    return views[0]


async def status(db: Database, job_id: int) -> str:
    (row,) = await db.fetch("SELECT status FROM jobs WHERE id = ?", (job_id,))
    return str(row["status"])


async def test_only_what_has_ended_goes_and_undo_brings_it_back(db: Database, queue: Queue) -> None:
    jobs = await add(db, *"abcd")
    await archive(queue)
    await fail(queue)
    await Control(db).cancel([jobs[2]])
    changes = QueueChanges(db)
    assert await changes.remove(jobs) == 3
    assert await listed(db) == [jobs[3]]
    assert await changes.remove(jobs) == 0
    step = await changes.undo()
    assert step is not None and (step.word, step.jobs) == ("removal", 3)
    assert await listed(db) == sorted(jobs)
    assert [await status(db, each) for each in jobs] == ["done", "failed", "cancelled", "queued"]
    told = [entry.data for entry in await journal.entries_of_job(db, jobs[0])
            if entry.kind is EventKind.JOB_REMOVED]  # fmt: skip
    assert told == [{}, {"back": True}]


async def test_the_archive_and_what_is_known_of_the_item_stay(db: Database, queue: Queue) -> None:
    await add(db, "a")
    job = await archive(queue)
    tables = ("copies", "files", "library", "items", "metadata", "source_items", "attempts")
    before = [[tuple(row) for row in await db.fetch(f"SELECT * FROM {each}")] for each in tables]
    await remove(db, [job])
    assert [[tuple(row) for row in await db.fetch(f"SELECT * FROM {each}")] for each in tables] == before
    (again,) = await submit(db, [video("a")])
    assert again.already_archived
    assert await listed(db) == []


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
async def test_what_is_added_again_goes_on_under_its_own_id(db: Database, queue: Queue, ending: str) -> None:
    (job,) = await add(db, "a")
    if ending == "failed":
        await fail(queue)
    else:
        await Control(db).cancel([job])
    changes = QueueChanges(db)
    await changes.remove([job])
    assert (await known(db, ARCHIVE, [], ["a"]))["a"].status is None
    assert await add(db, "a") == [job]
    assert await status(db, job) == "queued"
    assert await listed(db) == [job]
    assert await changes.undo() is None
    assert await archive(queue) == job


async def test_what_is_chosen_in_browse_is_queued_again(db: Database, queue: Queue) -> None:
    (one,) = await submit(db, [video("a")])
    job = await fail(queue)
    await remove(db, [job])
    assert one.item_id is not None
    assert await select(db, one.source_id, [one.item_id], video("a").options) == (1, 0)
    assert await listed(db) == [job]


async def test_what_was_deleted_since_gets_a_job_of_its_own_and_undo_leaves_that_alone(
    db: Database, queue: Queue
) -> None:
    await add(db, "a")
    job = await archive(queue)
    changes = QueueChanges(db)
    (copy,) = await db.fetch("SELECT id FROM copies")
    await changes.remove([job])
    assert await delete(db, copy["id"])
    (new,) = await add(db, "a")
    assert new != job
    assert await changes.undo() is None
    rows = await db.fetch("SELECT id FROM jobs WHERE superseded = 0 OR removed = 1")
    assert [row["id"] for row in rows] == [new]


async def test_a_list_tries_again_what_failed_and_leaves_alone_what_was_cancelled(
    db: Database, queue: Queue, clock: Clock
) -> None:
    await submit(db, [playlist()])
    source = await take(queue, kind=JobKind.SOURCE)
    await queue.add_page(source, page("a", "b", "c"))
    (row,) = await db.fetch("SELECT id FROM jobs WHERE position = (SELECT max(position) FROM jobs)")
    cancelled = row["id"]
    await Control(db).cancel([cancelled])
    lost = await fail(queue)
    await archive(queue)
    clock.forward(1)
    await remove(db, [lost, cancelled])
    # A listing that starts over passes by what failed since it began.
    await queue.add_page(source, page("a", "b", "c"))
    assert await status(db, lost) == "failed"
    await queue.finish(source, Listed(entries=3), after_success(source.job, Listed(entries=3)))
    clock.forward(1)
    await submit(db, [playlist()])
    clock.forward(1)
    source = await take(queue, kind=JobKind.SOURCE)
    await queue.add_page(source, page("a", "b", "c"))
    assert await status(db, lost) == "queued"
    assert await status(db, cancelled) == "cancelled"
    assert cancelled not in await listed(db)


async def test_a_run_still_counts_what_was_removed_of_it(db: Database, queue: Queue) -> None:
    answers = await submit(db, [playlist(), video("x")])
    sources = [one.source_id for one in answers]
    source = await take(queue, kind=JobKind.SOURCE)
    await queue.add_page(source, page("a", "b"))
    await queue.finish(source, Listed(entries=2), after_success(source.job, Listed(entries=2)))
    await archive(queue)
    await fail(queue)
    service = QueueService(db, queue, MemoryBoard())
    ids = [row["id"] for row in await db.fetch("SELECT id FROM jobs")]

    async def told() -> tuple[object, ...]:
        lines = await service.lines(sources, ids), await service.standing(sources, [Status.FAILED])
        return await service.overview(sources), *lines, await service.done(sources)

    before = await told()
    assert [len(each) for each in before[1:]] == [4, 1, 1]  # type: ignore[arg-type]
    assert await service.changes.remove(ids) == 3
    assert await told() == before
    overview = await service.overview(sources)
    assert overview.failed == 1 and overview.done == 1 and overview.already == 0
    assert (await service.figures()).total == 1
    assert await service.retry_failed(sources) == 0


async def test_a_removed_failure_is_in_no_plan_and_keeps_nothing_in_staging(
    db: Database, queue: Queue
) -> None:
    await add(db, "a", "b")
    lost = await fail(queue)
    assert lost in await Views(db).jobs_with_staging(ARCHIVE)
    await remove(db, [lost])
    with sqlite3.connect(db.path) as plain:
        plain.row_factory = sqlite3.Row
        assert recovery.groups(plain) == []
    assert lost not in await Views(db).jobs_with_staging(ARCHIVE)
    assert await QueueChanges(db).retry_class(FailureClass.GONE) == 0
    assert await Control(db).retry([lost]) == 0


async def test_a_list_whose_job_was_removed_is_told_of_as_before_and_read_again(
    db: Database, queue: Queue
) -> None:
    await submit(db, [playlist()])
    job = await fail(queue, JobKind.SOURCE)
    sources = Sources(db)
    before = await sources.all()
    assert before[0].status is Status.FAILED
    await remove(db, [job])
    assert await sources.all() == before
    assert await listed(db) == []
    assert await sources.refresh(before[0].id, None, 1e6) is not None
    (new,) = await listed(db)
    assert new != job
    assert (await sources.all())[0].status is Status.QUEUED


async def test_an_archive_that_moves_takes_along_what_was_removed(db: Database, queue: Queue) -> None:
    there = Path("/there")
    elsewhere = video("a").options.model_copy(update={"archive": there})
    at_both = [video("b"), video("c"), video("b", options=elsewhere), video("c", options=elsewhere)]
    await submit(db, [video("a"), *at_both])
    jobs = [await fail(queue) for _ in range(5)]
    await remove(db, jobs[:4])
    await relink.move_archive(db, ARCHIVE, there, UUID(int=1))
    assert await listed(db) == [jobs[4]]
    assert (await submit(db, [video("a", options=elsewhere)]))[0].job_id == jobs[0]


async def test_a_million_are_removed_piece_by_piece(
    db: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "AT_ONCE", 2)
    jobs = await add(db, *"abcde")
    await Control(db).cancel(jobs)
    changes = QueueChanges(db)
    assert await changes.remove(jobs) == 5
    assert await listed(db) == []
    assert await changes.undo() is not None
    assert await listed(db) == jobs


async def test_the_filter_finds_only_what_has_ended(db: Database, queue: Queue) -> None:
    jobs = await add(db, *"abc")
    await fail(queue)
    await Control(db).cancel([jobs[1]])
    assert await removing.ended(db, parse("")) == jobs[:2]
    assert await removing.ended(db, parse("status:failed")) == jobs[:1]
    assert await removing.ended(db, parse("class:gone -kind:source")) == jobs[:1]
    assert await removing.ended(db, parse("status:queued")) == []


@pytest.fixture
def many(tmp_path: Path) -> Path:
    build(tmp_path / "many.db", 4_000)
    return tmp_path / "many.db"


async def test_a_short_queue_is_shown_at_once_however_much_was_removed(many: Path) -> None:
    async with await Database.open(many) as db:
        await remove(db, await removing.ended(db, ()))
        rows = await db.fetch("SELECT id FROM jobs WHERE superseded = 0 ORDER BY id LIMIT -1 OFFSET 20")
        await Control(db).cancel([row["id"] for row in rows])
        await remove(db, [row["id"] for row in rows])
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(many)) as plain:
        plain.set_progress_handler(count, 100)
        for sort in Sort:
            steps = 0
            assert len(_ids(plain, View(sort), threading.Event(), None)) == 20
            assert steps < 100, sort
