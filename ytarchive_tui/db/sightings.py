"""What listings show of a source's entries: held against the listing before, journalled, and kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from ytarchive_tui.db import incoming, journal
from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.db.times import seconds
from ytarchive_tui.domain.changes import Change, Comparison, compare
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import AtSource, Listed, Listing, Scan
from ytarchive_tui.domain.selection import Candidate, Selection, kind_of

PAGES_EVERY_S = 20 * 3600
"""While the newest pages were read less long ago, a schedule is content with what the feed tells."""
GONE_AFTER_S = 24 * 3600
"""Between the first sighting without an entry and the one that makes it count as gone."""
MOST_MOVES = 200
"""Entries of one listing whose new place is journalled one by one."""

KNOWN = """
SELECT i.video_id FROM source_items e JOIN items i ON i.id = e.item_id WHERE e.source_id = :source
AND e.listed_place IS NOT NULL AND e.missing_at IS NULL ORDER BY e.listed_place
"""
ABSENT = """
SELECT i.video_id FROM source_items e JOIN items i ON i.id = e.item_id
WHERE e.source_id = :source AND e.missing_at IS NOT NULL AND e.gone_at IS NULL ORDER BY e.listed_place
"""
GONE = """
SELECT i.video_id FROM source_items e JOIN items i ON i.id = e.item_id
WHERE e.source_id = :source AND e.gone_at IS NOT NULL
"""
SEEN = """
SELECT i.video_id FROM source_items e JOIN items i ON i.id = e.item_id
WHERE e.source_id = :source AND e.seen_at >= :began ORDER BY e.position
"""
THESE = (
    "source_id = :source AND item_id IN (SELECT i.id FROM json_each(:ids) v "
    "JOIN items i ON i.extractor = 'youtube' AND i.video_id = v.value)"
)


async def note_changes(tx: Transaction, job: sqlite3.Row) -> None:
    """Journal how the rows in `incoming` differ from what is known of their items; before they are taken in.

    A list has only a stand-in for the title and the picture of what is hidden.
    """
    shown = "n.at_source NOT IN ('private', 'removed')"
    for field, differs in (
        ("title", shown),
        ("thumbnail", shown),
        ("at_source", "n.at_source <> 'unknown' AND i.at_source <> 'unknown'"),
    ):
        await tx.run(
            "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) "
            "SELECT :now, :kind, :job, i.id, :source, "
            f"json_object('field', :field, 'before', i.{field}, 'after', n.{field}) "
            "FROM incoming n JOIN items i ON i.extractor = n.extractor AND i.video_id = n.video_id "
            f"WHERE i.{field} <> n.{field} AND {differs} ORDER BY n.n",
            {
                "now": tx.now,
                "kind": EventKind.ITEM_CHANGED,
                "job": job["id"],
                "source": job["source_id"],
                "field": field,
            },
        )


async def keep_listing(tx: Transaction, job: sqlite3.Row, outcome: Listed) -> None:
    """Keep what a finished listing of the source of `job` (a row of jobs) found, and journal it."""
    source = await tx.one("SELECT * FROM sources WHERE id = ?", (job["source_id"],))
    assert source is not None
    if outcome.feed_only:
        result: dict[str, Any] = {"entries": 0, "whole": False, "feed": True}
        await tx.run("UPDATE sources SET refreshed_at = ? WHERE id = ?", (tx.now, source["id"]))
        await _keep_result(tx, job, result)
        return
    about = {"source": source["id"], "began": job["created_at"]}
    seen = await _ids(tx, SEEN, about)
    found, doubted = Comparison(), False
    if source["refreshed_at"] is not None:
        known = await _ids(tx, KNOWN, about)
        absent = (*await _ids(tx, ABSENT, about), *await _ids(tx, GONE, about))
        found = compare(known, absent, seen, whole=outcome.whole)
        if found.suspicious and not outcome.whole:
            found, doubted = found._replace(missing=(), moved=()), True
    gone = await _mark(tx, job, outcome, found, about)
    if not outcome.whole and seen:
        await _shift(tx, seen[-1], about)
    await tx.run(
        "UPDATE source_items SET listed_place = position, missing_at = NULL, gone_at = NULL "
        "WHERE source_id = :source AND seen_at >= :began",
        about,
    )
    uncounted = source["uncounted"]
    if outcome.told is not None:
        standing = len(await _ids(tx, KNOWN, about))
        if outcome.whole:
            uncounted = outcome.told - standing
        elif uncounted is not None and outcome.told - standing != uncounted:
            # Something changed further down than was read.
            doubted = True
    await tx.run(
        "UPDATE sources SET title = coalesce(:title, title), refreshed_at = :now, told = :told, "
        "uncounted = :uncounted, doubted = :doubted, listed_from = iif(:whole, :began, listed_from) "
        "WHERE id = :source",
        about
        | {
            "title": outcome.title,
            "now": tx.now,
            "told": outcome.told,
            "uncounted": uncounted,
            "doubted": doubted,
            "whole": outcome.whole,
        },
    )
    counted = await tx.fetch(
        "SELECT data ->> '$.field' AS field, count(DISTINCT item_id) AS n FROM journal "
        "WHERE job_id = ? AND kind = ? GROUP BY 1",
        (job["id"], EventKind.ITEM_CHANGED),
    )
    result = {
        "entries": outcome.entries,
        "whole": outcome.whole,
        "new": len(found.new),
        "missing": len(found.missing),
        "back": len(found.back),
        "moved": len(found.moved),
        "gone": gone,
        "doubted": doubted,
        **{row["field"]: row["n"] for row in counted},
    }
    await _keep_result(tx, job, result)
    if job["listing"] == Listing.ARCHIVE:
        await _queue_chosen(tx, job, source)


async def _keep_result(tx: Transaction, job: sqlite3.Row, result: dict[str, Any]) -> None:
    await tx.run("UPDATE sources SET result = ? WHERE id = ?", (json.dumps(result), job["source_id"]))
    await journal.append(tx, EventKind.SOURCE_LISTED, job_id=job["id"], source_id=job["source_id"], **result)


async def _mark(
    tx: Transaction, job: sqlite3.Row, outcome: Listed, found: Comparison, about: dict[str, Any]
) -> int:
    """Journal and mark each difference; the number of entries that count as gone from now on."""
    await _journal(tx, job, Change.NEW, found.new)
    await _journal(tx, job, Change.BACK, found.back)
    await _journal(tx, job, Change.MISSING, found.missing, outcome)
    await _journal(tx, job, Change.MOVED, found.moved[:MOST_MOVES])
    await tx.run(
        f"UPDATE source_items SET missing_at = :now WHERE {THESE}",
        about | {"now": tx.now, "ids": json.dumps(found.missing)},
    )
    # As far down as was read: an entry further down was not looked for.
    reached = "true"
    if not outcome.whole:
        reached = (
            "listed_place <= (SELECT listed_place FROM source_items WHERE source_id = :source "
            "AND seen_at >= :began ORDER BY position DESC LIMIT 1)"
        )
    rows = await tx.fetch(
        "SELECT i.video_id FROM source_items e JOIN items i ON i.id = e.item_id WHERE e.source_id = :source "
        f"AND e.seen_at < :began AND e.gone_at IS NULL AND e.missing_at <= :before AND {reached}",
        about | {"before": tx.now - seconds(GONE_AFTER_S)},
    )
    still = (AtSource.PRIVATE, AtSource.PUBLIC, AtSource.UPCOMING)
    gone = [row["video_id"] for row in rows if outcome.looks.get(row["video_id"]) not in still]
    await _journal(tx, job, Change.GONE, gone, outcome)
    await tx.run(
        f"UPDATE source_items SET gone_at = :now WHERE {THESE}",
        about | {"now": tx.now, "ids": json.dumps(gone)},
    )
    removed = [each for each in gone if outcome.looks.get(each) is AtSource.REMOVED]
    await _see(tx, job, removed, AtSource.REMOVED)
    # Unlike a removal, this is something the site says outright and may take back.
    private = [each for each, seen in outcome.looks.items() if seen is AtSource.PRIVATE]
    await _see(tx, job, private, AtSource.PRIVATE)
    return len(gone)


async def _journal(
    tx: Transaction, job: sqlite3.Row, change: Change, ids: Sequence[str], outcome: Listed | None = None
) -> None:
    looks = {each: seen for each, seen in outcome.looks.items()} if outcome else {}
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, :job, i.id, "
        # A patch leaves out what is NULL.
        ":source, json_patch('{}', json_object('change', :change, 'from', e.listed_place, "
        "'seen', :looks ->> ('$.' || json_quote(v.value)), "
        "'to', iif(:change IN ('missing', 'gone'), NULL, e.position))) "
        "FROM json_each(:ids) v JOIN items i ON i.extractor = 'youtube' AND i.video_id = v.value "
        "JOIN source_items e ON e.source_id = :source AND e.item_id = i.id ORDER BY v.key",
        {
            "now": tx.now,
            "kind": EventKind.SOURCE_CHANGED,
            "job": job["id"],
            "source": job["source_id"],
            "change": change,
            "looks": json.dumps(looks),
            "ids": json.dumps(list(ids)),
        },
    )


async def _see(tx: Transaction, job: sqlite3.Row, ids: Sequence[str], seen: AtSource) -> None:
    these = (
        "SELECT i.id FROM json_each(:ids) v JOIN items i ON i.extractor = 'youtube' AND i.video_id = v.value"
    )
    given = {"ids": json.dumps(list(ids)), "seen": seen, "now": tx.now}
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, :job, id, "
        ":source, json_object('field', 'at_source', 'before', at_source, 'after', :seen) FROM items "
        f"WHERE id IN ({these}) AND at_source <> :seen",
        given | {"kind": EventKind.ITEM_CHANGED, "job": job["id"], "source": job["source_id"]},
    )
    await tx.run(f"UPDATE items SET at_source = :seen, at_source_seen_at = :now WHERE id IN ({these})", given)


async def _shift(tx: Transaction, last: str, about: dict[str, Any]) -> None:
    """Move what lies below the newest entries by as much as the last of these moved."""
    row = await tx.one(
        "SELECT e.position - e.listed_place AS by, e.listed_place AS place FROM source_items e "
        "JOIN items i ON i.id = e.item_id WHERE e.source_id = :source AND i.video_id = :last",
        about | {"last": last},
    )
    if row is not None and row["by"]:
        await tx.run(
            "UPDATE source_items SET position = position + :by, listed_place = listed_place + :by "
            "WHERE source_id = :source AND seen_at < :began AND listed_place > :place",
            about | {"by": row["by"], "place": row["place"]},
        )


async def _queue_chosen(tx: Transaction, job: sqlite3.Row, source: sqlite3.Row) -> None:
    """Queue what a source with an order or a limit of its own wants, now that all of it is known."""
    chosen = Selection.of(source["rule"], source["queue_order"], source["most"])
    if chosen.as_listed:
        return
    kind = kind_of(source["address"])
    rows = await tx.fetch(
        "SELECT i.id, i.title, i.channel, i.duration_s, i.at_source, e.position, "
        "unixepoch(m.data ->> '$.published_at') AS published, "
        "EXISTS (SELECT 1 FROM source_items g WHERE g.source_id = e.source_id AND g.missing_at IS NOT NULL "
        "AND abs(g.listed_place - e.position) <= 3) AS beside_missing "
        "FROM source_items e JOIN items i ON i.id = e.item_id LEFT JOIN metadata m ON m.item_id = i.id "
        "WHERE e.source_id = ? AND e.missing_at IS NULL AND i.at_source NOT IN ('private', 'removed') "
        "ORDER BY e.position",
        (source["id"],),
    )
    wanted = chosen.pick([Candidate.of(dict(row), kind) for row in rows])
    await incoming.empty(tx)
    await tx.many(
        "INSERT INTO incoming (archive_id, options_id, priority, source_id, extractor, video_id, item_id) "
        "SELECT ?, ?, ?, ?, extractor, video_id, id FROM items WHERE id = ?",
        [
            (job["archive_id"], job["options_id"], job["priority"], source["id"], item_id)
            for item_id in wanted
        ],
    )
    await incoming.find_jobs(tx)
    await tx.run(
        f"UPDATE incoming SET verdict = iif(job_id IS NULL AND NOT {incoming.HAS_COPY} AND item_id NOT IN "
        "(SELECT id FROM items WHERE wanted = 0), 'queue', 'later')"
    )
    await incoming.queue(tx)


async def _ids(tx: Transaction, sql: str, parameters: dict[str, Any]) -> list[str]:
    return [row["video_id"] for row in await tx.fetch(sql, parameters)]


def scan_of(source: sqlite3.Row, now: int, full_every_s: float) -> Scan:
    """How the next refresh reads the source: a whole one is due now and then, and after any doubt."""
    whole_at = source["listed_from"]
    if source["refreshed_at"] is None or whole_at is None or source["doubted"]:
        return Scan.FULL
    return Scan.FULL if now - whole_at >= seconds(full_every_s) else Scan.DELTA


async def pages_are_fresh(tx: Transaction, source_id: int) -> bool:
    """Whether more than the feed was read lately."""
    found = await tx.one(
        "SELECT 1 FROM journal WHERE source_id = ? AND kind IN ('source_listed', 'source_changed') "
        "AND kind = 'source_listed' AND at > ? AND data ->> '$.feed' IS NULL",
        (source_id, tx.now - seconds(PAGES_EVERY_S)),
    )
    return found is not None
