"""What an engine and a screen look at again and again costs the same, however long the queue is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from bench.many_jobs import build
from db_samples import video

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.sidecar_queue import SidecarQueue
from ytarchive_tui.db.sources import Sources
from ytarchive_tui.db.upgrades import Upgrades
from ytarchive_tui.domain.models import JobKind, JobOptions, Stage, Status
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.queue_changes import QueueChanges

SHORT, LONG = 1_500, 6_000
STEPS = 100
"""Instructions of SQLite's machine between two counts."""
RULES = RetryRules()


async def claims(db: Database) -> None:
    queue = Queue(db)
    for stage, kind in ((stage, kind) for kind in JobKind for stage in Stage):
        assert await queue.claim(stage, kind, "nobody") is None


async def sidecars(db: Database) -> None:
    assert await SidecarQueue(db, RULES).claim(Stage.METADATA, JobKind.ITEM, "nobody") is None


async def upgrades(db: Database) -> None:
    assert await Upgrades(db, RULES, "newer tools", JobOptions(archive=Path("/archive"))).run_due() == 0


async def schedules(db: Database) -> None:
    assert await Sources(db).run_due() == 0


async def removing(db: Database) -> None:
    rows = await db.fetch("SELECT id FROM jobs WHERE status = 'done' AND superseded = 0 LIMIT 10")
    changes = QueueChanges(db)
    assert await changes.remove([row["id"] for row in rows]) == 10
    assert await changes.undo()


async def pulse(db: Database) -> None:
    service = QueueService(db, Queue(db), MemoryBoard())
    assert (await service.figures()).done
    await service.left()
    await service.speed()
    await service.wishes()


async def batch(db: Database) -> None:
    """What a run of one video asks about it."""
    (answer,) = await submit(db, [video("just this")])
    service, sources = QueueService(db, Queue(db), MemoryBoard()), [answer.source_id]
    assert len(await service.lines(sources, [answer.job_id or 0])) == 1
    assert len(await service.standing(sources, [Status.QUEUED, Status.WAITING])) == 1
    assert await service.done(sources) == frozenset()


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("queues")
    for jobs in (SHORT, LONG):
        build(folder / f"{jobs}.db", jobs)
    return {jobs: folder / f"{jobs}.db" for jobs in (SHORT, LONG)}


async def cost(path: Path, look: Callable[[Database], Awaitable[None]]) -> int:
    """Steps of SQLite that the look takes."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += STEPS
        return 0

    async with await Database.open(path) as db:
        for connection in (db._reader, db._writer):
            await connection.set_progress_handler(count, STEPS)
        await look(db)
    return steps


@pytest.mark.parametrize("look", [claims, sidecars, upgrades, schedules, removing, pulse, batch])
async def test_a_look_costs_the_same_at_any_length(
    databases: dict[int, Path], look: Callable[[Database], Awaitable[None]]
) -> None:
    short, long = [await cost(databases[jobs], look) for jobs in (SHORT, LONG)]
    assert long < 1.5 * short + 20 * STEPS
