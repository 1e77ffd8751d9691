"""The jobs table: reading a job with its source and item, and taking jobs back from a dead owner."""

from __future__ import annotations

import sqlite3

from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Claim, Item, Job, JobOptions, Source

FINAL = "('done', 'failed', 'cancelled')"
"""Statuses after which nothing follows by itself; the SQL twin of `Status.is_final`."""

JOB = """
SELECT j.*, o.data AS options,
       s.url AS s_url, s.address AS s_address, s.kind AS s_kind, s.title AS s_title, so.data AS s_options,
       s.created_at AS s_created_at, s.refreshed_at AS s_refreshed_at,
       s.rule AS s_rule, s.list_url AS s_list_url,
       i.extractor AS i_extractor, i.video_id AS i_video_id, i.url AS i_url, i.title AS i_title,
       i.channel AS i_channel, i.duration_s AS i_duration_s, i.wanted AS i_wanted,
       c.archived_at AS i_archived_at, i.at_source AS i_at_source, i.at_source_seen_at AS i_seen_at
FROM jobs j
JOIN options o ON o.id = j.options_id
LEFT JOIN sources s ON s.id = j.source_id
LEFT JOIN options so ON so.id = s.options_id
LEFT JOIN items i ON i.id = j.item_id
LEFT JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id
"""
"""A job as `job_of` reads it. Its item counts as archived when a copy is in the job's own archive."""


def job_of(row: sqlite3.Row) -> Job:
    """The job that a row of `JOB` describes."""
    return Job(
        id=row["id"],
        kind=row["kind"],
        listing=row["listing"],
        scan=row["scan"],
        stage=row["stage"],
        status=row["status"],
        options=JobOptions.model_validate_json(row["options"]),
        priority=row["priority"],
        attempt=row["attempt"],
        fence=row["fence"],
        cancel_requested=bool(row["cancel_requested"]),
        run_after=from_us(row["run_after"]),
        failure_class=row["failure_class"],
        repeated=row["repeated"],
        reason=row["reason"],
        source=_source(row) if row["source_id"] is not None else None,
        item=_item(row) if row["item_id"] is not None else None,
        created_at=from_us(row["created_at"]),
        updated_at=from_us(row["updated_at"]),
    )


def _source(row: sqlite3.Row) -> Source:
    return Source(
        id=row["source_id"],
        url=row["s_url"],
        address=row["s_address"],
        kind=row["s_kind"],
        title=row["s_title"],
        options=JobOptions.model_validate_json(row["s_options"]),
        rule=row["s_rule"],
        list_url=row["s_list_url"],
        created_at=from_us(row["s_created_at"]),
        refreshed_at=from_us(row["s_refreshed_at"]),
    )


def _item(row: sqlite3.Row) -> Item:
    return Item(
        id=row["item_id"],
        extractor=row["i_extractor"],
        video_id=row["i_video_id"],
        url=row["i_url"],
        title=row["i_title"],
        channel=row["i_channel"],
        duration_s=row["i_duration_s"],
        wanted=bool(row["i_wanted"]),
        archived_at=from_us(row["i_archived_at"]),
        at_source=row["i_at_source"],
        at_source_seen_at=from_us(row["i_seen_at"]),
    )


async def held(tx: Transaction, claim: Claim) -> sqlite3.Row | None:
    """The claimed job's row, or None when another claim, a cancellation or a restart took it away."""
    return await tx.one(
        "SELECT * FROM jobs WHERE id = ? AND status = 'running' AND owner = ? AND fence = ?",
        (claim.job.id, claim.owner, claim.fence),
    )


async def take_back(tx: Transaction, *, expired_outside: str | None = None) -> int:
    """Return running jobs to the queue, or to the end that was asked for; the number of jobs.

    `expired_outside`: only those whose lease has run out, and that are not that engine's own; None: all.
    Their attempts end as interrupted: nobody knows that the work failed, so no failure is counted.
    """
    lost = "status = 'running'"
    if expired_outside is not None:
        lost += " AND lease_until <= :now AND instr(owner, :engine) = 0"
    parameters = {"now": tx.now, "kind": EventKind.LEASE_LOST, "engine": expired_outside}
    await tx.run(
        "UPDATE attempts SET ended_at = :now, outcome = 'interrupted' WHERE (job_id, fence) IN "
        f"(SELECT id, fence FROM jobs WHERE {lost})",
        parameters,
    )
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, id, item_id, "
        "source_id, json_object('stage', stage, 'attempt', attempt, 'owner', owner, 'fence', fence) "
        f"FROM jobs WHERE {lost} ORDER BY id",
        parameters,
    )
    await tx.run(
        f"DELETE FROM staged WHERE job_id IN (SELECT id FROM jobs WHERE cancel_requested AND {lost})",
        parameters,
    )
    count = await tx.run(
        "UPDATE jobs SET owner = NULL, lease_until = NULL, cancel_requested = 0, pause_requested = 0, "
        "reason = CASE WHEN cancel_requested THEN 'cancelled by you' WHEN pause_requested THEN "
        "'paused by you' "
        "ELSE 'the program stopped in the middle of it' END, "
        "status = CASE WHEN cancel_requested THEN 'cancelled' WHEN pause_requested THEN 'paused' "
        f"ELSE 'queued' END, updated_at = :now WHERE {lost}",
        parameters,
    )
    if count:
        tx.announce()
    return count
