"""The withheld table: copies of which the site may have a better picture, and when that is looked for."""

from __future__ import annotations

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.models import ItemMetadata, Manifest


async def note_tools(db: Database, versions: str) -> None:
    """With which versions the engine works from now on."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO tools_in_use VALUES (1, :now) ON CONFLICT (id) DO UPDATE SET versions = :now",
            {"now": versions},
        )


async def note(tx: Transaction, copy_id: int, manifest: Manifest) -> None:
    """Keep what a stored copy is suspected of; its tries go on counting over copies that are no better."""
    if manifest.withheld is None:
        await tx.run("DELETE FROM withheld WHERE copy_id = ?", (copy_id,))
        return
    await tx.run(
        "INSERT INTO withheld (copy_id, since, why, tools) "
        "VALUES (:copy, :now, :why, (SELECT versions FROM tools_in_use)) "
        "ON CONFLICT (copy_id) DO UPDATE SET why = :why",
        {"copy": copy_id, "now": tx.now, "why": manifest.withheld},
    )


async def looked(tx: Transaction, item_id: int, archive_id: int, metadata: ItemMetadata) -> None:
    """After a look that led to no download: without a doubt left, the picture is what the site has."""
    if metadata.provider == "ytdlp" and metadata.doubt is None:
        await tx.run(
            "DELETE FROM withheld WHERE copy_id = "
            "(SELECT id FROM copies WHERE item_id = ? AND archive_id = ?)",
            (item_id, archive_id),
        )
