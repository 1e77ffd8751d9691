"""The queue: who gets which job, who may end it, and what an end leaves."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from db_samples import (
    ARCHIVE,
    Clock,
    check,
    downloaded,
    failed,
    metadata,
    page,
    playlist,
    resolved,
    stored,
    video,
)

from ytarchive_tui.db import attempts, copies, journal
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import (
    AtSource,
    Claim,
    JobKind,
    Listed,
    Stage,
    StageOutcome,
    Status,
)
from ytarchive_tui.domain.policy import Transition, after_cancel, after_release, after_success
from ytarchive_tui.domain.ports import JobQueue


async def take(queue: Queue, stage: Stage = Stage.METADATA, kind: JobKind = JobKind.ITEM) -> Claim:
    claim = await queue.claim(stage, kind, "worker")
    assert claim is not None
    return claim


async def succeed(queue: Queue, claim: Claim, outcome: StageOutcome) -> bool:
    return await queue.finish(claim, outcome, after_success(claim.job, outcome))


async def archive(queue: Queue) -> Claim:
    await succeed(queue, claim := await take(queue), resolved(claim.job))
    await succeed(queue, claim := await take(queue, Stage.DOWNLOAD), downloaded(claim.job))
    await succeed(queue, claim := await take(queue, Stage.STORAGE), stored(claim.job))
    return claim


async def status_of(db: Database, job_id: int) -> tuple[Stage, Status]:
    (row,) = await Views(db).jobs([job_id])
    return row.stage, row.status


def test_the_queue_fills_its_port(queue: Queue) -> None:
    port: JobQueue = queue
    assert port is queue


async def test_an_item_goes_from_submission_to_the_archive(db: Database, queue: Queue) -> None:
    (answer,) = await submit(db, [video("a")])
    claim = await take(queue)
    assert (claim.job.id, claim.job.attempt, claim.job.status) == (answer.job_id, 1, Status.RUNNING)
    await succeed(queue, claim, resolved(claim.job))
    claim = await take(queue, Stage.DOWNLOAD)
    assert claim.job.item is not None
    assert (claim.job.item.title, claim.job.item.at_source) == ("Learnt", AtSource.PUBLIC)
    outcome = downloaded(claim.job)
    await succeed(queue, claim, outcome)
    claim = await take(queue, Stage.STORAGE)
    staged = await queue.staged(claim.job.id)
    assert staged is not None and staged.nonce, "by which its folder is known again after a kill"
    assert staged.model_copy(update={"nonce": None}) == outcome.staged
    end = stored(claim.job)
    await succeed(queue, claim, end)

    assert await queue.staged(claim.job.id) is None
    assert await copies.of_item(db, claim.job.item.id) == (end.archived,) if claim.job.item else False
    assert await copies.archived_identities(db, ARCHIVE) == {("youtube", "a")}
    (row,) = await Views(db).jobs_of_sources([answer.source_id])
    assert (row.status, row.folder, row.size) == (Status.DONE, "Channel/a", 1000)
    assert (row.obtained_height, row.offered_height, row.attempts) == (1080, 2160, 3)
    kinds = [entry.kind for entry in await journal.entries(db)]
    step = [EventKind.STAGE_STARTED, EventKind.STAGE_FINISHED]
    begin = [EventKind.SOURCE_SUBMITTED, EventKind.JOB_QUEUED]
    assert kinds == [*begin, *step, *step, step[0], EventKind.ITEM_ARCHIVED, step[1]]
    assert [one.outcome for one in await attempts.of_job(db, claim.job.id)] == ["succeeded"] * 3
    await check(db)


async def test_the_highest_priority_goes_first_then_the_first_in_line(db: Database, queue: Queue) -> None:
    await submit(db, [video("a"), video("b", priority=5), video("c"), video("d", priority=5)])
    order = [(await take(queue)).job.item for _ in range(4)]
    assert [item.video_id for item in order if item] == ["b", "d", "a", "c"]
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "worker") is None


async def test_a_waiting_job_is_claimed_when_its_time_has_come(
    db: Database, queue: Queue, clock: Clock
) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    await queue.finish(claim, None, failed(claim.job, delay_s=30))
    clock.forward(29)
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    clock.forward(1)
    again = await take(queue)
    assert (again.job.attempt, again.job.repeated, again.job.failure_class) == (2, 1, "net_transient")


async def test_an_expired_claim_passes_to_the_next_and_its_owner_is_refused(
    db: Database, queue: Queue, clock: Clock
) -> None:
    await submit(db, [video("a")])
    old = await take(queue)
    clock.forward(61)
    # A suspended engine's own jobs are not dead when it wakes up.
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "sibling") is None
    new = await take(Queue(db))
    assert (new.job.id, new.fence) == (old.job.id, old.fence + 1)
    assert await queue.heartbeat(old) is None
    assert not await queue.record(old, metadata(old.job))
    assert not await succeed(queue, old, resolved(old.job))
    assert await status_of(db, old.job.id) == (Stage.METADATA, Status.RUNNING)
    assert [one.outcome for one in await attempts.of_job(db, old.job.id)] == ["interrupted", None]
    assert EventKind.LEASE_LOST in [entry.kind for entry in await journal.entries(db)]
    assert await succeed(queue, new, resolved(new.job))
    assert not await succeed(queue, new, resolved(new.job))
    await check(db)


async def test_a_heartbeat_keeps_the_claim(db: Database, queue: Queue, clock: Clock) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    for _ in range(3):
        clock.forward(50)
        assert await queue.heartbeat(claim) is not None
        assert await queue.claim(Stage.METADATA, JobKind.ITEM, "other") is None


async def test_failures_of_one_class_are_counted_until_that_stage_succeeds(
    db: Database, queue: Queue, clock: Clock
) -> None:
    await submit(db, [video("a")])
    await succeed(queue, claim := await take(queue), resolved(claim.job))
    for expected in (0, 1, 2):
        await succeed(queue, claim := await take(queue, Stage.DOWNLOAD), downloaded(claim.job))
        claim = await take(queue, Stage.STORAGE)
        # A good download does not clear what storage found wrong with the one before.
        assert claim.job.repeated == expected
        incomplete = failed(claim.job, FailureClass.INCOMPLETE, stage=Stage.DOWNLOAD)
        await queue.finish(claim, None, incomplete)
        clock.forward(10)
    claim = await take(queue, Stage.DOWNLOAD)
    await queue.finish(claim, None, failed(claim.job, FailureClass.THROTTLED))
    clock.forward(10)
    claim = await take(queue, Stage.DOWNLOAD)
    assert (claim.job.failure_class, claim.job.repeated) == ("throttled", 1)
    await succeed(queue, claim, downloaded(claim.job))
    claim = await take(queue, Stage.STORAGE)
    assert (claim.job.failure_class, claim.job.repeated) == (None, 0)


async def test_a_release_blames_nobody(db: Database, queue: Queue) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    await queue.finish(claim, None, after_release(claim.job, "the program stops"))
    again = await take(queue)
    assert (again.job.repeated, again.job.failure_class) == (0, None)
    assert [one.outcome for one in await attempts.of_job(db, claim.job.id)] == ["released", None]


async def test_what_the_user_asked_for_meanwhile_goes_first(db: Database, queue: Queue) -> None:
    control = Control(db)
    await submit(db, [video("a"), video("b"), video("c")])
    pausing, cancelling, storing = [await take(queue) for _ in range(3)]
    assert await control.pause([pausing.job.id]) == 1
    assert await control.cancel([cancelling.job.id, storing.job.id]) == 2
    told = await queue.heartbeat(pausing)
    assert told is not None
    assert told.status is Status.PAUSED
    told = await queue.heartbeat(cancelling)
    assert told is not None
    assert told.cancel_requested
    await queue.finish(pausing, None, after_release(pausing.job, "paused by you"))
    await queue.finish(cancelling, None, after_cancel(cancelling.job))
    # What is in the archive is done, also when a cancellation came too late.
    await queue.finish(storing, stored(storing.job), Transition(stage=Stage.STORAGE, status=Status.DONE))
    assert await status_of(db, pausing.job.id) == (Stage.METADATA, Status.PAUSED)
    assert await status_of(db, cancelling.job.id) == (Stage.METADATA, Status.CANCELLED)
    assert await status_of(db, storing.job.id) == (Stage.STORAGE, Status.DONE)
    await check(db)


async def test_a_stage_that_succeeds_while_pausing_is_paused_at_the_next(db: Database, queue: Queue) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    await Control(db).pause()
    await succeed(queue, claim, resolved(claim.job))
    assert await status_of(db, claim.job.id) == (Stage.DOWNLOAD, Status.PAUSED)
    assert await Control(db).resume() == 1
    await take(queue, Stage.DOWNLOAD)


async def test_metadata_is_not_fetched_far_ahead_of_the_downloads(db: Database) -> None:
    queue = Queue(db, ahead=2)
    await submit(db, [video(name) for name in "abc"])
    for _ in range(2):
        await succeed(queue, claim := await take(queue), resolved(claim.job))
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    await take(queue, Stage.DOWNLOAD)
    await take(queue)


async def test_a_page_upserts_items_and_queues_what_is_missing(db: Database, queue: Queue) -> None:
    await submit(db, [video("a")])
    await archive(queue)
    (answer,) = await submit(db, [playlist()])
    source = await take(queue, kind=JobKind.SOURCE)
    assert source.job.source is not None
    assert await queue.add_page(source, page("a", "b", "c"))
    assert await queue.add_page(source, page("b", "d", titled=False))
    assert await queue.add_page(source, page("x", at_source=AtSource.PRIVATE))
    assert await queue.add_page(source, page("y", at_source=AtSource.REMOVED))
    await succeed(queue, source, Listed(title="A list", entries=6))
    claims = [await take(queue) for _ in range(3)]
    assert [c.job.item.video_id for c in claims if c.job.item] == ["b", "c", "d"]
    assert [c.job.item.title for c in claims if c.job.item] == ["Title of b", "Title of c", None]
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    skipped = [e.data["reason"] for e in await journal.entries(db) if e.kind is EventKind.ITEM_SKIPPED]
    assert skipped == ["archived", "private", "removed"]
    rows = await Views(db).jobs_of_sources([answer.source_id])
    assert [(row.video_id, row.status) for row in rows] == [
        ("a", Status.DONE),
        (None, Status.DONE),
        *(((name, Status.RUNNING)) for name in "bcd"),
    ]
    views, of_list, ids = Views(db), [answer.source_id], [row.id for row in rows]
    assert await views.jobs_among(of_list, ids) == rows
    assert await views.jobs_among(of_list, ids[2:3]) == rows[2:3]
    assert await views.jobs_standing(of_list, [Status.RUNNING, Status.WAITING]) == rows[2:]
    assert await views.done(of_list) == {ids[0]}
    other = [answer.source_id + 1]
    assert await views.jobs_among(other, ids) == await views.jobs_standing(other, list(Status)) == ()
    assert await views.done(other) == frozenset()
    assert sum(count.n for count in await Views(db).counts([answer.source_id])) == 5
    assert not await queue.add_page(source, page("z"))
    await check(db)


async def test_listing_again_queues_what_failed_before_it_but_not_what_was_cancelled(
    db: Database, queue: Queue, clock: Clock
) -> None:
    await submit(db, [playlist()])
    listing = await take(queue, kind=JobKind.SOURCE)
    await queue.add_page(listing, page("a", "b"))
    one = await take(queue)
    await queue.finish(one, None, failed(one.job, FailureClass.UNSUPPORTED, Status.FAILED))
    two = await take(queue)
    await Control(db).cancel([two.job.id])
    await queue.finish(two, None, after_cancel(two.job))
    # The same listing starting over does not bring back what failed while it ran.
    await queue.add_page(listing, page("a", "b"))
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    await succeed(queue, listing, Listed(entries=2))
    clock.forward(1)
    await submit(db, [playlist()])
    await queue.add_page(await take(queue, kind=JobKind.SOURCE), page("a", "b"))
    again = await take(queue)
    assert again.job.item is not None
    assert again.job.item.video_id == "a"
    assert again.job.id == one.job.id
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    await check(db)


async def test_metadata_of_another_video_is_refused(db: Database, queue: Queue) -> None:
    await submit(db, [video("a"), video("b")])
    a, b = await take(queue), await take(queue)
    with pytest.raises(ValueError, match="'a' was offered for 'b'"):
        await queue.record(b, metadata(a.job))


async def test_an_adopting_engine_returns_running_jobs_and_needs_the_lock(
    db: Database, queue: Queue, tmp_path: Path
) -> None:
    await submit(db, [video("a"), video("b")])
    one, two = await take(queue), await take(queue)
    await Control(db).pause([two.job.id])
    lock = EngineLock(tmp_path)
    with pytest.raises(ValueError, match="lock"):
        await queue.adopt(lock)
    with lock:
        assert await queue.adopt(lock) == 2
    assert await status_of(db, one.job.id) == (Stage.METADATA, Status.QUEUED)
    assert await status_of(db, two.job.id) == (Stage.METADATA, Status.PAUSED)
    assert await queue.heartbeat(one) is None
    again = await take(queue)
    assert (again.job.id, again.job.repeated, again.fence) == (one.job.id, 0, one.fence + 1)
    await check(db)


async def test_a_waiter_wakes_when_a_job_is_queued(db: Database, queue: Queue) -> None:
    async with asyncio.timeout(5):
        waiting = asyncio.create_task(queue.wait_for_change(60))
        await asyncio.sleep(0)
        await submit(db, [video("a")])
        await waiting
        # A claim that finds nothing tells nobody, or two idle workers would wake each other for ever.
        await take(queue)
        version = db.changes.version
        assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
        assert db.changes.version == version


async def test_no_change_is_missed_between_a_claim_that_found_nothing_and_the_wait(
    db: Database, queue: Queue
) -> None:
    async with asyncio.timeout(10):
        for number in range(10):
            claiming = asyncio.create_task(claimed(queue))
            # Committed while the claim or the look at the next due time is under way.
            for _ in range(number):
                await asyncio.sleep(0)
            await submit(db, [video(f"a{number}")])
            await claiming


async def claimed(queue: Queue) -> Claim:
    """The next job, claimed in the way in which workers do."""
    while (claim := await queue.claim(Stage.METADATA, JobKind.ITEM, "w")) is None:
        await queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60)
    return claim


async def test_a_wish_of_another_process_wakes_the_runner(db: Database, queue: Queue) -> None:
    await submit(db, [video("a")])
    claim = await take(queue)
    async with await Database.open(db.path) as other, asyncio.timeout(5):
        waiting = asyncio.create_task(queue.wait_for_wish(60))
        await asyncio.sleep(0)
        await Control(other).cancel([claim.job.id])
        await waiting
    told = await queue.heartbeat(claim)
    assert told is not None
    assert told.cancel_requested


CLAIMER = """
import asyncio, json, sys
from pathlib import Path
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import JobKind, Stage

async def main():
    async with await Database.open(Path(sys.argv[1])) as db:
        queue = Queue(db)
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "other process")
        got = [[claim.job.id, claim.fence]]
        print("ready", flush=True)
        sys.stdin.readline()
        while claim := await queue.claim(Stage.METADATA, JobKind.ITEM, "other process"):
            got.append([claim.job.id, claim.fence])
        print(json.dumps(got))

asyncio.run(main())
"""


async def test_no_job_is_claimed_twice(tmp_path: Path) -> None:
    async with await Database.open(tmp_path / "state.db") as db:
        await submit(db, [video(f"v{n}") for n in range(200)])
        queue = Queue(db)
        got: list[tuple[int, int]] = []

        async def claimer(name: str) -> None:
            while claim := await queue.claim(Stage.METADATA, JobKind.ITEM, name):
                got.append((claim.job.id, claim.fence))
                first.set()

        first = asyncio.Event()
        pipe = asyncio.subprocess.PIPE
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLAIMER, str(db.path), stdin=pipe, stdout=pipe, env=dict(os.environ)
        )
        assert other.stdout is not None
        assert await other.stdout.readline() == b"ready\n"
        claimers = [asyncio.create_task(claimer(f"task {n}")) for n in range(4)]
        # SQLite is not fair: who comes late may wait until the other is through.
        await first.wait()
        output, _ = await other.communicate(b"go\n")
        await asyncio.gather(*claimers)
        elsewhere = [tuple(pair) for pair in json.loads(output)]
        assert got
        assert elsewhere
        assert Counter(got + elsewhere) == Counter({(job, 1): 1 for job, _ in got + elsewhere})
        assert len(got + elsewhere) == 200
        ids = [entry.id for entry in await journal.entries(db, limit=10_000)]
        assert all(a < b for a, b in pairwise(ids))
        await check(db)
