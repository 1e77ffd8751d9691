"""The journal: append-only, in the order in which things became true."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.events import EventKind, JournalEntry


async def append(
    tx: Transaction,
    kind: EventKind,
    *,
    job_id: int | None = None,
    item_id: int | None = None,
    source_id: int | None = None,
    **data: Any,
) -> None:
    """Write one entry; `data` is what JSON can hold."""
    await tx.run(
        "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) VALUES (?, ?, ?, ?, ?, ?)",
        (tx.now, kind, job_id, item_id, source_id, json.dumps(data, ensure_ascii=False)),
    )


async def entries(db: Database, after_id: int = 0, limit: int = 500) -> tuple[JournalEntry, ...]:
    """Entries younger than `after_id`, oldest first."""
    rows = await db.fetch("SELECT * FROM journal WHERE id > ? ORDER BY id LIMIT ?", (after_id, limit))
    return tuple(entry(row) for row in rows)


async def last_entries(db: Database, limit: int = 500) -> tuple[JournalEntry, ...]:
    """The youngest entries, oldest first; follow on with `entries(after_id=…)`."""
    rows = await db.fetch("SELECT * FROM journal ORDER BY id DESC LIMIT ?", (limit,))
    return tuple(entry(row) for row in reversed(rows))


async def entries_of_job(db: Database, job_id: int) -> tuple[JournalEntry, ...]:
    """Everything that happened to one job, oldest first."""
    rows = await db.fetch("SELECT * FROM journal WHERE job_id = ? ORDER BY id", (job_id,))
    return tuple(entry(row) for row in rows)


def entry(row: sqlite3.Row) -> JournalEntry:
    return JournalEntry(
        id=row["id"],
        at=from_us(row["at"]),
        kind=EventKind(row["kind"]),
        job_id=row["job_id"],
        item_id=row["item_id"],
        source_id=row["source_id"],
        data=json.loads(row["data"]),
    )
