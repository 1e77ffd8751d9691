"""The worker's loop on a real queue: outcomes, wishes, lost leases, and a stop in the middle."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.views import JobRow, Views
from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import (
    Claim,
    ItemMetadata,
    JobKind,
    JobOptions,
    Resolved,
    SourceKind,
    Stage,
    StageOutcome,
    Status,
    Submission,
)
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers.worker import Worker

DEADLINE_S = 20.0


class Bench:
    """A queue with one job, and workers for its metadata stage."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.queue = Queue(db, lease_s=0.6)
        self.control = Control(db)
        self.store = ScratchStore(folder)
        self._archive = folder / "archive"
        self._tasks: list[asyncio.Task[None]] = []

    async def submit(self, video_id: str = "abcdefghijk") -> int:
        url = f"https://www.youtube.com/watch?v={video_id}"
        submission = Submission(
            url=url,
            address=url,
            kind=SourceKind.VIDEO,
            video_id=video_id,
            options=JobOptions(archive=self._archive),
        )
        (submitted,) = await submit(self.db, [submission])
        assert submitted.job_id is not None
        return submitted.job_id

    def work(self, run: Callable[[Claim], Awaitable[StageOutcome]]) -> tuple[Worker, asyncio.Task[None]]:
        worker = Worker(
            "worker",
            Stage.METADATA,
            JobKind.ITEM,
            run,
            queue=self.queue,
            store=self.store,
            board=MemoryBoard(),
            rules=RetryRules(),
        )
        task = asyncio.create_task(worker.work())
        self._tasks.append(task)
        return worker, task

    async def job(self, job_id: int) -> JobRow:
        (row,) = await Views(self.db).jobs([job_id])
        return row

    async def until(self, job_id: int, wanted: Callable[[JobRow], bool]) -> JobRow:
        async with asyncio.timeout(DEADLINE_S):
            while not wanted(row := await self.job(job_id)):
                await self.queue.wait_for_change(0.2)
        return row

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with await Database.open(tmp_path / "state.db") as db:
        bench = Bench(db, tmp_path)
        yield bench
        await bench.close()


async def resolved(claim: Claim) -> Resolved:
    assert claim.job.item is not None
    video_id = claim.job.item.video_id
    return Resolved(
        metadata=ItemMetadata(extractor="youtube", video_id=video_id, provider="ytdlp", title="A title")
    )


class Endless:
    """A stage that runs until it is stopped, and remembers that it was."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.stopped = asyncio.Event()

    async def __call__(self, claim: Claim) -> StageOutcome:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()
        raise AssertionError("unreachable")


async def test_what_comes_to_its_end_while_it_is_being_cancelled_is_done(bench: Bench) -> None:
    """A commit can't be taken back halfway: its folder must not be left to nobody."""
    started = asyncio.Event()

    async def stubborn(claim: Claim) -> StageOutcome:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await resolved(claim)
        raise AssertionError("unreachable")

    job = await bench.submit()
    bench.work(stubborn)
    await started.wait()
    await bench.control.cancel([job])
    row = await bench.until(job, lambda row: row.status is not Status.RUNNING)
    # Not done yet: this was the first of three stages, after which the person's wish counts.
    assert row.title == "A title"
    assert row.status is Status.CANCELLED


async def test_a_success_moves_the_job_to_its_next_stage(bench: Bench) -> None:
    job = await bench.submit()
    bench.work(resolved)
    row = await bench.until(job, lambda row: row.stage is Stage.DOWNLOAD)
    assert (row.status, row.title) == (Status.QUEUED, "A title")


@pytest.mark.parametrize(
    ("error", "status", "failure_class"),
    [
        (
            StageError(Evidence(message="Private video. Sign in if you've been granted access")),
            "blocked",
            "auth",
        ),
        (StageError(Evidence(http_status=503, activity="extract")), "waiting", "net_transient"),
        (OSError(errno.ENOSPC, "No space left on device"), "waiting", "local_disk"),
        (ZeroDivisionError("a fault of ours"), "waiting", "bug"),
    ],
)
async def test_whatever_is_raised_becomes_a_status_with_a_reason(
    bench: Bench, error: Exception, status: str, failure_class: str
) -> None:
    async def fail(claim: Claim) -> StageOutcome:
        raise error

    job = await bench.submit()
    bench.work(fail)
    row = await bench.until(job, lambda row: row.failure_class is not None)
    assert (row.status, row.failure_class) == (status, failure_class)
    assert row.reason


async def test_an_outcome_that_the_queue_refuses_is_a_failure_and_the_worker_goes_on(bench: Bench) -> None:
    async def of_another_video(claim: Claim) -> StageOutcome:
        if claim.job.id == first:
            metadata = ItemMetadata(extractor="youtube", video_id="stranger", provider="ytdlp")
            return Resolved(metadata=metadata)
        return await resolved(claim)

    first, second = await bench.submit("aaaaaaaaaaa"), await bench.submit("bbbbbbbbbbb")
    bench.work(of_another_video)
    await bench.until(second, lambda row: row.stage is Stage.DOWNLOAD)
    row = await bench.job(first)
    assert (row.status, row.failure_class) == (Status.WAITING, "bug")


@pytest.mark.parametrize(
    ("message", "status", "failure_class"),
    [
        ("Unsupported URL", Status.FAILED, "unsupported"),
        ("Conversion failed", Status.WAITING, "local_io"),
    ],
)
async def test_staging_that_cannot_be_removed_ends_no_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, message: str, status: Status, failure_class: str
) -> None:
    async def refuse(archive: Path, job_id: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    async def fail(claim: Claim) -> StageOutcome:
        raise StageError(Evidence(message=message))

    monkeypatch.setattr(bench.store, "discard", refuse)
    job = await bench.submit()
    _, task = bench.work(fail)
    row = await bench.until(job, lambda row: row.failure_class is not None)
    assert (row.status, row.failure_class) == (status, failure_class)
    assert not task.done()


async def test_a_worker_that_lost_its_lease_leaves_the_staging_to_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    discarded: list[int] = []

    async def discard(archive: Path, job_id: int) -> None:
        discarded.append(job_id)

    async def robbed(claim: Claim) -> StageOutcome:
        async with bench.db.write() as tx:
            await tx.run("UPDATE jobs SET owner = 'another', fence = fence + 1 WHERE id = ?", (first,))
        raise StageError(Evidence(message="Conversion failed"))

    monkeypatch.setattr(bench.store, "discard", discard)
    first = await bench.submit("aaaaaaaaaaa")
    worker, task = bench.work(robbed)
    await bench.until(first, lambda row: row.owner == "another")
    worker.drain()
    await asyncio.wait_for(task, DEADLINE_S)
    assert discarded == []


async def test_one_failing_job_does_not_hold_up_the_next(bench: Bench) -> None:
    async def fail_first(claim: Claim) -> StageOutcome:
        if claim.job.id == first:
            raise ZeroDivisionError
        return await resolved(claim)

    first, second = await bench.submit("aaaaaaaaaaa"), await bench.submit("bbbbbbbbbbb")
    bench.work(fail_first)
    await bench.until(second, lambda row: row.stage is Stage.DOWNLOAD)
    assert (await bench.job(first)).failure_class == "bug"


async def test_a_stop_in_the_middle_puts_the_job_back_without_blame(bench: Bench) -> None:
    job, stage = await bench.submit(), Endless()
    _, task = bench.work(stage)
    await stage.started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    row = await bench.job(job)
    assert stage.stopped.is_set()
    assert (row.status, row.failure_class) == (Status.QUEUED, None)


async def test_draining_lets_the_running_stage_end_and_claims_nothing_new(bench: Bench) -> None:
    go_on = asyncio.Event()
    started = asyncio.Event()

    async def slow(claim: Claim) -> StageOutcome:
        started.set()
        await go_on.wait()
        return await resolved(claim)

    first, second = await bench.submit("aaaaaaaaaaa"), await bench.submit("bbbbbbbbbbb")
    worker, task = bench.work(slow)
    await started.wait()
    worker.drain()
    go_on.set()
    await asyncio.wait_for(task, DEADLINE_S)
    assert (await bench.job(first)).stage is Stage.DOWNLOAD
    assert (await bench.job(second)).stage is Stage.METADATA


async def test_a_cancelled_job_stops_while_it_runs(bench: Bench) -> None:
    job, stage = await bench.submit(), Endless()
    bench.work(stage)
    await stage.started.wait()
    assert await bench.control.cancel([job]) == 1
    row = await bench.until(job, lambda row: row.status.is_final)
    assert row.status is Status.CANCELLED
    assert stage.stopped.is_set()


async def test_a_paused_job_stops_at_its_stage_and_goes_on_when_resumed(bench: Bench) -> None:
    job, stage = await bench.submit(), Endless()
    bench.work(stage)
    await stage.started.wait()
    await bench.control.pause([job])
    row = await bench.until(job, lambda row: row.status is Status.PAUSED)
    assert row.stage is Stage.METADATA
    stage.started.clear()
    await bench.control.resume([job])
    await asyncio.wait_for(stage.started.wait(), DEADLINE_S)


async def test_a_long_stage_keeps_its_lease(bench: Bench) -> None:
    async def longer_than_the_lease(claim: Claim) -> StageOutcome:
        await asyncio.sleep(claim.lease_s * 2.5)
        return await resolved(claim)

    job = await bench.submit()
    bench.work(longer_than_the_lease)
    bench.work(resolved)
    await bench.until(job, lambda row: row.stage is Stage.DOWNLOAD)
    attempts = await bench.db.fetch("SELECT outcome FROM attempts")
    assert [row["outcome"] for row in attempts] == ["succeeded"]


async def test_a_worker_that_lost_its_lease_stops_and_finishes_nothing(bench: Bench) -> None:
    job, stage = await bench.submit(), Endless()
    bench.work(stage)
    await stage.started.wait()
    async with bench.db.write() as tx:
        await tx.run("UPDATE jobs SET owner = 'another engine', fence = fence + 1 WHERE id = ?", (job,))
    await asyncio.wait_for(stage.stopped.wait(), DEADLINE_S)
    row = await bench.job(job)
    assert (row.status, row.owner) == (Status.RUNNING, "another engine")
