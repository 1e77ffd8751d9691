"""What comes in: submissions and pages of lists become sources, items and jobs, in bulk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ytarchive_tui.db import incoming, sightings
from ytarchive_tui.db.archives import archive_id, options_id
from ytarchive_tui.db.browser import add_lists
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import (
    AtSource,
    JobOptions,
    Listing,
    ListPage,
    SourceKind,
    Submission,
    Submitted,
)
from ytarchive_tui.domain.selection import Selection, facts_of, kind_of

_NO_CHOICE = (None, None, None)


async def submit(db: Database, submissions: Sequence[Submission]) -> tuple[Submitted, ...]:
    """Store addresses and queue what is to be done for them; one answer each, in the same order.

    An item with a copy in that archive gets no job, unless that was found missing or changed. A job on its
    way is kept and takes over the options, unless it runs; an item's job that failed or was cancelled is
    queued again, with what it has in staging.
    """
    async with db.write() as tx:
        await _load_submissions(tx, submissions)
        await tx.run(
            "INSERT INTO sources (url, address, archive_id, kind, options_id, created_at) "
            "SELECT url, address, archive_id, kind, options_id, :now FROM incoming WHERE true ORDER BY n "
            "ON CONFLICT (address, archive_id) DO UPDATE SET url = excluded.url, options_id = "
            "excluded.options_id",
            {"now": tx.now},
        )
        await tx.run(
            "UPDATE incoming SET source_id = (SELECT id FROM sources s WHERE s.address = incoming.address "
            "AND s.archive_id = incoming.archive_id)"
        )
        await tx.run(
            "UPDATE sources SET rule = n.rule, queue_order = n.queue_order, most = n.most FROM incoming n "
            "WHERE n.source_id = sources.id AND n.queue_order IS NOT NULL"
        )
        await incoming.upsert_items(tx)
        await _end_browsing(tx)
        await _judge_asked(tx)
        await tx.run(
            "INSERT INTO journal (at, kind, source_id, item_id, data) "
            "SELECT :now, :kind, source_id, item_id, json_object('url', url) FROM incoming ORDER BY n",
            {"now": tx.now, "kind": EventKind.SOURCE_SUBMITTED},
        )
        await incoming.skip(tx)
        await incoming.queue(tx)
        rows = await tx.fetch("SELECT source_id, item_id, job_id, verdict FROM incoming ORDER BY n")
        return tuple(_answer(row) for row in rows)


async def select(
    db: Database, source_id: int, item_ids: Sequence[int], options: JobOptions
) -> tuple[int, int]:
    """Queue items that were seen in a list, in this order; how many were queued, and how many need no job.

    As with `submit`, one with a copy in that archive gets no job, and a job on its way is kept.
    """
    async with db.write() as tx:
        await incoming.empty(tx)
        await tx.run(
            "INSERT INTO incoming (archive_id, options_id, priority, source_id, extractor, video_id, url, "
            "address, item_id) SELECT :archive, :options, 0, :source, i.extractor, i.video_id, i.url, i.url, "
            "i.id FROM json_each(:ids) e JOIN items i ON i.id = e.value ORDER BY e.key",
            {
                "archive": await archive_id(tx, options.archive),
                "options": await options_id(tx, options),
                "source": source_id,
                "ids": json.dumps(list(item_ids)),
            },
        )
        await _judge_asked(tx)
        await incoming.skip(tx)
        await incoming.queue(tx)
        row = await tx.one(
            "SELECT count(*) FILTER (WHERE verdict = 'queue') AS queued, count(*) AS n FROM incoming"
        )
        assert row is not None
        return row["queued"], row["n"] - row["queued"]


async def add_page(tx: Transaction, job: sqlite3.Row, page: ListPage) -> None:
    """Take in a page of the list that the source job `job` (a row of jobs) reads.

    No job is queued for an entry that is not wanted, archived, on its way, listed as private or removed,
    cancelled by the user, left out by the source's rule, or that failed while this same listing ran (a
    listing may start over); none at all when somebody only looks at the list, and none yet when the order
    in which they are queued needs the whole list.
    """
    source = await tx.one(
        "UPDATE sources SET title = coalesce(?, title), list_url = coalesce(?, list_url) WHERE id = ? "
        "RETURNING *",
        (page.title, page.list_url, job["source_id"]),
    )
    assert source is not None
    chosen = Selection.of(source["rule"], source["queue_order"], source["most"])
    kind = kind_of(source["address"])
    await incoming.empty(tx)
    await tx.many(
        "INSERT INTO incoming (archive_id, options_id, priority, source_id, extractor, video_id, "
        "url, address, title, channel, duration_s, at_source, thumbnail, position, verdict) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                job["archive_id"],
                job["options_id"],
                job["priority"],
                job["source_id"],
                entry.extractor,
                entry.video_id,
                entry.url,
                entry.url,
                entry.title,
                entry.channel,
                entry.duration_s,
                entry.at_source,
                entry.thumbnail,
                entry.position,
                None if chosen.admits(facts_of(entry, kind)) is not False else "left_out",
            )
            for entry in page.entries
        ],
    )
    await sightings.note_changes(tx, job)
    await incoming.upsert_items(tx)
    tx.announce()
    if job["listing"] == Listing.BROWSE:
        await add_lists(tx, job, page.lists)
        return
    await incoming.find_jobs(tx)
    if not chosen.as_listed:
        await tx.run("UPDATE incoming SET verdict = 'later' WHERE verdict IS NULL AND job_id IS NULL")
    await tx.run(
        "UPDATE incoming SET verdict = coalesce((SELECT CASE "
        f"WHEN j.status NOT IN {FINAL} THEN 'active' WHEN {incoming.HAS_COPY} THEN 'archived' "
        "WHEN j.status = 'cancelled' THEN 'cancelled' "
        "WHEN j.status = 'failed' AND j.updated_at >= :began THEN 'failed' END "
        "FROM jobs j WHERE j.id = incoming.job_id), "
        f"CASE WHEN {incoming.HAS_COPY} THEN 'archived' "
        "WHEN item_id IN (SELECT id FROM items WHERE id = item_id AND wanted = 0) THEN 'not_wanted' "
        "WHEN at_source IN ('private', 'removed') THEN at_source ELSE 'queue' END) WHERE verdict IS NULL",
        {"began": job["created_at"]},
    )
    # What somebody asked for by name keeps its options when a list shows it as well.
    await incoming.take_over_options(tx, "j.source_id = n.source_id")
    await incoming.skip(tx)
    await incoming.queue(tx)


async def _judge_asked(tx: Transaction) -> None:
    """Find jobs, and say what is to be done for what a person asked for by name."""
    await tx.run("UPDATE items SET wanted = 1 WHERE wanted = 0 AND id IN (SELECT item_id FROM incoming)")
    await incoming.find_jobs(tx)
    await tx.run(
        "UPDATE incoming SET verdict = CASE "
        f"WHEN job_id IN (SELECT id FROM jobs WHERE id = job_id AND status NOT IN {FINAL}) THEN 'active' "
        f"WHEN {incoming.HAS_GOOD_COPY} THEN 'archived' ELSE 'queue' END"
    )
    await incoming.take_over_options(tx)


async def _end_browsing(tx: Transaction) -> None:
    """A list that was only looked at so far is read anew: what it brought has no jobs."""
    these = (
        f"kind = 'source' AND listing = 'browse' AND superseded = 0 AND status NOT IN {FINAL} "
        "AND source_id IN (SELECT source_id FROM incoming WHERE item_id IS NULL)"
    )
    await tx.run(
        "UPDATE attempts SET ended_at = :now, outcome = 'cancelled' WHERE ended_at IS NULL "
        f"AND job_id IN (SELECT id FROM jobs WHERE {these})",
        {"now": tx.now},
    )
    ended = await tx.run(
        "UPDATE jobs SET status = 'cancelled', superseded = 1, owner = NULL, lease_until = NULL, "
        "cancel_requested = 0, pause_requested = 0, run_after = NULL, updated_at = :now, "
        f"reason = 'read anew for the archive' WHERE {these}",
        {"now": tx.now},
    )
    if ended:
        tx.announce(wish=True)


async def _load_submissions(tx: Transaction, submissions: Sequence[Submission]) -> None:
    await incoming.empty(tx)
    profiles: dict[JobOptions, tuple[int, int]] = {}
    for submission in submissions:
        options = submission.options
        if options not in profiles:
            profiles[options] = (await archive_id(tx, options.archive), await options_id(tx, options))
    await tx.many(
        "INSERT INTO incoming (archive_id, options_id, priority, url, address, kind, extractor, video_id, "
        "at_source, rule, queue_order, most, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        [
            (
                *profiles[one.options],
                one.priority,
                one.url,
                one.address,
                one.kind,
                one.extractor,
                one.video_id if one.kind is SourceKind.VIDEO else None,
                AtSource.UNKNOWN,
                *((one.choice.rule, one.choice.order, one.choice.most) if one.choice else _NO_CHOICE),
            )
            for one in submissions
        ],
    )


def _answer(row: sqlite3.Row) -> Submitted:
    archived = row["verdict"] == "archived"
    return Submitted(
        source_id=row["source_id"],
        item_id=row["item_id"],
        job_id=None if archived else row["job_id"],
        already_archived=archived,
    )
