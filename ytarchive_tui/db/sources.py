"""The sources that stay in step: how they looked, how they stand, and when they are read again."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from ytarchive_tui.db import journal, sightings
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.times import from_us, to_us
from ytarchive_tui.domain.events import EventKind, JournalEntry
from ytarchive_tui.domain.models import Former, Job, Listing, Scan, Status
from ytarchive_tui.domain.schedule import Schedule, Turn

log = logging.getLogger(__name__)

_ROW = """
SELECT s.*, a.path AS archive, c.data AS schedule, c.planned_at, c.run_at, c.ran_at,
       (SELECT count(*) FROM source_items e WHERE e.source_id = s.id AND e.missing_at IS NULL) AS entries,
       (SELECT count(*) FROM source_items e WHERE e.source_id = s.id AND e.missing_at IS NOT NULL)
       AS missing,
       (SELECT count(*) FROM source_items e JOIN copies k ON k.item_id = e.item_id
        AND k.archive_id = s.archive_id WHERE e.source_id = s.id) AS have,
       j.id AS job_id, j.status AS job_status, j.reason AS job_reason, j.run_after
FROM sources s JOIN archives a ON a.id = s.archive_id LEFT JOIN schedules c ON c.source_id = s.id
LEFT JOIN jobs j ON j.id = coalesce(
    (SELECT id FROM jobs k WHERE k.kind = 'source' AND k.superseded = 0 AND k.source_id = s.id),
    (SELECT id FROM jobs k WHERE k.kind = 'source' AND k.removed = 1 AND k.source_id = s.id))
"""


class SourceRow(NamedTuple):
    """One source as it stands."""

    id: int
    address: str
    kind: str
    title: str | None
    archive: str
    rule: str | None
    order: str
    most: int | None
    entries: int
    """In the list, as far as is known."""
    missing: int
    """Were in it once."""
    have: int
    """In the archive."""
    refreshed_at: datetime | None
    whole_at: datetime | None
    """When the newest reading to its end began."""
    doubted: bool
    """Whether the newest reading saw signs of changes that it did not reach."""
    schedule: Schedule | None
    planned_at: datetime | None
    run_at: datetime | None
    ran_at: datetime | None
    job_id: int | None
    status: Status | None
    """Of its job; None while it rests."""
    reason: str | None
    result: dict[str, Any]
    """Of the newest reading: `entries`, `whole`, `new`, `missing`, `title`, …; empty before the first."""


class Sources:
    """`domain.ports.SourceLedger`, and what front ends ask and wish."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def former(self, job: Job) -> Former | None:
        """The state before this job's listing began; None when there was none."""
        assert job.source is not None
        about = {"source": job.source.id}
        rows = await self._db.fetch(
            "SELECT told, refreshed_at, listed_from FROM sources WHERE id = :source", about
        )
        if rows[0]["refreshed_at"] is None:
            return None
        known, absent = [
            tuple(row["video_id"] for row in await self._db.fetch(sql, about))
            for sql in (sightings.KNOWN, sightings.ABSENT)
        ]
        return Former(
            ids=known, absent=absent, told=rows[0]["told"], whole_at=from_us(rows[0]["listed_from"])
        )

    async def seen(self, job: Job) -> tuple[str, ...]:
        """What this job's listing has brought so far, in list order."""
        assert job.source is not None
        about = {"source": job.source.id, "began": to_us(job.created_at)}
        return tuple(row["video_id"] for row in await self._db.fetch(sightings.SEEN, about))

    async def all(self, *, followed: bool = False) -> list[SourceRow]:
        """Every list that is archived or followed, the oldest first; or only those with a schedule."""
        only = "c.source_id IS NOT NULL"
        if not followed:
            only = (
                f"s.kind <> 'video' AND ({only} OR EXISTS (SELECT 1 FROM jobs k WHERE k.source_id = s.id "
                "AND k.kind = 'source' AND k.listing = 'archive'))"
            )
        return [_row(row) for row in await self._db.fetch(f"{_ROW} WHERE {only} ORDER BY s.id")]

    async def named(self, name: str) -> list[SourceRow]:
        """The sources of that number or address, in whatever archive."""
        number = int(name) if name.isdecimal() and len(name) < 10 else -1
        rows = await self._db.fetch(
            f"{_ROW} WHERE s.kind <> 'video' AND (s.id = ? OR s.address = ?) ORDER BY s.id", (number, name)
        )
        return [_row(row) for row in rows]

    async def refresh(self, source_id: int, scan: Scan | None, full_every_s: float) -> Scan | None:
        """Queue a listing for the archive, of that kind or of the kind that is due; which it is.

        None when a listing is on its way already.
        """
        async with self._db.write() as tx:
            return await _refresh(tx, source_id, scan, full_every_s)

    async def follow(self, source_id: int, schedule: Schedule, planned: datetime) -> None:
        """Read the source by a schedule from now on."""
        async with self._db.write() as tx:
            await tx.run(
                "INSERT INTO schedules (source_id, data, planned_at, run_at, made_at) VALUES (:source, "
                ":data, :planned, :run, :now) ON CONFLICT (source_id) DO UPDATE SET data = excluded.data, "
                "planned_at = excluded.planned_at, run_at = excluded.run_at, made_at = excluded.made_at",
                {
                    "source": source_id,
                    "data": schedule.model_dump_json(),
                    "now": tx.now,
                    "planned": to_us(planned),
                    "run": to_us(schedule.run_at(planned, source_id)),
                },
            )
            tx.announce()

    async def unfollow(self, source_id: int) -> bool:
        """Read it by no schedule any more; False when there was none. What it brought stays."""
        async with self._db.write() as tx:
            tx.announce()
            return await tx.run("DELETE FROM schedules WHERE source_id = ?", (source_id,)) > 0

    async def run_due(self) -> int:
        """Queue a listing for each schedule whose time has come, once however much was missed; how many."""
        if not any(
            turn for *_, turn in _turns(await self._db.fetch("SELECT * FROM schedules"), self._db.now())
        ):
            return 0
        ran = 0
        async with self._db.write() as tx:
            for row, schedule, turn in _turns(await tx.fetch("SELECT * FROM schedules"), tx.now):
                if turn is None:
                    continue
                ran += turn.due
                if turn.due:
                    await _refresh(tx, row["source_id"], None, schedule.full_every_s, by_schedule=True)
                await tx.run(
                    "UPDATE schedules SET planned_at = :planned, run_at = :run, made_at = :now, "
                    "ran_at = iif(:due, :now, ran_at) WHERE source_id = :source",
                    {
                        "planned": to_us(turn.planned),
                        "run": to_us(schedule.run_at(turn.planned, row["source_id"])),
                        "due": turn.due,
                        "now": tx.now,
                        "source": row["source_id"],
                    },
                )
        return ran

    async def timeline(self, source_id: int, limit: int) -> list[tuple[JournalEntry, str | None, str | None]]:
        """What changed in the source and its entries, newest first, each with (video id, title)."""
        rows = await self._db.fetch(
            "SELECT j.*, i.video_id, i.title FROM journal j LEFT JOIN items i ON i.id = j.item_id "
            "WHERE j.id IN (SELECT id FROM journal WHERE source_id = :source "
            "AND kind IN ('source_listed', 'source_changed') UNION "
            "SELECT h.id FROM source_items e JOIN journal h ON h.item_id = e.item_id "
            "AND h.kind = 'item_changed' WHERE e.source_id = :source) ORDER BY j.id DESC LIMIT :limit",
            {"source": source_id, "limit": limit},
        )
        return [(journal.entry(row), row["video_id"], row["title"]) for row in rows]

    async def history(self, item_id: int) -> list[JournalEntry]:
        """Earlier titles, descriptions, pictures and visibility of one item, oldest first."""
        rows = await self._db.fetch(
            "SELECT * FROM journal WHERE item_id = ? AND kind = ? ORDER BY id",
            (item_id, EventKind.ITEM_CHANGED),
        )
        return [journal.entry(row) for row in rows]


def _turns(rows: Iterable[sqlite3.Row], now: int) -> Iterator[tuple[sqlite3.Row, Schedule, Turn | None]]:
    """Each row's turn, without the schedules that can't be read here, as where a time zone is not known."""
    for row in rows:
        try:
            yield row, *_turn(row, now)
        except (ValueError, KeyError) as error:
            log.warning("the schedule of source %d can't be kept: %s", row["source_id"], error)


def _turn(row: sqlite3.Row, now: int) -> tuple[Schedule, Turn | None]:
    """A schedule and what is to be done about it now; None: nothing."""
    schedule, planned = Schedule.model_validate_json(row["data"]), from_us(row["planned_at"])
    turn = schedule.turn(planned, from_us(row["made_at"]), row["source_id"], from_us(now))
    return schedule, turn if turn.due or turn.planned != planned else None


async def _refresh(
    tx: Transaction, source_id: int, scan: Scan | None, full_every_s: float, *, by_schedule: bool = False
) -> Scan | None:
    """Whoever only looked before gives way; a listing that rests goes on now, and one under way is kept.

    A schedule asks the feed first while the newest pages were read lately; a person gets these pages read.
    """
    source = await tx.one("SELECT * FROM sources WHERE id = ?", (source_id,))
    assert source is not None
    archived = await tx.one(
        "SELECT 1 FROM jobs WHERE kind = 'source' AND listing = 'archive' AND status = 'done' "
        "AND source_id = ? LIMIT 1",
        (source_id,),
    )
    # What was only looked at so far brought no item: the newest pages would queue no more than theirs.
    wanted = scan or (sightings.scan_of(source, tx.now, full_every_s) if archived else Scan.FULL)
    if by_schedule and wanted is Scan.DELTA and await sightings.pages_are_fresh(tx, source_id):
        wanted = Scan.FEED
    job = await tx.one(
        "SELECT * FROM jobs WHERE kind = 'source' AND superseded = 0 AND source_id = ?", (source_id,)
    )
    open_ = job is not None and not Status(job["status"]).is_final and job["listing"] == Listing.ARCHIVE
    if job is not None and open_ and (scan is None or job["status"] in (Status.QUEUED, Status.RUNNING)):
        return None
    if job is not None:
        await tx.run(
            "UPDATE attempts SET ended_at = ?, outcome = 'cancelled' WHERE ended_at IS NULL AND job_id = ?",
            (tx.now, job["id"]),
        )
        await tx.run(
            f"UPDATE jobs SET superseded = 1, status = iif(status IN {FINAL}, status, 'cancelled'), "
            "owner = NULL, lease_until = NULL, run_after = NULL, cancel_requested = 0, pause_requested = 0, "
            "updated_at = ? WHERE id = ?",
            (tx.now, job["id"]),
        )
        tx.announce(wish=True)
    queued = await tx.one(
        "INSERT INTO jobs (kind, source_id, archive_id, options_id, stage, status, listing, scan, "
        "position, created_at, updated_at) SELECT 'source', id, archive_id, options_id, 'metadata', "
        "'queued', 'archive', :scan, (SELECT coalesce(max(position), 0) + 1 FROM jobs), :now, :now "
        "FROM sources WHERE id = :source RETURNING id",
        {"scan": wanted, "now": tx.now, "source": source_id},
    )
    assert queued is not None
    await journal.append(tx, EventKind.JOB_QUEUED, job_id=queued["id"], source_id=source_id, scan=wanted)
    tx.announce()
    return wanted


def _row(row: sqlite3.Row) -> SourceRow:
    resting = row["job_status"] is None or Status(row["job_status"]) in (Status.DONE, Status.CANCELLED)
    return SourceRow(
        id=row["id"],
        address=row["address"],
        kind=row["kind"],
        title=row["title"],
        archive=row["archive"],
        rule=row["rule"],
        order=row["queue_order"],
        most=row["most"],
        entries=row["entries"],
        missing=row["missing"],
        have=row["have"],
        refreshed_at=from_us(row["refreshed_at"]),
        whole_at=from_us(row["listed_from"]),
        doubted=bool(row["doubted"]),
        schedule=Schedule.model_validate_json(row["schedule"]) if row["schedule"] else None,
        planned_at=from_us(row["planned_at"]),
        run_at=from_us(row["run_at"]),
        ran_at=from_us(row["ran_at"]),
        job_id=row["job_id"],
        status=None if resting else Status(row["job_status"]),
        reason=None if resting else row["job_reason"],
        result=json.loads(row["result"]) if row["result"] else {},
    )
