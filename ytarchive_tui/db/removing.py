"""Jobs that have ended are taken off the list, and put on it again; nothing else of them changes."""

from __future__ import annotations

import json
from collections.abc import Collection

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.filters import condition
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.search_words import SearchWord

AT_ONCE = 2_000
"""Jobs of one transaction: workers wait meanwhile."""

_ENDED = f"superseded = 0 AND status IN {FINAL}"
_THESE = "id IN (SELECT value FROM json_each(:ids))"


async def remove(db: Database, job_ids: Collection[int]) -> int:
    """Take those of the jobs off the list that have ended; how many.

    The archive, its files and what is known of items stay as they are. What a failed one had downloaded goes
    at the next start, as with one that was cancelled.
    """
    ids, removed = list(job_ids), 0
    for at in range(0, len(ids), AT_ONCE):
        async with db.write() as tx:
            removed += await _remove(tx, json.dumps(ids[at : at + AT_ONCE]))
    return removed


async def _remove(tx: Transaction, ids: str) -> int:
    given = {"ids": ids, "now": tx.now, "kind": EventKind.JOB_REMOVED}
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id) SELECT :now, :kind, id, item_id, "
        f"source_id FROM jobs WHERE {_ENDED} AND {_THESE} ORDER BY id",
        given,
    )
    await tx.run(
        f"DELETE FROM staged WHERE job_id IN (SELECT id FROM jobs WHERE {_ENDED} AND {_THESE})", given
    )
    # Its last change stays what it was: a listing that is being read passes by what failed since it began.
    removed = await tx.run(f"UPDATE jobs SET superseded = 1, removed = 1 WHERE {_ENDED} AND {_THESE}", given)
    if removed:
        tx.announce()
    return removed


async def put_back(db: Database, after: int, upto: int) -> int:
    """Put jobs on the list again that were removed by the journal's entries in (`after`, `upto`]; how many.

    What came for the same item or source since has their place, so they stay away.
    """
    back = 0
    for first in range(after, upto, AT_ONCE):
        async with db.write() as tx:
            back += await _put_back(tx, first, min(first + AT_ONCE, upto))
    return back


async def _put_back(tx: Transaction, after: int, upto: int) -> int:
    row = await tx.one(
        "SELECT json_group_array(DISTINCT j.id) AS ids FROM journal n JOIN jobs j ON j.id = n.job_id "
        "WHERE n.id > :after AND n.id <= :upto AND n.kind = :kind AND n.data ->> '$.back' IS NULL "
        "AND j.removed = 1",
        {"after": after, "upto": upto, "kind": EventKind.JOB_REMOVED},
    )
    given = {"ids": row["ids"] if row else "[]", "now": tx.now, "kind": EventKind.JOB_REMOVED}
    back = await tx.run(f"UPDATE jobs SET superseded = 0, removed = 0 WHERE {_THESE}", given)
    if back:
        await tx.run(
            "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, id, "
            f"item_id, source_id, json_object('back', json('true')) FROM jobs WHERE {_THESE} ORDER BY id",
            given,
        )
        tx.announce()
    return back


async def ended(db: Database, words: tuple[SearchWord, ...]) -> list[int]:
    """Ids of the jobs on the list that have ended and pass the queue's filter."""
    fits = condition(words)
    rows = await db.fetch(
        "SELECT j.id FROM jobs j LEFT JOIN items i ON i.id = j.item_id "
        "LEFT JOIN sources s ON s.id = j.source_id "
        f"WHERE j.superseded = 0 AND j.status IN {FINAL} AND {fits.sql} ORDER BY j.id",
        fits.parameters,
    )
    return [row["id"] for row in rows]
