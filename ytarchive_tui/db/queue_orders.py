"""The orders that the queue can be shown in, as SQL that finds its beginning without sorting anything.

An order is one or more stretches, one after the other. Each is read from an index; where it is made of two
kinds of rows, SQLite merges them while it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Sort(StrEnum):
    """What a view is sorted by."""

    PLACE = "place"
    """What runs, then what waits in line, then what failed, then what is done, the newest first."""
    TITLE = "title"
    CHANNEL = "channel"
    """Lists, which have none, come first."""
    STATUS = "status"
    SIZE = "size"
    """The largest first; what has no size yet comes last, also when reversed."""
    ADDED = "added"
    CHANGED = "changed"


class _Rows(NamedTuple):
    """Jobs `j` of one kind."""

    of: str
    """What stands after FROM."""
    names: str
    """The tables of the filter that are in it: `j`, `i`, `s`."""
    where: str
    keys: tuple[str, ...]
    """What they are sorted by; alike for all rows of a stretch."""


class _Stretch(NamedTuple):
    rows: tuple[_Rows, ...]
    down: tuple[bool, ...]
    """For each key whether it descends."""


def _jobs(index: str, where: str, **keys: bool) -> _Stretch:
    """Jobs of any kind; each key with whether it descends."""
    names = tuple(f"j.{key}" for key in keys)
    return _Stretch((_Rows(f"jobs j{index}", "j", where, names),), tuple(keys.values()))


def _items(table: str, index: str, where: str, *keys: str, job: str = "") -> _Rows:
    """Jobs of items, in the order of an index of `table`."""
    letter = table[0]
    item = "i.id" if letter == "i" else f"{letter}.item_id"
    return _Rows(
        f"{table} {letter} INDEXED BY {index} CROSS JOIN jobs j INDEXED BY jobs_of_item "
        f"ON j.kind = 'item' AND j.superseded = 0 AND j.item_id = {item}{job}",
        f"j{letter}",
        where,
        (*keys, item),
    )


def _lists(*keys: str) -> _Rows:
    """Jobs of lists: there are few, so sorting them costs nothing."""
    return _Rows(
        "jobs j INDEXED BY jobs_of_source CROSS JOIN sources s ON s.id = j.source_id",
        "js",
        "j.kind = 'source' AND j.superseded = 0",
        keys,
    )


_CURRENT = "j.superseded = 0"
_OPEN = "j.status NOT IN ('done', 'failed', 'cancelled')"
_COPY = "SELECT 1 FROM copies k WHERE k.item_id = j.item_id AND k.archive_id = j.archive_id"
_SELECTED = "SELECT 1 FROM metadata k WHERE k.item_id = j.item_id AND k.selected_bytes IS NOT NULL"
_ORDERS: dict[Sort, tuple[_Stretch, ...]] = {
    Sort.PLACE: (
        _jobs(" INDEXED BY jobs_leased", "j.status = 'running'", priority=True, position=False),
        _jobs(
            " INDEXED BY jobs_in_order", f"{_OPEN} AND j.status <> 'running'", priority=True, position=False
        ),
        _jobs(" INDEXED BY jobs_failed", f"j.status = 'failed' AND {_CURRENT}", id=False),
        _jobs(" INDEXED BY jobs_ended", f"j.status IN ('done', 'cancelled') AND {_CURRENT}", id=True),
    ),
    Sort.TITLE: (
        _Stretch(
            (
                _items("items", "items_title", "1", "i.title COLLATE NOCASE"),
                _lists("s.title COLLATE NOCASE", "s.id"),
            ),
            (False, False),
        ),
    ),
    Sort.CHANNEL: (
        _Stretch((_lists("j.id"),), (False,)),
        _Stretch((_items("items", "items_channel", "1", "i.channel COLLATE NOCASE"),), (False, False)),
    ),
    Sort.STATUS: (_jobs(" INDEXED BY jobs_status", _CURRENT, status=False, id=False),),
    Sort.SIZE: (
        _Stretch(
            (
                _items("copies", "copies_size", "1", "c.size", job=" AND j.archive_id = c.archive_id"),
                _items(
                    "metadata",
                    "metadata_selected",
                    f"m.selected_bytes IS NOT NULL AND NOT EXISTS ({_COPY})",
                    "m.selected_bytes",
                ),
            ),
            (True, True),
        ),
        _jobs("", f"{_CURRENT} AND NOT EXISTS ({_COPY}) AND NOT EXISTS ({_SELECTED})", id=False),
    ),
    Sort.ADDED: (_jobs("", _CURRENT, id=True),),
    Sort.CHANGED: (_jobs(" INDEXED BY jobs_changed", _CURRENT, updated_at=True, id=True),),
}
_FILTERED = {
    "i": "LEFT JOIN items i ON i.id = j.item_id",
    "s": "LEFT JOIN sources s ON s.id = j.source_id",
}


def queries(sort: Sort, reverse: bool, condition: str = "1", *, among: bool = False) -> Iterator[str]:
    """One statement a stretch, in order; each gives ids of jobs, at most `:limit`.

    `condition` is SQL over `j`, `i` and `s`. With `among`, only the jobs whose ids are in the JSON `:among`
    are looked at, and sorted.
    """
    stretches = _ORDERS[sort]
    for stretch in stretches[::-1] if reverse and sort is not Sort.SIZE else stretches:
        parts = " UNION ALL ".join(_select(rows, condition, among) for rows in stretch.rows)
        by = ", ".join(
            f"key{n} {'DESC' if down is not reverse else 'ASC'}" for n, down in enumerate(stretch.down)
        )
        yield f"{parts} ORDER BY {by} LIMIT :limit"


def _select(rows: _Rows, condition: str, among: bool) -> str:
    used = (name for name in _FILTERED if name not in rows.names and re.search(rf"\b{name}\.", condition))
    of = " ".join((rows.of, *(_FILTERED[name] for name in used)))
    where = f"{rows.where} AND {condition}"
    if among:
        of = re.sub(r" INDEXED BY \w+|CROSS ", "", of)
        where += " AND j.id IN (SELECT value FROM json_each(:among))"
    keys = ", ".join(f"{key} AS key{n}" for n, key in enumerate(rows.keys))
    return f"SELECT j.id AS id, {keys} FROM {of} WHERE {where}"
