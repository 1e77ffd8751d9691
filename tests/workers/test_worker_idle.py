"""A worker without work: a drain ends its wait at once, a cancellation stays one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import Claim, JobKind, Stage, StageOutcome
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers import worker as worker_module
from ytarchive_tui.workers.worker import Worker


async def nothing(claim: Claim) -> StageOutcome:
    raise AssertionError("there is no work")


class SlowQueue(Queue):
    """A queue whose answer can be held back."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    async def claim(self, stage: Stage, kind: JobKind, owner: str) -> Claim | None:
        self.asked.set()
        await self.answers.wait()
        return await super().claim(stage, kind, owner)


def worker_of(queue: Queue, folder: Path) -> Worker:
    return Worker(
        "worker", Stage.METADATA, JobKind.ITEM, nothing, queue=queue,
        store=ScratchStore(folder), board=MemoryBoard(), rules=RetryRules(),
    )  # fmt: skip


@pytest.fixture
async def idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    monkeypatch.setattr(worker_module, "IDLE_S", 60.0)
    async with await Database.open(tmp_path / "state.db") as db:
        yield worker_of(Queue(db), tmp_path)


async def waiting(worker: Worker) -> asyncio.Task[None]:
    task = asyncio.create_task(worker.work())
    while worker._idle is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return task


async def test_a_drain_ends_an_idle_worker_at_once(idle: Worker) -> None:
    async with asyncio.timeout(10):
        task = await waiting(idle)
        idle.drain()
        idle.drain()
        await task


async def test_who_cancels_an_idle_worker_that_drains_sees_it_cancelled(idle: Worker) -> None:
    async with asyncio.timeout(10):
        task = await waiting(idle)
        idle.drain()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_drain_while_it_asks_for_work_is_no_wait_either(tmp_path: Path) -> None:
    async with await Database.open(tmp_path / "state.db") as db:
        queue = SlowQueue(db)
        worker = worker_of(queue, tmp_path)
        task = asyncio.create_task(worker.work())
        await queue.asked.wait()
        worker.drain()
        queue.answers.set()
        done, _ = await asyncio.wait({task}, timeout=3)
        assert done
