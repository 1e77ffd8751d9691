"""The queue as a table of any length: which jobs in which order, and the rows of the few that are seen.

A view is an array of job ids, 8 bytes each. Its beginning comes by `LIMIT` at once; the whole is read
by a thread with a connection of its own that can't write, and can be interrupted. The rows of a
page are then fetched by id, which costs the same wherever the page is.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar

from ytarchive_tui.db.filters import Word, condition

T = TypeVar("T")
CHUNK = 4096
"""Ids read between two looks at whether anybody still wants them."""


class Sort(StrEnum):
    """What a view is sorted by."""

    PLACE = "place"
    """What runs, then what waits in line, then what failed, then what is done, the newest first."""
    TITLE = "title"
    CHANNEL = "channel"
    STATUS = "status"
    SIZE = "size"
    ADDED = "added"
    CHANGED = "changed"


class View(NamedTuple):
    """Which jobs, in which order."""

    sort: Sort = Sort.PLACE
    reverse: bool = False
    words: tuple[Word, ...] = ()


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


_COLUMNS = """
SELECT j.id, j.kind, j.stage, j.status, j.item_id, i.video_id, coalesce(i.title, s.title),
       coalesce(i.url, s.url), i.channel, i.duration_s, j.priority, j.reason, j.run_after, j.failure_class,
       j.attempt, j.cancel_requested, j.pause_requested, coalesce(c.size, m.selected_bytes),
       c.obtained_height, coalesce(c.offered_height, m.offered_height), j.updated_at,
       iif(j.kind = 'source', (SELECT count(*) FROM source_items n WHERE n.source_id = j.source_id), NULL)
"""
_JOINS = {
    "i": "LEFT JOIN items i ON i.id = j.item_id",
    "s": "LEFT JOIN sources s ON s.id = j.source_id",
    "m": "LEFT JOIN metadata m ON m.item_id = j.item_id",
    "c": "LEFT JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id",
}
_ROWS = f"{_COLUMNS} FROM jobs j {' '.join(_JOINS.values())} WHERE j.id IN (SELECT value FROM json_each(?))"

_Order = tuple[tuple[str, bool], ...]
"""Expressions, each with whether it descends."""
_IN_LINE: _Order = (("j.priority", True), ("j.position", False))
_SEGMENTS: dict[Sort, tuple[tuple[str, _Order], ...]] = {
    Sort.PLACE: (
        ("j.status = 'running'", _IN_LINE),
        ("j.status NOT IN ('done', 'failed', 'cancelled') AND j.status <> 'running'", _IN_LINE),
        ("j.status = 'failed'", (("j.id", False),)),
        ("j.status IN ('done', 'cancelled')", (("j.id", True),)),
    ),
    Sort.TITLE: (("1", (("coalesce(i.title, s.title) COLLATE NOCASE", False), ("j.id", False))),),
    Sort.CHANNEL: (("1", (("i.channel COLLATE NOCASE", False), ("j.id", False))),),
    Sort.STATUS: (("1", (("j.status", False), ("j.id", False))),),
    Sort.SIZE: (("1", (("coalesce(c.size, m.selected_bytes)", True), ("j.id", False))),),
    Sort.ADDED: (("1", (("j.id", True),)),),
    Sort.CHANGED: (("1", (("j.updated_at", True), ("j.id", True))),),
}
"""A view is its segments one after the other; each has an index of its own where that matters."""


class QueuePages:
    """Views and rows of one database; safe to use while another process or connection writes."""

    def __init__(self, path: Path) -> None:
        self._rows = Reader(path)
        self._views = Reader(path)

    async def first(self, view: View, limit: int) -> array[int]:
        """The ids with which the view begins."""
        return await self._views.run(lambda db, wanted: _ids(db, view, wanted, limit))

    async def whole(self, view: View) -> array[int]:
        """All ids of the view; cancelling stops the query."""
        return await self._views.run(lambda db, wanted: _ids(db, view, wanted, None))

    async def rows(self, ids: Sequence[int]) -> list[QueueRow]:
        """The rows of those ids that still are, in no particular order."""
        wanted = json.dumps(list(ids))
        return await self._rows.run(lambda db, _: [QueueRow(*row) for row in db.execute(_ROWS, (wanted,))])

    async def close(self) -> None:
        """End both threads."""
        await self._views.close()
        await self._rows.close()


class Reader:
    """A connection that can't write, in a thread of its own; connects when first used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        self._connection: sqlite3.Connection | None = None

    async def run(self, query: Callable[[sqlite3.Connection, threading.Event], T]) -> T:
        """What `query` returns; raises `sqlite3.Error`. Cancelling sets the event and interrupts it."""
        abandoned = threading.Event()
        work = self._thread.submit(self._run, query, abandoned)
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            abandoned.set()
            if self._connection is not None:
                self._connection.interrupt()
            raise

    async def close(self) -> None:
        """Interrupt what runs, close the connection and end the thread."""
        if self._connection is not None:
            self._connection.interrupt()
            self._thread.submit(self._connection.close)
        await asyncio.to_thread(self._thread.shutdown)

    def _run(
        self, query: Callable[[sqlite3.Connection, threading.Event], T], abandoned: threading.Event
    ) -> T:
        if self._connection is None:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA query_only = ON")
        return query(self._connection, abandoned)


def _ids(db: sqlite3.Connection, view: View, abandoned: threading.Event, limit: int | None) -> array[int]:
    found: array[int] = array("Q")
    for sql, parameters in _queries(view):
        left = -1 if limit is None else limit - len(found)
        if left == 0 or abandoned.is_set():
            break
        cursor = db.execute(sql, parameters | {"limit": left})
        while not abandoned.is_set() and (chunk := cursor.fetchmany(CHUNK)):
            found.extend(row[0] for row in chunk)
    return found


def _queries(view: View) -> Iterator[tuple[str, dict[str, object]]]:
    filtered, parameters = condition(view.words)
    segments = _SEGMENTS[view.sort]
    for segment, order in reversed(segments) if view.reverse else segments:
        by = ", ".join(f"{column} {'DESC' if down is not view.reverse else 'ASC'}" for column, down in order)
        used = f"{filtered} {by}"
        joins = " ".join(join for name, join in _JOINS.items() if re.search(rf"\b{name}\.", used))
        yield (
            f"SELECT j.id FROM jobs j {joins} WHERE j.superseded = 0 AND {segment} AND {filtered} "
            f"ORDER BY {by} LIMIT :limit",
            dict(parameters),
        )
