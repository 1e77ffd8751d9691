"""The queue that workers claim from; each call that writes is one transaction."""

from __future__ import annotations

import time
from uuid import uuid4

from ytarchive_tui.db import attempts, intake, items, journal
from ytarchive_tui.db.changes import Changes
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.finish import finish
from ytarchive_tui.db.jobs import JOB, held, job_of, take_back
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.times import seconds
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

LOOK_OUTSIDE_S = 1.0
"""How often another process's commits are looked for."""
DUE_AT_ONCE = 1000
"""How many waiting jobs one claim returns to the queue: after a long hold a whole archive may be due."""

CLAIMABLE = """
SELECT 1 FROM jobs WHERE status = 'queued' AND stage = :stage AND kind = :kind
AND (:listing IS NULL OR listing = :listing)
AND (:ahead IS NULL OR :stage <> 'metadata' OR :kind <> 'item' OR :ahead > coalesce(
    (SELECT n FROM counters WHERE kind = 'item' AND stage = 'download' AND status = 'queued'), 0))
"""
LEASED_BY_THE_DEAD = (
    "SELECT 1 FROM jobs WHERE status = 'running' AND lease_until <= :now AND instr(owner, :engine) = 0"
)
"""Leases go by the wall clock, which runs on while this process is suspended: its own jobs are not dead."""
DUE = "SELECT 1 FROM jobs WHERE status = 'waiting' AND run_after <= :now"


class Queue:
    """`domain.ports.JobQueue` on the database.

    `lease_s`: how long a claim holds without a heartbeat. `ahead`: no item's metadata is handed out while
    at least that many downloads are queued, because the addresses that metadata brings grow stale; None: no
    bound. `listing`: hands out only listings of that intent; None: everything. `engine`: what the owners of
    claims are told apart by; queues of one engine share it, and never take a job back from each other.
    """

    def __init__(
        self,
        db: Database,
        *,
        lease_s: float = 60.0,
        ahead: int | None = None,
        listing: Listing | None = None,
        engine: str | None = None,
    ) -> None:
        self.engine = engine or uuid4().hex
        self._db = db
        self._lease_s = lease_s
        self._ahead = ahead
        self._listing = listing

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
        if not await self._may_claim(stage, kind):
            return None
        owner = f"{owner}@{self.engine}"
        async with self._db.write() as tx:
            await self._bring_back(tx)
            claimed = await tx.one(
                "UPDATE jobs SET status = 'running', owner = :owner, lease_until = :until, fence = "
                "fence + 1, "
                "attempt = attempt + 1, run_after = NULL, reason = NULL, updated_at = :now "
                "WHERE id = (SELECT id FROM jobs WHERE status = 'queued' AND stage = :stage AND kind = :kind "
                "AND (:listing IS NULL OR listing = :listing) ORDER BY priority DESC, position LIMIT 1) "
                "RETURNING *",
                {
                    "owner": owner,
                    "until": tx.now + seconds(self._lease_s),
                    "now": tx.now,
                    "stage": stage,
                    "kind": kind,
                    "listing": self._listing,
                },
            )
            if claimed is None:
                return None
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
            job = await self._job(tx, claimed["id"])
        return Claim(job=job, owner=owner, fence=job.fence, lease_s=self._lease_s)

    async def heartbeat(self, claim: Claim) -> Job | None:
        """Renew the lease, also one that ran out while nobody else took the job.

        The returned job tells what the user wants: `cancel_requested`, or status `paused` when it is to stop
        and keep what it has (the row stays running until `finish`, so that nobody else can claim it).
        """
        async with self._db.write() as tx:
            row = await held(tx, claim)
            if row is None:
                return None
            await tx.run(
                "UPDATE jobs SET lease_until = ? WHERE id = ?", (tx.now + seconds(self._lease_s), row["id"])
            )
            job = await self._job(tx, row["id"])
            return job.model_copy(update={"status": Status.PAUSED}) if row["pause_requested"] else job

    async def record(self, claim: Claim, metadata: ItemMetadata) -> bool:
        """Store what was learnt while the stage runs; raises `ValueError` if it is of another video."""
        async with self._db.write() as tx:
            row = await held(tx, claim)
            if row is None:
                return False
            await items.learn(tx, row["item_id"], metadata)
            return True

    async def add_page(self, claim: Claim, page: ListPage) -> bool:
        """Upsert a page of a source's items and queue jobs; see `intake.add_page` for which."""
        async with self._db.write() as tx:
            row = await held(tx, claim)
            if row is None:
                return False
            await intake.add_page(tx, row, page)
            return True

    async def finish(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> bool:
        """End the claim. What the user asked for meanwhile goes first: cancelled, or paused at that stage."""
        async with self._db.write() as tx:
            row = await held(tx, claim)
            if row is None:
                return False
            await finish(tx, row, outcome, transition)
            return True

    async def staged(self, job_id: int) -> StagedDownload | None:
        """What the download stage of this job left for its storage stage."""
        rows = await self._db.fetch("SELECT data FROM staged WHERE job_id = ?", (job_id,))
        return StagedDownload.model_validate_json(rows[0]["data"]) if rows else None

    async def next_due_s(self) -> float | None:
        """Seconds until the next waiting job is due, 0 when it is overdue; None when none waits."""
        rows = await self._db.fetch("SELECT min(run_after) AS due FROM jobs WHERE status = 'waiting'")
        due = rows[0]["due"]
        return None if due is None else max(0.0, (due - self._db.now()) / 1e6)

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when jobs changed or the next waiting one is due, or after the time-out.

        Called straight after a `claim` that found nothing, with no await between, it misses no change of
        this process; those of others are seen within a second.
        """
        changes = self._db.changes
        version = changes.version
        due = await self.next_due_s()
        if changes.version == version:
            await self._wait(changes, timeout_s if due is None else min(timeout_s, due))

    async def wait_for_change(self, timeout_s: float) -> None:
        """Return after a commit that changed jobs, here or in another process, or after the time-out."""
        await self._wait(self._db.changes, timeout_s)

    async def wait_for_wish(self, timeout_s: float) -> None:
        """Return when running jobs may be wanted paused or cancelled, or after the time-out."""
        await self._wait(self._db.wishes, timeout_s)

    async def _wait(self, changes: Changes, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        version = changes.version
        while changes.version == version and (left := deadline - time.monotonic()) > 0:
            if not await changes.wait(min(left, LOOK_OUTSIDE_S)):
                await self._db.notice_others()

    async def _may_claim(self, stage: Stage, kind: JobKind) -> bool:
        """Whether a claim is worth a write transaction: every change wakes every worker."""
        changes = self._db.changes
        while True:
            version = changes.version
            (row,) = await self._db.fetch(
                f"SELECT EXISTS ({CLAIMABLE}) OR EXISTS ({LEASED_BY_THE_DEAD}) OR EXISTS ({DUE}) AS found",
                {
                    "stage": stage,
                    "kind": kind,
                    "listing": self._listing,
                    "ahead": self._ahead,
                    "now": self._db.now(),
                    "engine": self.engine,
                },
            )
            # What changed while the reader looked was announced to nobody who waits: look again.
            if row["found"] or changes.version == version:
                return bool(row["found"])

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
