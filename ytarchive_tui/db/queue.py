"""The queue that workers claim from; each call that writes is one transaction."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from ytarchive_tui.db import attempts, intake, items, journal
from ytarchive_tui.db.changes import Changes
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.finish import finish
from ytarchive_tui.db.jobs import JOB, held, job_of, take_back
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.openings import LOOK_OUTSIDE_S, Opening, Openings
from ytarchive_tui.db.times import seconds
from ytarchive_tui.db.wishes import on_hold
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import (
    Claim,
    ItemMetadata,
    Job,
    JobKind,
    Listing,
    ListPage,
    Stage,
    StagedDownload,
    StageOutcome,
    Status,
)
from ytarchive_tui.domain.policy import Transition

T = TypeVar("T")
DUE_AT_ONCE = 1000
"""How many waiting jobs one claim returns to the queue: after a long hold a whole archive may be due."""

LEASED_BY_THE_DEAD = (
    "SELECT 1 FROM jobs WHERE status = 'running' AND lease_until <= :now AND instr(owner, :engine) = 0"
)
CLAIMABLE = (
    "SELECT id FROM jobs WHERE status = 'queued' AND stage = :stage AND kind = :kind "
    "AND (:listing IS NULL OR listing = :listing) AND (:listing IS 'browse' OR NOT EXISTS "
    "(SELECT 1 FROM wishes WHERE on_hold)) {} ORDER BY priority DESC, position LIMIT 1"
)
NOT_BARRED = "AND (failure_class IS 'local_disk' OR archive_id NOT IN (SELECT value FROM json_each(:barred)))"
BARRED = """
SELECT a.id FROM json_each(?) e JOIN archives a ON a.path = e.value WHERE EXISTS
    (SELECT 1 FROM jobs j WHERE j.failure_class = 'local_disk'
     AND j.status IN ('queued', 'running', 'waiting') AND j.archive_id = a.id)
"""
DUE = "SELECT 1 FROM jobs WHERE status = 'waiting' AND run_after <= :now"


class Queue:
    """`domain.ports.JobQueue` on the database.

    `lease_s`: how long a claim holds without a heartbeat. `ahead`: no item's metadata is handed out while
    at least that many downloads are queued, because the addresses that metadata brings grow stale; None: no
    bound. `listing`: hands out only listings of that intent; None: everything. `beside`: another queue of the
    same engine: they never take a job back from each other, and look at the jobs together. `without_room`:
    archives whose disk has no room for anything: but for storage, no job of theirs is handed out except those
    that found it so, which look again at their time and say why the others wait.
    """

    def __init__(
        self,
        db: Database,
        *,
        lease_s: float = 60.0,
        ahead: int | None = None,
        listing: Listing | None = None,
        beside: Queue | None = None,
        without_room: Callable[[], Awaitable[Collection[Path]]] | None = None,
    ) -> None:
        self.engine: str = beside.engine if beside else uuid4().hex
        self._openings: Openings = beside._openings if beside else Openings(db, self.engine)
        self._db = db
        self._lease_s = lease_s
        self._ahead = ahead
        self._listing = listing
        self._without_room = without_room
        self._none: dict[tuple[Stage, JobKind], tuple[int, list[int]]] = {}
        """For whom all that is queued is barred: by which version of the changes, and which archives."""

    async def adopt(self, lock: EngineLock) -> int:
        """At the start of the engine, return every running job to the queue; the number of jobs.

        Leases are not waited for: `lock`, which must be held, proves that no other engine lives, so each of
        these jobs had an owner that is dead. Without that proof this would be wrong; raises `ValueError`.
        """
        if not lock.held:
            raise ValueError("jobs can be adopted only by the holder of the engine's lock")
        async with self._db.write() as tx:
            return await take_back(tx)

    async def claim(self, stage: Stage, kind: JobKind, owner: str) -> Claim | None:
        """Take the next due job of that stage and kind: the highest priority, then the first in line."""
        barred = await self.barred() if kind is JobKind.ITEM and stage is not Stage.STORAGE else []
        overdue = self._is_overdue(await self._openings.now())
        if not overdue and not await self._may_claim(stage, kind, barred):
            return None
        owner = f"{owner}@{self.engine}"

        async def take(tx: Transaction) -> Job | None:
            if overdue:
                await self._bring_back(tx)
            # By itself: inside of the UPDATE, SQLite would make a temporary table of its one row.
            found = await tx.one(
                CLAIMABLE.format(NOT_BARRED if barred else ""), self._chosen(stage, kind, barred)
            )
            if found is None:
                return None
            claimed = await tx.one(
                "UPDATE jobs SET status = 'running', owner = ?, lease_until = ?, fence = fence + 1, "
                "attempt = attempt + 1, run_after = NULL, reason = NULL, updated_at = ? "
                "WHERE id = ? RETURNING *",
                (owner, tx.now + seconds(self._lease_s), tx.now, found["id"]),
            )
            assert claimed is not None
            await attempts.start(tx, claimed)
            await journal.append(
                tx,
                EventKind.STAGE_STARTED,
                job_id=claimed["id"],
                item_id=claimed["item_id"],
                source_id=claimed["source_id"],
                stage=stage,
                attempt=claimed["attempt"],
                owner=owner,
                fence=claimed["fence"],
            )
            tx.announce()
            return await self._job(tx, claimed["id"])

        job = await self._transact(take)
        return None if job is None else Claim(job=job, owner=owner, fence=job.fence, lease_s=self._lease_s)

    async def heartbeat(self, claim: Claim) -> Job | None:
        """Renew the lease, also one that ran out while nobody else took the job.

        The returned job tells what the user wants: `cancel_requested`, or status `paused` when it is to stop
        and keep what it has (the row stays running until `finish`, so that nobody else can claim it).
        """

        async def renew(tx: Transaction) -> Job | None:
            row = await held(tx, claim)
            if row is None:
                return None
            await tx.run(
                "UPDATE jobs SET lease_until = ? WHERE id = ?", (tx.now + seconds(self._lease_s), row["id"])
            )
            job = await self._job(tx, row["id"])
            stop = row["pause_requested"] or (job.listing is Listing.ARCHIVE and await on_hold(tx))
            return job.model_copy(update={"status": Status.PAUSED}) if stop else job

        return await self._db.transact(renew)

    async def record(self, claim: Claim, metadata: ItemMetadata) -> bool:
        """Store what was learnt while the stage runs; raises `ValueError` if it is of another video."""
        return await self._held(claim, lambda tx, row: items.learn(tx, row["item_id"], metadata))

    async def add_page(self, claim: Claim, page: ListPage) -> bool:
        """Upsert a page of a source's items and queue jobs; see `intake.add_page` for which."""
        return await self._held(claim, lambda tx, row: intake.add_page(tx, row, page))

    async def finish(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> bool:
        """End the claim. What the user asked for meanwhile goes first: cancelled, or paused at that stage."""
        return await self._held(claim, lambda tx, row: finish(tx, row, outcome, transition))

    async def staged(self, job_id: int) -> StagedDownload | None:
        """What the download stage of this job left for its storage stage."""
        rows = await self._db.fetch("SELECT data FROM staged WHERE job_id = ?", (job_id,))
        return StagedDownload.model_validate_json(rows[0]["data"]) if rows else None

    async def barred(self) -> list[int]:
        """Ids of the archives whose jobs are held back for want of room."""
        paths = await self._without_room() if self._without_room else ()
        if not paths:
            return []
        rows = await self._db.fetch(BARRED, (json.dumps([str(path) for path in paths]),))
        return [row["id"] for row in rows]

    async def wait_for_work(self, stage: Stage, kind: JobKind, timeout_s: float) -> None:
        """Return when such a job may be claimed after a change, or the next waiting one is due.

        Returns after the time-out at the latest. Called straight after a `claim` that found nothing, with no
        await between, it misses no change of this process; those of others are seen within a second.
        """
        # What came during a look through the barred is not known to it.
        version, _ = self._none.get((stage, kind), (None, []))
        await self._openings.wait(
            lambda seen: self._is_overdue(seen) or self._is_open(seen, stage, kind), timeout_s, version
        )

    async def wait_for_change(self, timeout_s: float) -> None:
        """Return after a commit that changed jobs, here or in another process, or after the time-out."""
        await self._wait(self._db.changes, timeout_s)

    async def wait_for_wish(self, timeout_s: float) -> None:
        """Return when running jobs may be wanted paused or cancelled, or after the time-out."""
        await self._wait(self._db.wishes, timeout_s)

    async def _wait(self, changes: Changes, timeout_s: float) -> None:
        deadline, version = time.monotonic() + timeout_s, changes.version
        while changes.version == version and (left := deadline - time.monotonic()) > 0:
            if not await changes.wait(min(left, LOOK_OUTSIDE_S)):
                await self._db.notice_others()

    async def _may_claim(self, stage: Stage, kind: JobKind, barred: list[int]) -> bool:
        """Whether a claim is worth a write transaction."""
        seen = await self._openings.now()
        if not self._is_open(seen, stage, kind):
            return False
        known = (seen.version, barred)
        if barred and self._none.get((stage, kind)) == known:
            return False
        self._none.pop((stage, kind), None)
        if not barred:
            return True
        # A pass over all that is held back: once for each change, not for each worker.
        if await self._db.fetch(CLAIMABLE.format(NOT_BARRED), self._chosen(stage, kind, barred)):
            return True
        self._none[stage, kind] = known
        return False

    def _is_open(self, seen: Opening, stage: Stage, kind: JobKind) -> bool:
        if seen.on_hold and self._listing is not Listing.BROWSE:
            return False
        if (stage, kind) not in seen.queued or (self._listing and self._listing not in seen.listings):
            return False
        looks_ahead = (stage, kind) == (Stage.METADATA, JobKind.ITEM)
        return not looks_ahead or self._ahead is None or seen.ahead < self._ahead

    def _is_overdue(self, seen: Opening) -> bool:
        """Whether a job has waited long enough, or its owner is dead."""
        return seen.next_at is not None and seen.next_at <= self._db.now()

    def _chosen(self, stage: Stage, kind: JobKind, barred: list[int]) -> dict[str, object]:
        """What `CLAIMABLE` chooses by."""
        return {"stage": stage, "kind": kind, "listing": self._listing, "barred": json.dumps(barred)}

    async def _held(
        self, claim: Claim, then: Callable[[Transaction, sqlite3.Row], Coroutine[Any, Any, None]]
    ) -> bool:
        """Do something with the claimed job's row in one transaction; False when the claim is lost."""

        async def body(tx: Transaction) -> bool:
            row = await held(tx, claim)
            if row is not None:
                await then(tx, row)
            return row is not None

        return await self._transact(body)

    async def _transact(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """As the database's; what it leaves to be claimed is known at once to all who wait for work."""

        async def looking(tx: Transaction) -> tuple[T, Opening | None]:
            result = await body(tx)
            return result, await self._openings.left_by(tx) if tx.changed_jobs else None

        result, left = await self._db.transact(looking)
        if left is not None:
            self._openings.saw(left)
        return result

    async def _bring_back(self, tx: Transaction) -> None:
        """Make claimable again what waited long enough and what a dead owner holds."""
        row = await tx.one(
            f"SELECT EXISTS ({LEASED_BY_THE_DEAD}) AS lost, EXISTS ({DUE}) AS due",
            {"now": tx.now, "engine": self.engine},
        )
        if row and row["lost"]:
            await take_back(tx, expired_outside=self.engine)
        if row and row["due"]:
            await tx.run(
                "UPDATE jobs SET status = 'queued', run_after = NULL WHERE id IN (SELECT id FROM jobs "
                "WHERE status = 'waiting' AND run_after <= ? ORDER BY run_after LIMIT ?)",
                (tx.now, DUE_AT_ONCE),
            )
            tx.announce()

    async def _job(self, tx: Transaction, job_id: int) -> Job:
        row = await tx.one(f"{JOB} WHERE j.id = ?", (job_id,))
        assert row is not None
        return job_of(row)
