"""The queue as a table of any length: which jobs in which order, and the rows of the few that are seen.

A view is an array of job ids, 4 bytes each. Its beginning comes by `LIMIT` at once; the whole is read
by a thread with a connection of its own that can't write, and can be interrupted. The rows of a
page are then fetched by id, which costs the same wherever the page is.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.db.filters import condition
from ytarchive_tui.db.items_search import FOUND
from ytarchive_tui.db.queue_orders import Sort, queries
from ytarchive_tui.db.reader import LONG, Reader, give_back
from ytarchive_tui.domain.search_words import SearchWord

__all__ = ["QueuePages", "QueueRow", "Sort", "View"]

FEW = 5_000
"""Up to so many items that the index of texts finds, or jobs, are sorted at once; where there are more, the
beginning of the view is found sooner by going through all jobs in their order."""


VIEWS_CACHE_KIB = 8 * 1024
"""So that the inner pages of the indexes over a million rows stay in memory while a view is read."""


class View(NamedTuple):
    """Which jobs, in which order."""

    sort: Sort = Sort.PLACE
    reverse: bool = False
    words: tuple[SearchWord, ...] = ()


class QueueRow(NamedTuple):
    """What one line of the queue shows; moments are microseconds since 1970, UTC."""

    id: int
    kind: str
    stage: str
    status: str
    item_id: int | None
    video_id: str | None
    title: str | None
    url: str
    channel: str | None
    duration_s: float | None
    priority: int
    reason: str | None
    run_after: int | None
    failure_class: str | None
    attempt: int
    cancel_requested: int
    pause_requested: int
    size: int | None
    """Bytes of the copy; before that, of what was selected, when the site told it."""
    obtained_height: int | None
    offered_height: int | None
    updated_at: int
    entries: int | None
    """For a source: the items it has by now."""


_ROWS = """
SELECT j.id, j.kind, j.stage, j.status, j.item_id, i.video_id, iif(j.kind = 'item', i.title, s.title),
       coalesce(i.url, s.url), i.channel, i.duration_s, j.priority, j.reason, j.run_after, j.failure_class,
       j.attempt, j.cancel_requested, j.pause_requested, coalesce(c.size, m.selected_bytes),
       c.obtained_height, coalesce(c.offered_height, m.offered_height), j.updated_at,
       iif(j.kind = 'source',
           (SELECT max(n.position) FROM source_items n WHERE n.source_id = j.source_id), NULL)
FROM json_each(?) wanted JOIN jobs j ON j.id = wanted.value
LEFT JOIN items i ON i.id = j.item_id
LEFT JOIN sources s ON s.id = j.source_id
LEFT JOIN metadata m ON m.item_id = j.item_id
LEFT JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id
"""
_AMONG = """
SELECT id FROM jobs INDEXED BY jobs_of_item
WHERE kind = 'item' AND superseded = 0 AND item_id IN (SELECT value FROM json_each(?))
UNION ALL SELECT id FROM jobs INDEXED BY jobs_of_source WHERE kind = 'source' AND superseded = 0
"""
"""Jobs of the items that were found, and of all lists: these are few, and in no index."""


class QueuePages:
    """Views and rows of one database; safe to use while another process or connection writes."""

    def __init__(self, path: Path) -> None:
        self._rows = Reader(path)
        self._views = Reader(path, cache_kib=VIEWS_CACHE_KIB)

    async def first(self, view: View, limit: int) -> array[int]:
        """The ids with which the view begins."""
        return await self._views.run(lambda db, abandoned: _ids(db, view, abandoned, limit))

    async def whole(self, view: View) -> array[int]:
        """All ids of the view; cancelling stops the query."""
        return await self._views.run(lambda db, abandoned: _ids(db, view, abandoned, None))

    async def rows(self, ids: Sequence[int]) -> list[QueueRow]:
        """The rows of those ids that still are, in no particular order."""
        wanted = json.dumps(list(ids))
        return await self._rows.run(
            # All in one call: a step for each row would hand the interpreter's lock to and fro as often.
            lambda db, _: list(map(QueueRow._make, db.execute(_ROWS, (wanted,)).fetchall()))
        )

    async def close(self) -> None:
        """End both threads."""
        await self._views.close()
        await self._rows.close()


def _ids(db: sqlite3.Connection, view: View, abandoned: threading.Event, limit: int | None) -> array[int]:
    test, parameters, trigrams = condition(view.words)
    among = None if trigrams is None else _among(db, trigrams, -1 if limit is None else FEW)
    if among is None and view.sort is not Sort.PLACE:
        among = _all_if_few(db, abandoned)
    ids: array[int] = array("I")
    for query in queries(view.sort, view.reverse, test, among=among is not None):
        left = -1 if limit is None else limit - len(ids)
        if left == 0 or abandoned.is_set():
            break
        # In one step, without the interpreter's lock: row by row a million would take it from the keys.
        packed = f"SELECT group_concat(printf('%08x', id), '') FROM ({query})"
        (text,) = db.execute(packed, {**parameters, "among": among, "limit": left}).fetchone()
        ids.frombytes(bytes.fromhex(text or ""))
        del text
    if sys.byteorder == "little":
        ids.byteswap()
    if len(ids) >= LONG:
        give_back(db)
    return ids


def _all_if_few(db: sqlite3.Connection, abandoned: threading.Event) -> str | None:
    """Ids of all jobs, as JSON; None when they are too many to be sorted at once.

    An order goes through all items and copies that are known, also of what is on the list no more.
    """
    ids = _ids(db, View(), abandoned, FEW + 1)
    return json.dumps(list(ids)) if len(ids) <= FEW else None


def _among(db: sqlite3.Connection, trigrams: str, most: int) -> str | None:
    """Ids of the jobs that may pass, as JSON; None when these are too many items to be sorted at once."""
    items = [row[0] for row in db.execute(f"{FOUND} LIMIT :most", {"trigrams": trigrams, "most": most})]
    if len(items) == most:
        return None
    return json.dumps([row[0] for row in db.execute(_AMONG, (json.dumps(items),))])
