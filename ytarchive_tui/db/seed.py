"""Fill a fresh database with what another one has archived, so that a dry run skips it too."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ytarchive_tui.db.connection import Database, Transaction


async def seed_archived(db: Database, from_path: Path) -> int:
    """Copy the archived items and their copies (not the files' rows); the number of items.

    `db` is empty and up to date, `from_path` may be older; it is opened read-only. A file that does not
    exist seeds nothing. Raises `DatabaseDamagedError`.
    """
    if not await asyncio.to_thread(from_path.is_file):
        return 0
    async with db.attached(from_path, "kept"), db.write() as tx:
        if not await tx.fetch("SELECT 1 FROM kept.sqlite_schema WHERE name = 'copies'"):
            return 0
        await _seed(tx, "archives")
        count = await _seed(tx, "items", "WHERE id IN (SELECT item_id FROM kept.copies)")
        await _seed(tx, "copies")
        await _seed(tx, "checks")
        return count


async def _seed(tx: Transaction, table: str, only: str = "") -> int:
    """Copy what both have of a table: the other file may be older, and is not changed."""
    common = await tx.fetch(
        "SELECT name FROM pragma_table_info(:table, 'kept') WHERE name IN "
        "(SELECT name FROM pragma_table_info(:table, 'main'))",
        {"table": table},
    )
    names = ", ".join(row["name"] for row in common)
    return (
        await tx.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM kept.{table} {only}") if names else 0
    )
