"""What Browse shows: the tree of sources, the entries of one, and sums over what is marked.

Read on connections that can't write, in threads of their own; entries are paged as `pages` does it.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ytarchive_tui.db.browser_rows import Entry, EntryOrder, EntryState, EntryView, Node, Sums
from ytarchive_tui.db.reader import Reader

MEASURED = 2000
"""How many of the newest copies an estimate looks at."""


_JOINS = """
JOIN sources s ON s.id = e.source_id JOIN items i ON i.id = e.item_id
LEFT JOIN copies c ON c.item_id = e.item_id AND c.archive_id = s.archive_id
LEFT JOIN jobs j ON j.kind = 'item' AND j.superseded = 0 AND j.item_id = e.item_id
    AND j.archive_id = s.archive_id
LEFT JOIN metadata m ON m.item_id = e.item_id
"""
_STATE = """
CASE WHEN c.id IS NOT NULL THEN 'have'
WHEN j.status IN ('queued', 'running', 'waiting', 'blocked', 'paused') THEN 'queued'
WHEN i.at_source IN ('private', 'removed') THEN i.at_source
WHEN j.status = 'failed' THEN 'failed'
WHEN e.seen_at < s.listed_from OR e.missing_at IS NOT NULL THEN 'left' ELSE 'missing' END
"""
_PUBLISHED = "unixepoch(m.data ->> '$.published_at') * 1000000"
_ROWS = f"""
SELECT i.id, e.position, {_STATE}, j.status, j.reason, i.title, i.channel, i.duration_s, {_PUBLISHED},
       i.at_source, c.obtained_height, c.size, i.url
FROM source_items e {_JOINS} WHERE e.source_id = :source AND e.item_id IN (SELECT value FROM json_each(:ids))
"""
_ORDERS = {
    EntryOrder.PLACE: "e.position {down}",
    EntryOrder.STATE: f"{_STATE} {{down}}, e.position",
    EntryOrder.TITLE: "i.title COLLATE NOCASE {down}, e.position",
    EntryOrder.LENGTH: "i.duration_s {up}, e.position",
    EntryOrder.DATE: f"{_PUBLISHED} {{up}}, e.position",
}
_NODE = """
SELECT s.id, s.kind, s.title, s.address, s.refreshed_at,
       (SELECT count(*) FROM source_items n WHERE n.source_id = s.id) AS n,
       EXISTS (SELECT 1 FROM source_children b WHERE b.parent_id = s.id) AS parent,
       j.id, j.listing, j.status, j.reason, j.run_after,
       (SELECT c.run_at FROM schedules c WHERE c.source_id = s.id), s.result
"""
_JOB_OF_SOURCE = "LEFT JOIN jobs j ON j.kind = 'source' AND j.superseded = 0 AND j.source_id = s.id"
_ROOTS = f"""
{_NODE}, NULL FROM sources s {_JOB_OF_SOURCE} WHERE s.kind <> 'video'
AND NOT EXISTS (SELECT 1 FROM source_children b WHERE b.child_id = s.id) ORDER BY s.id DESC
"""
_CHILDREN = f"""
{_NODE}, k.entries FROM source_children k JOIN sources s ON s.id = k.child_id {_JOB_OF_SOURCE}
WHERE k.parent_id = ? ORDER BY k.position
"""
_ENTRIES_BELOW = """
SELECT k.child_id, (SELECT count(*) FROM source_items n WHERE n.source_id = k.child_id)
FROM source_children k WHERE k.parent_id = ?
"""
_FAMILY = """
WITH RECURSIVE family (id) AS (VALUES (:source) UNION
    SELECT k.child_id FROM source_children k JOIN family f ON k.parent_id = f.id)
"""


class BrowserPages:
    """Safe to use while another connection or process writes."""

    def __init__(self, path: Path) -> None:
        self._rows = Reader(path)
        self._views = Reader(path)
        self._sums = Reader(path)

    async def nodes(self, opened: Collection[int], marks: Collection[int]) -> list[Node]:
        """The tree, line by line, with what lies below the opened sources."""
        return await self._views.run(lambda db, _: _marked(db, list(_nodes(db, opened, None, 0)), marks))

    async def above(self, source_id: int) -> set[int]:
        """The sources below which a source lies."""
        sql = """
            WITH RECURSIVE above (id) AS (VALUES (:source) UNION
                SELECT k.parent_id FROM source_children k JOIN above a ON k.child_id = a.id)
            SELECT id FROM above WHERE id <> :source
        """
        return await self._views.run(lambda db, _: {row[0] for row in db.execute(sql, {"source": source_id})})

    async def ids(self, view: EntryView) -> array[int]:
        """The items of the view, in order."""
        sql, parameters = _view(view)
        return await self._views.run(
            lambda db, _: array("Q", (row[0] for row in db.execute(sql, parameters)))
        )

    async def rows(self, source_id: int, ids: Sequence[int]) -> list[Entry]:
        """The entries of those ids, in no particular order."""
        parameters = {"source": source_id, "ids": json.dumps(list(ids))}
        return await self._rows.run(
            lambda db, _: [
                Entry(row[0], row[1], EntryState(row[2]), *row[3:]) for row in db.execute(_ROWS, parameters)
            ]
        )

    async def states(self, source_id: int) -> Mapping[EntryState, int]:
        """How many entries of a source stand how."""
        sql = f"SELECT {_STATE}, count(*) FROM source_items e {_JOINS} WHERE e.source_id = ? GROUP BY 1"
        return await self._sums.run(
            lambda db, _: {EntryState(row[0]): row[1] for row in db.execute(sql, (source_id,))}
        )

    async def all_of(self, source_id: int, state: EntryState | None = None) -> list[int]:
        """The items of a source and of everything below it, or those of them in that state."""
        sql = (
            f"{_FAMILY} SELECT DISTINCT e.item_id FROM source_items e {_JOINS} "
            f"WHERE e.source_id IN family AND (:state IS NULL OR {_STATE} = :state)"
        )
        return await self._rows.run(
            lambda db, _: [row[0] for row in db.execute(sql, {"source": source_id, "state": state})]
        )

    async def sums(self, item_ids: Collection[int], archive: Path) -> Sums:
        """What those items are together, and what of them `archive` has or will have."""
        sql = """
            SELECT count(*), coalesce(sum(iif(c.id IS NULL AND j.id IS NULL, i.duration_s, 0)), 0),
                   count(*) FILTER (WHERE c.id IS NULL AND j.id IS NULL AND i.duration_s IS NULL),
                   count(c.id), count(*) FILTER (WHERE c.id IS NULL AND j.id IS NOT NULL)
            FROM items i LEFT JOIN archives a ON a.path = :archive
            LEFT JOIN copies c ON c.item_id = i.id AND c.archive_id = a.id
            LEFT JOIN jobs j ON j.kind = 'item' AND j.superseded = 0 AND j.item_id = i.id
                AND j.archive_id = a.id AND j.status NOT IN ('done', 'failed', 'cancelled')
            WHERE i.id IN (SELECT value FROM json_each(:ids))
        """
        parameters = {"archive": str(archive), "ids": json.dumps(list(item_ids))}
        return await self._sums.run(lambda db, _: Sums(*db.execute(sql, parameters).fetchone()))

    async def measured(self, quality: str, height: int | None) -> tuple[int, float, int]:
        """(bytes, seconds, number) of the newest items archived at a quality, else measured at a height."""
        return await self._sums.run(lambda db, _: _measured(db, quality, height))

    async def close(self) -> None:
        """End the threads."""
        for reader in (self._sums, self._views, self._rows):
            await reader.close()


def _nodes(db: sqlite3.Connection, opened: Collection[int], parent: int | None, depth: int) -> Sequence[Node]:
    found: list[Node] = []
    rows = db.execute(_ROOTS) if parent is None else db.execute(_CHILDREN, (parent,))
    for source, kind, title, address, listed, n, below, *job, told in rows.fetchall():
        unfolded = bool(below) and source in opened
        found.append(Node(source, depth, kind, title, address, listed, n, told, bool(below), unfolded, *job))
        if unfolded:
            found.extend(_nodes(db, opened, source, depth + 1))
    return found


def _marked(db: sqlite3.Connection, nodes: Sequence[Node], marks: Collection[int]) -> list[Node]:
    """Say of each source how many of its entries are marked."""
    if not marks:
        return list(nodes)
    rows = db.execute(
        "SELECT e.source_id, count(*) FROM json_each(?) m JOIN source_items e ON e.item_id = m.value "
        "GROUP BY e.source_id",
        (json.dumps(list(marks)),),
    )
    counted: dict[int, int] = dict(rows.fetchall())

    def marked(node: Node) -> int:
        number, of = counted.get(node.id, 0), node.entries
        if not of and node.parent:
            below = db.execute(_ENTRIES_BELOW, (node.id,)).fetchall()
            number, of = sum(counted.get(source, 0) for source, _ in below), sum(n for _, n in below)
        return 0 if not number else 2 if number >= of else 1

    return [node._replace(marked=marked(node)) for node in nodes]


def _view(view: EntryView) -> tuple[str, dict[str, object]]:
    parameters: dict[str, object] = {"source": view.source_id}
    tests = ["e.source_id = :source"]
    for n, word in enumerate(view.words):
        name = f"word{n}"
        if word.field == "state":
            parameters[name] = f",{word.text.lower()},"
            test = f"instr(:{name}, ',' || {_STATE} || ',')"
        else:
            parameters[name] = f"%{word.text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
            seen = "coalesce(i.title, '') || ' ' || coalesce(i.channel, '') || ' ' || i.video_id"
            test = f"{seen} LIKE :{name} ESCAPE '!'"
        tests.append(test if word.wanted else f"NOT {test}")
    directions = ("DESC", "ASC") if view.reverse else ("ASC", "DESC")
    order = _ORDERS[view.order].format(down=directions[0], up=directions[1])
    joins = _JOINS if len(tests) > 1 or view.order is not EntryOrder.PLACE else ""
    where = " AND ".join(tests)
    return f"SELECT e.item_id FROM source_items e {joins} WHERE {where} ORDER BY {order}", parameters


def _measured(db: sqlite3.Connection, quality: str, height: int | None) -> tuple[int, float, int]:
    parameters = {"quality": quality, "height": height, "most": MEASURED}
    for sql in (
        "SELECT c.size AS bytes, i.duration_s FROM (SELECT * FROM copies ORDER BY id DESC LIMIT :most) c "
        "JOIN items i ON i.id = c.item_id WHERE c.quality = :quality AND i.duration_s > 0",
        "SELECT m.selected_bytes AS bytes, i.duration_s FROM (SELECT * FROM metadata ORDER BY item_id DESC "
        "LIMIT :most) m JOIN items i ON i.id = m.item_id WHERE m.selected_bytes > 0 AND i.duration_s > 0 "
        "AND (:height IS NULL OR m.selected_height = :height)",
    ):
        found = db.execute(
            f"SELECT coalesce(sum(bytes), 0), coalesce(sum(duration_s), 0), count(*) FROM ({sql})", parameters
        ).fetchone()
        if found[2]:
            return int(found[0]), float(found[1]), int(found[2])
    return 0, 0.0, 0
