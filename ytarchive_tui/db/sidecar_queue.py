"""Missing sidecars as a queue of their own, for an ordinary worker.

A row of `sidecars` is claimed like a job and has no lease: the one engine of a database has one worker for
them, and what it began when it was killed is simply due again. Its jobs have the copy's number, negated: no
job of the real queue has such a number.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.copies import keep_files
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.sidecars import names
from ytarchive_tui.db.times import from_us, seconds
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    Claim,
    Item,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    ListPage,
    Manifest,
    Stage,
    StagedDownload,
    StageOutcome,
    Status,
    Supplied,
)
from ytarchive_tui.domain.policy import RetryRules, Transition, sidecars_again_s

LOOK_S = 1.0
"""Between two looks for what is due."""
_SITE = frozenset({FailureClass.THROTTLED, FailureClass.BOT_CHECK})
_LOCAL = frozenset({FailureClass.LOCAL_DISK, FailureClass.LOCAL_IO, FailureClass.TOOL})
_ROWS = f"""
SELECT s.copy_id, s.tries, c.folder, c.manifest, a.path, a.uuid, o.data AS options,
       i.id AS item_id, i.extractor, i.video_id, i.url, i.title, i.created_at
FROM sidecars s JOIN copies c ON c.id = s.copy_id JOIN archives a ON a.id = c.archive_id
JOIN items i ON i.id = c.item_id
LEFT JOIN jobs made ON made.id = c.manifest ->> '$.job' AND made.item_id = c.item_id
LEFT JOIN options o ON o.id = made.options_id
WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.item_id = c.item_id AND j.archive_id = c.archive_id
                  AND j.status NOT IN {FINAL})
"""
"""Copies with the options of the job that made them, while no job works on their item."""


class SidecarQueue:
    """`domain.ports.JobQueue` and `domain.ports.SidecarLedger` on the sidecars table."""

    def __init__(self, db: Database, rules: RetryRules) -> None:
        self._db = db
        self._rules = rules
        self._look_at = 0.0

    async def claim(self, stage: Stage, kind: JobKind, owner: str) -> Claim | None:
        """The copy that is due first; None also while everything is on hold."""
        if time.monotonic() < self._look_at:
            return None
        await self._plan()
        rows = await self._db.fetch(
            f"{_ROWS} AND s.run_after <= ? AND NOT EXISTS (SELECT 1 FROM wishes WHERE on_hold) "
            "ORDER BY s.run_after LIMIT 1",
            (self._db.now(),),
        )
        if not rows:
            self._look_at = time.monotonic() + LOOK_S
            return None
        return Claim(job=_job(rows[0]), owner=owner, fence=0, lease_s=60.0)

    async def heartbeat(self, claim: Claim) -> Job | None:
        """The job, `paused` when everything is put on hold; None when the copy has gone."""
        found = await self._db.fetch(
            "SELECT (SELECT on_hold FROM wishes) AS hold FROM sidecars WHERE copy_id = ?", (-claim.job.id,)
        )
        if not found:
            return None
        return claim.job.model_copy(update={"status": Status.PAUSED}) if found[0]["hold"] else claim.job

    async def copy(self, claim: Claim) -> ArchivedCopy | None:
        """The copy that the claim is about; None when it has gone, or a job works on its item now."""
        rows = await self._db.fetch(f"{_ROWS} AND s.copy_id = ?", (-claim.job.id,))
        return _copy(rows[0]) if rows else None

    async def supplied(self, claim: Claim, before: ArchivedCopy, now: ArchivedCopy) -> None:
        """Write what the copy holds and still lacks, unless another copy has taken its place."""
        assert claim.job.item is not None
        manifest, copy_id = now.manifest, -claim.job.id
        async with self._db.write() as tx:
            changed = await tx.run(
                "UPDATE copies SET manifest = :manifest, size = :size WHERE id = :id AND folder = :folder",
                {
                    "manifest": manifest.model_dump_json(),
                    "size": sum(file.size for file in manifest.files),
                    "id": copy_id,
                    "folder": before.folder,
                },
            )
            if not changed:
                return
            await keep_files(tx, copy_id, manifest)
            came = [file.name for file in manifest.files if file not in before.manifest.files]
            await journal.append(
                tx, EventKind.ITEM_SUPPLIED, item_id=claim.job.item.id, files=came, missing=names(manifest)
            )
            if not manifest.missing:
                await tx.run("DELETE FROM sidecars WHERE copy_id = ?", (copy_id,))
                await _say(tx, copy_id, None)
            tx.announce()

    async def finish(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> bool:
        """Plan the next try. What is a matter of the site or of this machine costs none."""
        failure = transition.failure
        async with self._db.write() as tx:
            row = await tx.one(
                "SELECT s.tries, c.manifest FROM sidecars s JOIN copies c ON c.id = s.copy_id "
                "WHERE s.copy_id = ?",
                (-claim.job.id,),
            )
            if row is None:
                return isinstance(outcome, Supplied)
            if failure is not None:
                reason = failure.sentence
            elif isinstance(outcome, Supplied) and outcome.missing:
                reason = "; ".join(each.note for each in outcome.missing)
            else:
                return True
            tries, delay = row["tries"], None
            if failure is not None and failure.failure_class in _SITE:
                delay = transition.delay_s
            elif failure is not None and failure.failure_class in _LOCAL:
                delay = self._rules.local_s[-1]
            if delay is None:
                tries += 1
                delay = sidecars_again_s(tries, self._rules, random.random())
            after = None if delay is None else tx.now + seconds(delay)
            await tx.run(
                "UPDATE sidecars SET tries = ?, run_after = ?, reason = ? WHERE copy_id = ?",
                (tries, after, reason, -claim.job.id),
            )
            lacks = names(Manifest.model_validate_json(row["manifest"]))
            end = "given up" if after is None else "asked for again by itself"
            await _say(tx, -claim.job.id, f"without {lacks}: {end}")
            tx.announce()
            return True

    async def record(self, claim: Claim, metadata: ItemMetadata) -> bool:
        """Nothing is learnt here."""
        return True

    async def add_page(self, claim: Claim, page: ListPage) -> bool:
        """Nothing is listed here."""
        return True

    async def staged(self, job_id: int) -> StagedDownload | None:
        """Nothing is handed on here."""
        return None

    async def wait_for_work(self, stage: Stage, kind: JobKind, timeout_s: float) -> None:
        """Return when it is worth another look."""
        await asyncio.sleep(min(timeout_s, LOOK_S))

    async def wait_for_change(self, timeout_s: float) -> None:
        """As `wait_for_work`."""
        await asyncio.sleep(min(timeout_s, LOOK_S))

    async def wait_for_wish(self, timeout_s: float) -> None:
        """Return when work may be wanted stopped."""
        await self._db.wishes.wait(timeout_s)

    async def _plan(self) -> None:
        """Give those their first moment that have none."""
        if not await self._db.fetch("SELECT 1 FROM sidecars WHERE run_after IS NULL AND tries = 0 LIMIT 1"):
            return
        first = sidecars_again_s(0, self._rules, random.random())
        async with self._db.write() as tx:
            await tx.run(
                "UPDATE sidecars SET run_after = since + ? WHERE run_after IS NULL AND tries = 0",
                (seconds(first or 0.0),),
            )


async def _say(tx: Transaction, copy_id: int, reason: str | None) -> None:
    """What the queue says of the item's job, which is done."""
    await tx.run(
        "UPDATE jobs SET reason = :reason WHERE status = 'done' AND id IN ("
        + " UNION ALL ".join(
            "SELECT j.id FROM copies c JOIN jobs j ON j.kind = 'item' AND j.item_id = c.item_id "
            f"AND j.archive_id = c.archive_id AND j.{last} WHERE c.id = :copy"
            for last in ("superseded = 0", "removed = 1")
        )
        + ")",
        {"reason": reason, "copy": copy_id},
    )


def _copy(row: sqlite3.Row) -> ArchivedCopy:
    return ArchivedCopy(
        archive=Path(row["path"]),
        archive_uuid=UUID(row["uuid"]),
        folder=row["folder"],
        manifest=Manifest.model_validate_json(row["manifest"]),
    )


def _job(row: sqlite3.Row) -> Job:
    usual = JobOptions(archive=Path(row["path"]))
    options = JobOptions.model_validate_json(row["options"]) if row["options"] else usual
    item = Item(
        id=row["item_id"],
        extractor=row["extractor"],
        video_id=row["video_id"],
        url=row["url"],
        title=row["title"],
    )
    return Job(
        id=-row["copy_id"],
        kind=JobKind.ITEM,
        stage=Stage.METADATA,
        status=Status.RUNNING,
        options=options.model_copy(update={"archive": Path(row["path"])}),
        item=item,
        created_at=from_us(row["created_at"]),
        updated_at=from_us(row["created_at"]),
    )
