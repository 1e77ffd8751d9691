"""What a person does to jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_samples import OPTIONS, Clock, check, downloaded, failed, page, playlist, resolved, video

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control, Where
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Claim, JobKind, Stage, Status, Submitted
from ytarchive_tui.domain.policy import after_success


async def take(queue: Queue, stage: Stage = Stage.METADATA, kind: JobKind = JobKind.ITEM) -> Claim:
    claim = await queue.claim(stage, kind, "w")
    assert claim is not None
    return claim


async def order(db: Database) -> str:
    rows = await db.fetch(
        "SELECT i.video_id FROM jobs j JOIN items i ON i.id = j.item_id ORDER BY j.priority DESC, j.position"
    )
    return "".join(row["video_id"] for row in rows)


@pytest.mark.parametrize(
    ("chosen", "where", "result", "count"),
    [
        ("c", "front", "cabde", 1),
        ("db", "front", "bdace", 2),
        ("b", "back", "acdeb", 1),
        ("c", "up", "acbde", 1),
        ("c", "down", "abdce", 1),
        ("cd", "up", "acdbe", 2),
        ("bc", "down", "adbce", 2),
        ("ac", "up", "acbde", 1),
        ("ab", "up", "abcde", 0),
        ("de", "down", "abcde", 0),
    ],
)
async def test_moving(db: Database, chosen: str, where: Where, result: str, count: int) -> None:
    jobs = {name: one.job_id or 0 for name, one in zip("abcde", await submit_all(db), strict=True)}
    assert await Control(db).move([jobs[name] for name in chosen], where) == count
    assert await order(db) == result


async def submit_all(db: Database) -> tuple[Submitted, ...]:
    return await submit(db, [video(name) for name in "abcde"])


async def test_priority_puts_jobs_ahead(db: Database) -> None:
    answers = await submit_all(db)
    assert await Control(db).set_priority([answers[3].job_id or 0], 1) == 1
    assert await order(db) == "dabce"


async def test_a_waiting_job_that_was_paused_still_waits_for_its_time(
    db: Database, queue: Queue, clock: Clock
) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    await queue.finish(claim, None, failed(claim.job, delay_s=60))
    assert await Control(db).pause() == 1
    clock.forward(120)
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    clock.forward(-90)
    assert await Control(db).resume() == 1
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    clock.forward(30)
    await take(queue)


async def test_retry_starts_without_blame_and_can_be_undone(db: Database, queue: Queue) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    await queue.finish(claim, None, failed(claim.job, status=Status.FAILED))
    assert await Control(db).retry([claim.job.id]) == 1
    entry = (await journal.last_entries(db, 1))[0]
    assert (entry.kind, entry.job_id, entry.data["action"]) == (
        EventKind.JOB_CHANGED,
        claim.job.id,
        "retry",
    )
    assert entry.data["before"]["status"] == "failed"
    assert entry.data["before"]["repeated"] == 1
    again = await take(queue)
    assert (again.job.attempt, again.job.repeated, again.job.failure_class) == (1, 0, None)


async def test_retry_failed_takes_the_named_sources_and_classes(db: Database, queue: Queue) -> None:
    (listed, single) = await submit(db, [playlist(), video("z")])
    source = await take(queue, kind=JobKind.SOURCE)
    await queue.add_page(source, page("a", "b"))
    classes = {"z": FailureClass.AUTH, "a": FailureClass.NET_TRANSIENT, "b": FailureClass.AUTH}
    for _ in range(3):
        claim = await take(queue)
        assert claim.job.item is not None
        await queue.finish(claim, None, failed(claim.job, classes[claim.job.item.video_id], Status.FAILED))
    control = Control(db)
    assert await control.retry_failed([listed.source_id], [FailureClass.AUTH]) == 1
    assert await control.retry_failed([listed.source_id]) == 1
    assert await control.retry_failed(classes=[FailureClass.GONE]) == 0
    assert await control.retry_failed([single.source_id]) == 1


async def test_retry_failed_leaves_the_same_item_in_another_archive_alone(db: Database, queue: Queue) -> None:
    elsewhere = OPTIONS.model_copy(update={"archive": Path("/elsewhere")})
    here, _ = await submit(db, [video("a"), video("a", options=elsewhere)])
    for _ in range(2):
        claim = await take(queue)
        await queue.finish(claim, None, failed(claim.job, FailureClass.AUTH, Status.BLOCKED))
    assert await Control(db).retry_failed([here.source_id]) == 1


async def test_a_cancelled_storage_job_downloads_again_when_retried(db: Database, queue: Queue) -> None:
    await submit(db, [video("a")])
    for stage, outcome in ((Stage.METADATA, resolved), (Stage.DOWNLOAD, downloaded)):
        claim = await take(queue, stage)
        end = outcome(claim.job)
        await queue.finish(claim, end, after_success(claim.job, end))
    control = Control(db)
    assert await control.cancel([claim.job.id]) == 1
    assert await queue.staged(claim.job.id) is None
    assert await control.retry([claim.job.id]) == 1
    (row,) = await Views(db).jobs([claim.job.id])
    assert (row.stage, row.status) == (Stage.DOWNLOAD, Status.QUEUED)
    await check(db)
