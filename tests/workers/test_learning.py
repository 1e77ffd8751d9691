"""The adaptive strategy learns from stored attempts: of its class, of its place, over a restart."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.unit.db.db_samples import Clock, resolved, video
from ytarchive_tui.db import attempts
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.errors import Evidence, FailureClass, StageError
from ytarchive_tui.domain.models import Claim, JobKind, Resolved, Stage
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.domain.strategy import parse_strategy
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers.worker import Worker

STRATEGIES = {FailureClass.UNKNOWN: parse_strategy("adaptive shortest=60 longest=600 tries=100")}


class Bench:
    def __init__(self, db: Database, folder: Path, clock: Clock) -> None:
        self.db = db
        self.clock = clock
        self.queue = Queue(db)
        self.store = ScratchStore(folder)

    async def once(self, error: str | None) -> None:
        """One worker's run of the first job that is due; with an error it fails like that."""

        async def run(claim: Claim) -> Resolved:
            if error is not None:
                raise StageError(Evidence(message=error))
            return resolved(claim.job)

        worker = Worker(
            "worker", Stage.METADATA, JobKind.ITEM, run, queue=self.queue, store=self.store,
            board=MemoryBoard(), rules=RetryRules(jitter=0), strategies=STRATEGIES,
            recall=partial(attempts.past, self.db),
        )  # fmt: skip
        claim = await self.queue.claim(Stage.METADATA, JobKind.ITEM, "worker")
        assert claim is not None
        await worker._process(claim)

    async def waits_s(self) -> float | None:
        """How long the job that failed last waits from now."""
        rows = await self.db.fetch(
            "SELECT run_after FROM jobs WHERE status = 'waiting' ORDER BY updated_at DESC LIMIT 1"
        )
        return (rows[0]["run_after"] - self.db.now()) / 1e6 if rows else None


async def test_the_delay_grows_and_shrinks_with_what_happened_here_and_survives_a_restart(
    tmp_path: Path,
) -> None:
    clock, path = Clock(), tmp_path / "queue.db"
    async with await Database.open(path, clock=clock) as db:
        bench = Bench(db, tmp_path, clock)
        await submit(db, [video("aaaaaaaaaaa")])
        for expected in (60, 120, 240):
            await bench.once("strange")
            assert await bench.waits_s() == expected
            clock.forward(expected)
    async with await Database.open(path, clock=clock) as db:
        # A new process, and another job: what was learned is stored with the attempts.
        bench = Bench(db, tmp_path, clock)
        await bench.once("strange")
        assert await bench.waits_s() == 480
        clock.forward(480)
        await bench.once(None)
        await submit(db, [video("bbbbbbbbbbb")])
        await bench.once("strange")
        assert await bench.waits_s() == 300


async def test_failures_of_another_class_or_of_long_ago_teach_nothing(tmp_path: Path) -> None:
    clock = Clock()
    async with await Database.open(tmp_path / "queue.db", clock=clock) as db:
        bench = Bench(db, tmp_path, clock)
        await submit(db, [video("aaaaaaaaaaa")])
        await bench.once("HTTP Error 503: Service Unavailable")
        clock.forward(8 * 86400)
        await bench.once("strange")
        assert await bench.waits_s() == 60
        clock.forward(8 * 86400)
        await bench.once("strange")
        assert await bench.waits_s() == 60
