"""Archives without room: their jobs are held back, all but those that look whether there is room again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from db_samples import ARCHIVE, OPTIONS, Clock, downloaded, failed, resolved, video

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import NOT_BARRED, Queue
from ytarchive_tui.db.totals import totals
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import JobKind, Stage
from ytarchive_tui.domain.policy import Transition, after_success

ELSEWHERE = OPTIONS.model_copy(update={"archive": Path("/elsewhere")})


async def claimed(queue: Queue, stage: Stage) -> str | None:
    """Claim and put back; the id of the video."""
    claim = await queue.claim(stage, JobKind.ITEM, "worker")
    if claim is None:
        return None
    await queue.finish(claim, None, Transition(stage=claim.job.stage, status=claim.job.status.QUEUED))
    assert claim.job.item is not None
    return claim.job.item.video_id


async def test_while_a_disk_has_no_room_only_what_found_it_so_looks_again(db: Database, clock: Clock) -> None:
    full: Collection[Path] = ()

    async def without_room() -> Collection[Path]:
        return full

    queue = Queue(db, ahead=4, without_room=without_room)
    answers = await submit(db, [video("a"), video("b"), video("c"), video("e", options=ELSEWHERE)])
    sources = [each.source_id for each in answers]
    for _ in range(2):
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "worker")
        assert claim is not None
        outcome = resolved(claim.job)
        await queue.finish(claim, outcome, after_success(claim.job, outcome))
    full = {ARCHIVE}
    assert await claimed(queue, Stage.DOWNLOAD) == "a", "somebody has to find out, and say why all wait"
    claim = await queue.claim(Stage.DOWNLOAD, JobKind.ITEM, "worker")
    assert claim is not None
    await queue.finish(claim, None, failed(claim.job, FailureClass.LOCAL_DISK))

    assert await claimed(queue, Stage.DOWNLOAD) is None
    assert await claimed(queue, Stage.METADATA) == "e", "another archive goes on"
    seen = await totals(db, sources, await queue.barred())
    assert (seen.held, seen.trying, seen.running_s) == (2, 0, 0.0)

    clock.forward(3600)
    claim = await queue.claim(Stage.DOWNLOAD, JobKind.ITEM, "worker")
    assert claim is not None and claim.job.item is not None and claim.job.item.video_id == "a"
    assert await claimed(queue, Stage.DOWNLOAD) is None, "nor while that one looks"
    assert (await totals(db, sources, await queue.barred())).trying == 1
    clock.forward(5)
    seen = await totals(db, sources, await queue.barred())
    assert (seen.trying, seen.running_s) == (0, 5.0)
    full = ()
    assert await claimed(queue, Stage.DOWNLOAD) == "b", "at once when there is room"
    full = {ARCHIVE}
    done = downloaded(claim.job)
    await queue.finish(claim, done, after_success(claim.job, done))
    assert await claimed(queue, Stage.STORAGE) == "a", "what is there is put into the archive"


async def archive_alone() -> Collection[Path]:
    return {ARCHIVE}


async def full_from_now_on(
    db: Database, without_room: Callable[[], Awaitable[Collection[Path]]] = archive_alone
) -> Queue:
    """A queue of three jobs whose disk has no room, as one of them has found."""
    queue = Queue(db, without_room=without_room)
    await submit(db, [video("a"), video("b"), video("c")])
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "worker")
    assert claim is not None
    await queue.finish(claim, None, failed(claim.job, FailureClass.LOCAL_DISK))
    return queue


def on_each_scan(db: Database, monkeypatch: pytest.MonkeyPatch, then: Callable[[], Awaitable[None]]) -> None:
    """Have something happen after each look at all of the queue."""
    fetch = db.fetch

    async def watched(sql: str, *parameters: Any) -> list[sqlite3.Row]:
        rows = await fetch(sql, *parameters)
        if NOT_BARRED in sql:
            await then()
        return rows

    monkeypatch.setattr(db, "fetch", watched)


async def test_what_is_held_back_is_looked_through_once_for_each_change(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = 0

    async def count() -> None:
        nonlocal scans
        scans += 1

    queue = await full_from_now_on(db)
    on_each_scan(db, monkeypatch, count)
    for _ in range(3):
        assert await queue.claim(Stage.METADATA, JobKind.ITEM, "worker") is None
    assert scans == 1
    await submit(db, [video("d")])
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "worker") is None
    assert scans == 2
    await submit(db, [video("e", options=ELSEWHERE)])
    assert await claimed(queue, Stage.METADATA) == "e"


async def test_what_comes_while_the_held_back_are_looked_through_is_not_missed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bring() -> None:
        await submit(db, [video("e", options=ELSEWHERE)])

    queue = await full_from_now_on(db)
    on_each_scan(db, monkeypatch, bring)
    async with asyncio.timeout(10):
        while await claimed(queue, Stage.METADATA) is None:
            await queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60)


async def test_who_found_nothing_for_another_reason_waits(db: Database) -> None:
    full: Collection[Path] = {ARCHIVE}

    async def without_room() -> Collection[Path]:
        return full

    queue = await full_from_now_on(db, without_room)
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "worker") is None
    full = ()
    await submit(db, [video("d")])
    assert await claimed(queue, Stage.METADATA) is not None
    await queue._openings.now()
    async with await Database.open(db.path) as other, other.write() as tx:
        await tx.run("UPDATE wishes SET on_hold = 1")
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "worker") is None, (
        "a hold of which it was not told"
    )
    waiting = asyncio.create_task(queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    waiting.cancel()
