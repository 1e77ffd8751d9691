"""Who waits for work: woken by what may concern them, and by nothing else."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from db_samples import Clock, failed, resolved, video

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.openings import Openings
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import Claim, JobKind, Stage
from ytarchive_tui.domain.policy import after_success


async def take(queue: Queue) -> Claim:
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "worker")
    assert claim is not None
    return claim


async def test_only_who_may_find_work_is_woken(db: Database, queue: Queue) -> None:
    def waits(stage: Stage) -> asyncio.Task[None]:
        return asyncio.create_task(queue.wait_for_work(stage, JobKind.ITEM, 60))

    async with asyncio.timeout(10):
        lookups, downloads = waits(Stage.METADATA), waits(Stage.DOWNLOAD)
        await asyncio.sleep(0)
        await submit(db, [video("a")])
        await lookups
        assert not downloads.done()
        claim = await take(queue)
        lookups = waits(Stage.METADATA)
        await asyncio.sleep(0)
        outcome = resolved(claim.job)
        await queue.finish(claim, outcome, after_success(claim.job, outcome))
        await downloads
        assert not lookups.done()
        lookups.cancel()


async def test_who_waits_for_work_wakes_when_a_job_is_due(db: Database, queue: Queue, clock: Clock) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    await queue.finish(claim, None, failed(claim.job, delay_s=30))
    clock.forward(29.8)
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60))
        await asyncio.sleep(0)
        clock.forward(0.2)
        await waiting
    assert await take(queue)


async def test_who_waits_again_at_once_is_woken_as_well(db: Database, queue: Queue) -> None:
    async def waits_twice() -> None:
        await queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 0.01)
        waited.set()
        await queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60)

    waited = asyncio.Event()
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(waits_twice())
        await waited.wait()
        await submit(db, [video("a")])
        await waiting


async def test_work_that_another_process_brings_wakes_who_waits(db: Database, queue: Queue) -> None:
    async with await Database.open(db.path) as other, asyncio.timeout(10):
        waiting = asyncio.create_task(queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60))
        await asyncio.sleep(0)
        await submit(other, [video("a")])
        await waiting
    assert await take(queue)


async def test_a_look_that_fails_is_told_to_who_waits(db: Database, queue: Queue) -> None:
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60))
        await asyncio.sleep(0)
        async with db.write() as tx:
            await tx.run("DROP TABLE wishes")
            tx.announce()
        with pytest.raises(sqlite3.OperationalError, match="wishes"):
            await waiting


async def test_what_a_job_leaves_to_be_claimed_is_known_without_another_look(
    db: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_look(openings: Openings) -> None:
        raise AssertionError("it is known")

    await submit(db, [video("a"), video("b")])
    claim = await take(queue)
    monkeypatch.setattr(Openings, "_look", no_look)
    outcome = resolved(claim.job)
    await queue.finish(claim, outcome, after_success(claim.job, outcome))
    assert await queue.claim(Stage.DOWNLOAD, JobKind.ITEM, "worker") is not None
    await take(queue)
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "worker") is None


async def test_a_look_that_another_change_made_old_is_repeated(db: Database, queue: Queue) -> None:
    openings = Openings(db, queue.engine)
    await submit(db, [video("a")])
    async with db.write() as tx:
        await tx.run("UPDATE jobs SET status = 'paused'")
        left = await openings.left_by(tx)
        tx.announce()
    assert not left.queued
    async with db.write() as tx:
        await tx.run("UPDATE jobs SET status = 'queued'")
        tx.announce()
    openings.saw(left)
    assert (await openings.now()).queued == {(Stage.METADATA, JobKind.ITEM)}
