"""Fill a fresh database with what another one has archived, so that a dry run skips it too."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ytarchive_tui.db.connection import Database


async def seed_archived(db: Database, from_path: Path) -> int:
    """Copy the archived items and their copies (not the files' rows); the number of items.

    `db` is empty and up to date, `from_path` of the same schema; it is opened read-only. A file that does not
    exist seeds nothing. Raises `DatabaseDamagedError`.
    """
    if not await asyncio.to_thread(from_path.is_file):
        return 0
    async with db.attached(from_path, "kept"), db.write() as tx:
        if not await tx.fetch("SELECT 1 FROM kept.sqlite_schema WHERE name = 'copies'"):
            return 0
        await tx.run("INSERT INTO archives SELECT * FROM kept.archives")
        count = await tx.run(
            "INSERT INTO items SELECT * FROM kept.items WHERE id IN (SELECT item_id FROM kept.copies)"
        )
        await tx.run("INSERT INTO copies SELECT * FROM kept.copies")
        return count
