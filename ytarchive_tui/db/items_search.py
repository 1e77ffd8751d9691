"""The index of the items' texts, brought up to date behind what changes them."""

from __future__ import annotations

from ytarchive_tui.db.connection import Database

AT_ONCE = 500
"""Items described in one transaction: some 30 ms, in which nobody else can write."""
FOUND = """
SELECT rowid FROM items_search WHERE items_search MATCH :trigrams
UNION ALL SELECT item_id FROM items_unsearched
"""
"""Every item that may have these trigrams."""


async def describe(db: Database) -> int:
    """Put some items that are new or renamed into the index; how many, below `AT_ONCE` when none is left."""
    if not await db.fetch("SELECT 1 FROM items_unsearched LIMIT 1"):
        return 0
    async with db.write() as tx:
        rows = await tx.fetch("SELECT item_id FROM items_unsearched ORDER BY item_id LIMIT ?", (AT_ONCE,))
        these = {"last": rows[-1]["item_id"] if rows else 0}
        await tx.run(
            "INSERT INTO items_search (rowid, text) SELECT id, "
            "coalesce(title, '') || ' ' || coalesce(channel, '') || ' ' || video_id "
            "FROM items WHERE id IN (SELECT item_id FROM items_unsearched WHERE item_id <= :last)",
            these,
        )
        await tx.run("DELETE FROM items_unsearched WHERE item_id <= :last", these)
    return len(rows)
