"""What comes in: submissions and pages of lists become sources, items and jobs, in bulk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ytarchive_tui.db.archives import archive_id, options_id
from ytarchive_tui.db.browser import add_lists
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.control import AGAIN, THESE
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

INCOMING = """
CREATE TEMP TABLE IF NOT EXISTS incoming (
    n INTEGER PRIMARY KEY, archive_id INTEGER, options_id INTEGER, priority INTEGER, source_id INTEGER,
    url TEXT, address TEXT, kind TEXT, extractor TEXT, video_id TEXT, title TEXT, channel TEXT,
    duration_s REAL, at_source TEXT, position INTEGER, item_id INTEGER, job_id INTEGER, verdict TEXT)
"""
"""The rows being taken in; a row without video id is a source to be listed, else an item."""


async def submit(db: Database, submissions: Sequence[Submission]) -> tuple[Submitted, ...]:
    """Store addresses and queue what is to be done for them; one answer each, in the same order.

    An item with a copy in that archive gets no job. A job on its way is kept and takes over the options,
    unless it runs; an item's job that failed or was cancelled is queued again, with what it has in staging.
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
        await _upsert_items(tx)
        await _end_browsing(tx)
        await _judge_asked(tx)
        await tx.run(
            "INSERT INTO journal (at, kind, source_id, item_id, data) "
            "SELECT :now, :kind, source_id, item_id, json_object('url', url) FROM incoming ORDER BY n",
            {"now": tx.now, "kind": EventKind.SOURCE_SUBMITTED},
        )
        await _skip(tx)
        await _queue(tx)
        rows = await tx.fetch("SELECT source_id, item_id, job_id, verdict FROM incoming ORDER BY n")
        return tuple(_answer(row) for row in rows)


async def select(
    db: Database, source_id: int, item_ids: Sequence[int], options: JobOptions
) -> tuple[int, int]:
    """Queue items that were seen in a list, in this order; how many were queued, and how many need no job.

    As with `submit`, one with a copy in that archive gets no job, and a job on its way is kept.
    """
    async with db.write() as tx:
        await _empty(tx)
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
        await _skip(tx)
        await _queue(tx)
        row = await tx.one(
            "SELECT count(*) FILTER (WHERE verdict = 'queue') AS queued, count(*) AS n FROM incoming"
        )
        assert row is not None
        return row["queued"], row["n"] - row["queued"]


async def add_page(tx: Transaction, job: sqlite3.Row, page: ListPage) -> None:
    """Take in a page of the list that the source job `job` (a row of jobs) reads.

    No job is queued for an entry that is not wanted, archived, on its way, listed as private or removed,
    cancelled by the user, or that failed while this same listing ran (a listing may start over); none at
    all when somebody only looks at the list.
    """
    await tx.run("UPDATE sources SET title = coalesce(?, title) WHERE id = ?", (page.title, job["source_id"]))
    await _empty(tx)
    await tx.many(
        "INSERT INTO incoming (archive_id, options_id, priority, source_id, extractor, video_id, "
        "url, address, "
        "title, channel, duration_s, at_source, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                entry.position,
            )
            for entry in page.entries
        ],
    )
    await _upsert_items(tx)
    tx.announce()
    if job["listing"] == Listing.BROWSE:
        await add_lists(tx, job, page.lists)
        return
    await _find_jobs(tx)
    await tx.run(
        "UPDATE incoming SET verdict = coalesce((SELECT CASE "
        f"WHEN j.status NOT IN {FINAL} THEN 'active' WHEN {HAS_COPY} THEN 'archived' "
        "WHEN j.status = 'cancelled' THEN 'cancelled' "
        "WHEN j.status = 'failed' AND j.updated_at >= :began THEN 'failed' END "
        "FROM jobs j WHERE j.id = incoming.job_id), "
        f"CASE WHEN {HAS_COPY} THEN 'archived' "
        "WHEN item_id IN (SELECT id FROM items WHERE id = item_id AND wanted = 0) THEN 'not_wanted' "
        "WHEN at_source IN ('private', 'removed') THEN at_source ELSE 'queue' END)",
        {"began": job["created_at"]},
    )
    # What somebody asked for by name keeps its options when a list shows it as well.
    await _take_over_options(tx, "j.source_id = n.source_id")
    await _skip(tx)
    await _queue(tx)


HAS_COPY = (
    "EXISTS (SELECT 1 FROM copies c WHERE c.item_id = incoming.item_id AND c.archive_id = "
    "incoming.archive_id)"
)


async def _judge_asked(tx: Transaction) -> None:
    """Find jobs, and say what is to be done for what a person asked for by name."""
    await tx.run("UPDATE items SET wanted = 1 WHERE wanted = 0 AND id IN (SELECT item_id FROM incoming)")
    await _find_jobs(tx)
    await tx.run(
        "UPDATE incoming SET verdict = CASE "
        f"WHEN job_id IN (SELECT id FROM jobs WHERE id = job_id AND status NOT IN {FINAL}) THEN 'active' "
        f"WHEN {HAS_COPY} THEN 'archived' ELSE 'queue' END"
    )
    await _take_over_options(tx)


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


async def _empty(tx: Transaction) -> None:
    await tx.run(INCOMING)
    await tx.run("DELETE FROM incoming")


async def _load_submissions(tx: Transaction, submissions: Sequence[Submission]) -> None:
    await _empty(tx)
    profiles: dict[JobOptions, tuple[int, int]] = {}
    for submission in submissions:
        options = submission.options
        if options not in profiles:
            profiles[options] = (await archive_id(tx, options.archive), await options_id(tx, options))
    await tx.many(
        "INSERT INTO incoming (archive_id, options_id, priority, url, address, kind, extractor, video_id, "
        "at_source, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
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
            )
            for one in submissions
        ],
    )


async def _upsert_items(tx: Transaction) -> None:
    # An item's own address stays what it was first: a list may show the same video under another form.
    await tx.run(
        "INSERT INTO items (extractor, video_id, url, title, channel, duration_s, at_source, "
        "at_source_seen_at, "
        "created_at) SELECT extractor, video_id, address, title, channel, duration_s, at_source, "
        "iif(at_source = 'unknown', NULL, :now), :now FROM incoming WHERE video_id IS NOT NULL ORDER BY n "
        # A list has only a stand-in for the title of what is hidden.
        "ON CONFLICT (extractor, video_id) DO UPDATE SET title = iif(excluded.at_source IN ('private', "
        "'removed'), coalesce(title, excluded.title), coalesce(excluded.title, title)), "
        "channel = coalesce(excluded.channel, channel), duration_s = coalesce(excluded.duration_s, "
        "duration_s), "
        "at_source = iif(excluded.at_source = 'unknown', at_source, excluded.at_source), "
        "at_source_seen_at = coalesce(excluded.at_source_seen_at, at_source_seen_at)",
        {"now": tx.now},
    )
    await tx.run(
        "UPDATE incoming SET item_id = (SELECT id FROM items i WHERE i.extractor = incoming.extractor "
        "AND i.video_id = incoming.video_id) WHERE video_id IS NOT NULL"
    )
    await tx.run(
        "INSERT INTO source_items (source_id, item_id, position, seen_at) "
        "SELECT source_id, item_id, position, :now FROM incoming WHERE item_id IS NOT NULL "
        "ON CONFLICT (source_id, item_id) DO UPDATE SET position = excluded.position, seen_at = "
        "excluded.seen_at",
        {"now": tx.now},
    )


async def _find_jobs(tx: Transaction) -> None:
    await tx.run(
        "UPDATE incoming SET job_id = iif(item_id IS NULL, "
        "(SELECT id FROM jobs j WHERE j.kind = 'source' AND j.superseded = 0 "
        "AND j.source_id = incoming.source_id), "
        "(SELECT id FROM jobs j WHERE j.kind = 'item' AND j.superseded = 0 "
        "AND j.item_id = incoming.item_id AND j.archive_id = incoming.archive_id))"
    )


async def _skip(tx: Transaction) -> None:
    await tx.run(
        "INSERT INTO journal (at, kind, source_id, item_id, data) "
        "SELECT :now, :kind, source_id, item_id, json_object('reason', verdict) FROM incoming "
        "WHERE verdict NOT IN ('active', 'queue') ORDER BY n",
        {"now": tx.now, "kind": EventKind.ITEM_SKIPPED},
    )


FIRST_OF_EACH = (
    "(SELECT *, min(n) FROM incoming WHERE verdict IN ('active', 'queue') "
    "GROUP BY archive_id, item_id, iif(item_id IS NULL, source_id, NULL)) AS n"
)
"""With min() SQLite takes the bare columns from the row that has the minimum: the first of duplicates."""


async def _take_over_options(tx: Transaction, only: str = "true") -> None:
    """Give jobs that are not done the options they are asked for with now; their formats are chosen anew.

    A running job keeps its own. One for which no format fitted the old options is queued again.
    """
    changed = await tx.fetch(
        f"SELECT j.id, n.options_id FROM {FIRST_OF_EACH} JOIN jobs j ON j.id = n.job_id "
        "WHERE j.options_id <> n.options_id AND j.status NOT IN ('running', 'done') "
        f"AND (n.verdict = 'active' OR j.kind = 'item') AND {only}"
    )
    if not changed:
        return
    await tx.many(
        "UPDATE jobs SET options_id = ?, stage = 'metadata', attempt = 0, updated_at = ? WHERE id = ?",
        [(row["options_id"], tx.now, row["id"]) for row in changed],
    )
    ids = {"ids": json.dumps([row["id"] for row in changed])}
    await tx.run("DELETE FROM staged WHERE job_id IN (SELECT value FROM json_each(:ids))", ids)
    await tx.run(
        f"UPDATE jobs SET {AGAIN} WHERE status = 'blocked' AND failure_class = 'format' AND {THESE}", ids
    )
    tx.announce()


async def _queue(tx: Transaction) -> None:
    """Queue one job for each item and each source whose verdict is `queue`, in the order they came.

    An item's job that failed or was cancelled is queued again: its id names the staging folder, where parts
    of the download lie. A list is read by a new job: when it began decides which failures are older.
    """
    last = await tx.one("SELECT coalesce(max(position), 0) AS position FROM jobs")
    assert last is not None
    given = {"now": tx.now, "last": last["position"]}
    again = await tx.run(
        f"UPDATE jobs SET {AGAIN}, priority = n.priority, position = :last + n.n, updated_at = :now "
        f"FROM {FIRST_OF_EACH} WHERE jobs.id = n.job_id AND n.verdict = 'queue' AND jobs.kind = 'item' "
        "AND jobs.status IN ('failed', 'cancelled')",
        given,
    )
    former = f"SELECT id FROM jobs JOIN incoming ON job_id = id WHERE verdict = 'queue' AND status IN {FINAL}"
    await tx.run(f"DELETE FROM staged WHERE job_id IN ({former})")
    await tx.run(f"UPDATE jobs SET superseded = 1 WHERE id IN ({former})")
    queued = await tx.run(
        "INSERT INTO jobs (kind, item_id, source_id, archive_id, options_id, stage, status, priority, "
        "position, created_at, updated_at) SELECT iif(item_id IS NULL, 'source', 'item'), item_id, "
        "source_id, archive_id, options_id, 'metadata', 'queued', priority, :last + n.n, :now, :now "
        f"FROM {FIRST_OF_EACH} WHERE verdict = 'queue' "
        "AND (SELECT superseded FROM jobs WHERE id = n.job_id) IS NOT 0 ORDER BY n.n",
        given,
    )
    if not again and not queued:
        return
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id) "
        "SELECT :now, :kind, id, item_id, source_id FROM jobs WHERE position > :last ORDER BY position",
        given | {"kind": EventKind.JOB_QUEUED},
    )
    await _find_jobs(tx)
    tx.announce()


def _answer(row: sqlite3.Row) -> Submitted:
    archived = row["verdict"] == "archived"
    return Submitted(
        source_id=row["source_id"],
        item_id=row["item_id"],
        job_id=None if archived else row["job_id"],
        already_archived=archived,
    )
