"""The library table: views of any length, the rows of the few that are seen, and what they have in common.

A view is an array of copies' ids, as in `pages`. Facets come from one pass over an index: how many
copies there are of each (channel, year, height, state), from which every count on the screen follows,
whatever facets are chosen.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.library_rows import (
    FACETS,
    Check,
    Counted,
    LibraryDetails,
    LibraryRow,
    LibrarySort,
    LibraryTotals,
    LibraryView,
    LibraryWord,
    Outlook,
)
from ytarchive_tui.db.reader import CHUNK, Reader
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.events import EventKind, JournalEntry
from ytarchive_tui.domain.models import ArchivedCopy, AtSource, ItemMetadata, Manifest

SHORTEST = 3
"""Characters that a trigram index needs; shorter words are looked for by LIKE."""
_ROWS = """
SELECT l.copy_id, l.video_id, l.title, l.channel, l.published, l.height, l.offered, l.seconds, l.size,
       l.added, l.state, i.url, a.path, c.folder
FROM library l JOIN copies c ON c.id = l.copy_id JOIN items i ON i.id = c.item_id
JOIN archives a ON a.id = c.archive_id WHERE l.copy_id IN (SELECT value FROM json_each(?))
"""
_LIKE = "(coalesce(l.title, '') || ' ' || coalesce(l.channel, '') || ' ' || l.video_id) LIKE :{} ESCAPE '!'"
_ORDERS = {
    LibrarySort.ADDED: (("l.copy_id", True),),
    LibrarySort.PUBLISHED: (("l.published", True), ("l.copy_id", True)),
    LibrarySort.TITLE: (("l.title COLLATE NOCASE", False), ("l.copy_id", False)),
    LibrarySort.CHANNEL: (
        ("l.channel COLLATE NOCASE", False),
        ("l.title COLLATE NOCASE", False),
        ("l.copy_id", False),
    ),
    LibrarySort.SIZE: (("l.size", True), ("l.copy_id", True)),
    LibrarySort.LENGTH: (("l.seconds", True), ("l.copy_id", True)),
}
"""Columns, each with whether it descends; every order has an index."""


class LibraryPages:
    """Views and rows; reads only, on connections of its own, so nothing here waits for a writer."""

    def __init__(self, path: Path) -> None:
        self._rows = Reader(path)
        self._views = Reader(path)
        self._counts = Reader(path)

    async def first(self, view: LibraryView, limit: int) -> array[int]:
        """The ids with which the view begins."""
        return await self._views.run(lambda db, wanted: _ids(db, view, wanted, limit))

    async def whole(self, view: LibraryView) -> array[int]:
        """All ids of the view; cancelling stops the query."""
        return await self._views.run(lambda db, wanted: _ids(db, view, wanted, -1))

    async def rows(self, ids: Sequence[int]) -> list[LibraryRow]:
        """The rows of those ids that still are, in no particular order."""
        asked = json.dumps(list(ids))
        return await self._rows.run(lambda db, _: [LibraryRow(*row) for row in db.execute(_ROWS, (asked,))])

    async def totals(self) -> LibraryTotals:
        """How much there is; costs nothing."""
        return await self._rows.run(
            lambda db, _: LibraryTotals(*db.execute("SELECT n, size, version FROM library_totals").fetchone())
        )

    async def counted(self, words: tuple[LibraryWord, ...]) -> list[Counted]:
        """How many copies with these words there are of each combination of facets; cancelling stops it."""
        of, parameters = _of(LibraryView(words=words))
        # The index holds all that is asked for unless words are looked for: then one pass is quicker.
        facets = ", ".join(f"{'+' if words else ''}l.{facet}" for facet in FACETS)
        sql = f"SELECT {facets}, count(*), sum(l.size) {of} GROUP BY {facets}"
        return await self._counts.run(
            lambda db, wanted: [
                Counted(row[:4], row[4], row[5])
                for chunk in _chunks(db.execute(sql, parameters), wanted)
                for row in chunk
            ]
        )

    async def details(self, copy_id: int) -> LibraryDetails | None:
        """Everything that is known of a copy and its item; None when there is no such copy."""
        return await self._rows.run(lambda db, _: _details(db, copy_id))

    async def close(self) -> None:
        """End the threads."""
        for reader in (self._views, self._counts, self._rows):
            await reader.close()


async def note_check(db: Database, copy_id: int, found: str, problems: Sequence[str]) -> None:
    """Keep what reading a copy again has shown: `whole`, `changed` or `missing`."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO checks (copy_id, at, found, problems) SELECT id, ?, ?, ? FROM copies WHERE id = ?",
            (tx.now, found, json.dumps(list(problems), ensure_ascii=False), copy_id),
        )


def _details(db: sqlite3.Connection, copy_id: int) -> LibraryDetails | None:
    row = db.execute(_ROWS, (json.dumps([copy_id]),)).fetchone()
    if row is None:
        return None
    item_id, manifest, uuid, at_source, seen, data = db.execute(
        "SELECT c.item_id, c.manifest, a.uuid, i.at_source, i.at_source_seen_at, m.data FROM copies c "
        "JOIN archives a ON a.id = c.archive_id JOIN items i ON i.id = c.item_id "
        "LEFT JOIN metadata m ON m.item_id = c.item_id WHERE c.id = ?",
        (copy_id,),
    ).fetchone()
    shown = LibraryRow(*row)
    happened = db.execute(
        "SELECT id, at, kind, job_id, item_id, source_id, data FROM journal WHERE item_id = ? ORDER BY id",
        (item_id,),
    )
    checks = db.execute("SELECT at, found, problems FROM checks WHERE copy_id = ? ORDER BY id", (copy_id,))
    return LibraryDetails(
        row=shown,
        copy=ArchivedCopy(
            archive=Path(shown.archive),
            archive_uuid=UUID(uuid),
            folder=shown.folder,
            manifest=Manifest.model_validate_json(manifest),
        ),
        metadata=None if data is None else ItemMetadata.model_validate_json(data),
        at_source=AtSource(at_source),
        at_source_seen_at=from_us(seen),
        journal=tuple(
            JournalEntry(
                id=each[0], at=from_us(each[1]), kind=EventKind(each[2]), job_id=each[3], item_id=each[4],
                source_id=each[5], data=json.loads(each[6]),
            )
            for each in happened
        ),
        checks=tuple(Check(from_us(at), found, tuple(json.loads(why))) for at, found, why in checks),
        sidecars=_outlook(
            db, "SELECT tries, run_after, coalesce(reason, '') FROM sidecars WHERE copy_id = ?", copy_id
        ),
        withheld=_outlook(db, "SELECT tries, run_after, why FROM withheld WHERE copy_id = ?", copy_id),
    )  # fmt: skip


def _outlook(db: sqlite3.Connection, sql: str, copy_id: int) -> Outlook | None:
    row = db.execute(sql, (copy_id,)).fetchone()
    return None if row is None else Outlook(row[0], from_us(row[1]), row[2])


def _ids(db: sqlite3.Connection, view: LibraryView, abandoned: threading.Event, limit: int) -> array[int]:
    of, parameters = _of(view)
    columns = _ORDERS[view.sort]
    if view.sort is LibrarySort.ADDED and "found" in parameters:
        columns = (("s.rowid", True),)
    elif limit < 0 and (view.words or view.chosen):
        # In the order of an index each row would be looked up by itself; one pass and a sort are quicker.
        columns = tuple((f"+{column}", down) for column, down in columns)
    by = ", ".join(f"{column} {'DESC' if down is not view.reverse else 'ASC'}" for column, down in columns)
    found: array[int] = array("Q")
    cursor = db.execute(f"SELECT l.copy_id {of} ORDER BY {by} LIMIT {limit:d}", parameters)
    for chunk in _chunks(cursor, abandoned):
        found.extend(row[0] for row in chunk)
    return found


def _chunks(cursor: sqlite3.Cursor, abandoned: threading.Event) -> Iterator[list[Any]]:
    while not abandoned.is_set() and (chunk := cursor.fetchmany(CHUNK)):
        yield chunk


def _of(view: LibraryView) -> tuple[str, dict[str, object]]:
    """`FROM … WHERE …` over `library l`, with its parameters.

    What the index finds goes first: it comes in the order of the ids, so the newest page is there at once.
    """
    start, parts = "FROM library l", ["1"]
    parameters: dict[str, object] = {}
    indexed = [word for word in view.words if len(word.text) >= SHORTEST]
    if wanted := [_quoted(word.text) for word in indexed if word.wanted]:
        parameters["found"] = " AND ".join(wanted)
        start = "FROM library_search s CROSS JOIN library l ON l.copy_id = s.rowid"
        parts.append("library_search MATCH :found")
    if unwanted := [_quoted(word.text) for word in indexed if not word.wanted]:
        parameters["without"] = " OR ".join(unwanted)
        parts.append(
            "l.copy_id NOT IN (SELECT rowid FROM library_search WHERE library_search MATCH :without)"
        )
    for n, word in enumerate(word for word in view.words if len(word.text) < SHORTEST):
        escaped = word.text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        parameters[f"short{n}"] = f"%{escaped}%"
        parts.append(("" if word.wanted else "NOT ") + _LIKE.format(f"short{n}"))
    for n, (facet, values) in enumerate(view.chosen):
        if facet not in FACETS:
            raise ValueError(f"no such facet: {facet}")
        parameters[f"facet{n}"] = json.dumps(list(values))
        one_of = f"l.{facet} IN (SELECT value FROM json_each(:facet{n}))"
        parts.append(f"({one_of} OR l.{facet} IS NULL)" if None in values else one_of)
    return f"{start} WHERE {' AND '.join(parts)}", parameters


def _quoted(text: str) -> str:
    """A phrase of the FTS5 query language, in which nothing has a meaning any more."""
    return '"' + text.replace('"', '""') + '"'
