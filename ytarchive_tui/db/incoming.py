"""The rows being taken in: found or made as items, held against jobs, queued; all in bulk."""

from __future__ import annotations

import json

from ytarchive_tui.db.archives import options_id
from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.db.control import AGAIN, THESE
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import JobOptions

INCOMING = """
CREATE TEMP TABLE IF NOT EXISTS incoming (
    n INTEGER PRIMARY KEY, archive_id INTEGER, options_id INTEGER, priority INTEGER, source_id INTEGER,
    url TEXT, address TEXT, kind TEXT, extractor TEXT, video_id TEXT, title TEXT, channel TEXT,
    duration_s REAL, at_source TEXT, position INTEGER, item_id INTEGER, job_id INTEGER, verdict TEXT,
    thumbnail TEXT, rule TEXT, queue_order TEXT, most INTEGER)
"""
"""The rows being taken in; a row without video id is a source to be listed, else an item."""


HAS_COPY = (
    "EXISTS (SELECT 1 FROM copies c WHERE c.item_id = incoming.item_id AND c.archive_id = "
    "incoming.archive_id)"
)
HAS_GOOD_COPY = (
    "EXISTS (SELECT 1 FROM copies c JOIN library l ON l.copy_id = c.id WHERE c.item_id = incoming.item_id "
    "AND c.archive_id = incoming.archive_id AND l.state NOT IN ('missing', 'changed'))"
)
"""What was found missing or changed by its last check does not stand in the way of who asks for it."""


async def empty(tx: Transaction) -> None:
    await tx.run(INCOMING)
    await tx.run("DELETE FROM incoming")


async def upsert_items(tx: Transaction) -> None:
    """Make what is new, and learn what the rows tell of what is there already."""
    await tx.run(
        "INSERT INTO items (extractor, video_id, url, created_at) "
        "SELECT extractor, video_id, address, :now FROM incoming WHERE video_id IS NOT NULL ORDER BY n "
        # An item's own address stays what it was first: a list may show the same video under another form.
        "ON CONFLICT (extractor, video_id) DO NOTHING",
        {"now": tx.now},
    )
    hidden = "n.at_source IN ('private', 'removed')"
    await tx.run(
        # A list has only a stand-in for the title and the picture of what is hidden.
        f"UPDATE items SET title = iif({hidden}, coalesce(items.title, n.title), "
        "coalesce(n.title, items.title)), channel = coalesce(n.channel, items.channel), "
        "duration_s = coalesce(n.duration_s, items.duration_s), "
        f"thumbnail = iif({hidden}, items.thumbnail, coalesce(n.thumbnail, items.thumbnail)), "
        "at_source = iif(n.at_source = 'unknown', items.at_source, n.at_source), "
        "at_source_seen_at = iif(n.at_source = 'unknown', at_source_seen_at, :now) "
        "FROM incoming n WHERE items.extractor = n.extractor AND items.video_id = n.video_id",
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


async def find_jobs(tx: Transaction) -> None:
    """The current job of each row, or an item's last one that a person took off the list."""
    await tx.run(
        "UPDATE incoming SET job_id = iif(item_id IS NULL, "
        "(SELECT id FROM jobs j WHERE j.kind = 'source' AND j.superseded = 0 "
        "AND j.source_id = incoming.source_id), "
        "coalesce((SELECT id FROM jobs j WHERE j.kind = 'item' AND j.superseded = 0 "
        "AND j.item_id = incoming.item_id AND j.archive_id = incoming.archive_id), "
        "(SELECT id FROM jobs j WHERE j.kind = 'item' AND j.removed = 1 "
        "AND j.item_id = incoming.item_id AND j.archive_id = incoming.archive_id)))"
    )


async def skip(tx: Transaction) -> None:
    await tx.run(
        "INSERT INTO journal (at, kind, source_id, item_id, data) "
        "SELECT :now, :kind, source_id, item_id, json_object('reason', verdict) FROM incoming "
        "WHERE verdict NOT IN ('active', 'queue', 'later', 'left_out') ORDER BY n",
        {"now": tx.now, "kind": EventKind.ITEM_SKIPPED},
    )


FIRST_OF_EACH = (
    "(SELECT *, min(n) FROM incoming WHERE verdict IN ('active', 'queue') "
    "GROUP BY archive_id, item_id, iif(item_id IS NULL, source_id, NULL)) AS n"
)
"""With min() SQLite takes the bare columns from the row that has the minimum: the first of duplicates."""


async def take_over_options(tx: Transaction, only: str = "true") -> None:
    """Give jobs that are not done the options they are asked for with now; their formats are chosen anew.

    A running job keeps its own, and what a person accepted of a job stays accepted. One for which no
    format fitted the old options is queued again.
    """
    changed = await tx.fetch(
        "SELECT j.id, j.options_id AS own, n.options_id, (SELECT data ->> '$.accept_flaws' FROM options "
        f"WHERE id = j.options_id) AS accepted FROM {FIRST_OF_EACH} JOIN jobs j ON j.id = n.job_id "
        "WHERE j.options_id <> n.options_id AND j.status NOT IN ('running', 'done') "
        f"AND (n.verdict = 'active' OR j.kind = 'item') AND {only}"
    )
    taken = {
        row["id"]: await _accepting(tx, row["options_id"]) if row["accepted"] else row["options_id"]
        for row in changed
    }
    taken = {row["id"]: taken[row["id"]] for row in changed if taken[row["id"]] != row["own"]}
    if not taken:
        return
    await tx.many(
        "UPDATE jobs SET options_id = ?, stage = 'metadata', attempt = 0, updated_at = ? WHERE id = ?",
        [(options, tx.now, job) for job, options in taken.items()],
    )
    ids = {"ids": json.dumps(list(taken))}
    await tx.run("DELETE FROM staged WHERE job_id IN (SELECT value FROM json_each(:ids))", ids)
    await tx.run(
        f"UPDATE jobs SET {AGAIN} WHERE status = 'blocked' AND failure_class = 'format' AND {THESE}", ids
    )
    tx.announce()


async def _accepting(tx: Transaction, options: int) -> int:
    """The same options, with flaws accepted."""
    row = await tx.one("SELECT data FROM options WHERE id = ?", (options,))
    assert row is not None
    wished = JobOptions.model_validate_json(row["data"])
    return await options_id(tx, wished.model_copy(update={"accept_flaws": True}))


async def queue(tx: Transaction) -> None:
    """Queue one job for each item and each source whose verdict is `queue`, in the order they came.

    An item's job that failed or was cancelled is queued again, on the list or not: its id names the staging
    folder, where parts of the download lie. A list is read by a new job: when it began decides which failures
    are older.
    """
    last = await tx.one("SELECT coalesce(max(position), 0) AS position FROM jobs")
    assert last is not None
    given = {"now": tx.now, "last": last["position"]}
    again = await tx.run(
        f"UPDATE jobs SET {AGAIN}, superseded = 0, removed = 0, priority = n.priority, "
        "position = :last + n.n, updated_at = :now "
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
    await find_jobs(tx)
    tx.announce()
