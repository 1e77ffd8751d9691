"""The leftovers table: folders that no copy names any more, until their files are gone as well.

A row comes in the same transaction in which the copy goes, so that a kill at any moment leaves either a
copy or something that the next run removes.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.models import ArchivedCopy, Manifest

SAME = "l.folder = f.folder AND " + " AND ".join(
    f"l.manifest ->> '$.{name}' = f.manifest ->> '$.{name}'" for name in ("video_id", "job", "archived_at")
)
"""Whether a leftover `l` means what was found as `f`: by what `storage.removal` compares."""


class Leftover(NamedTuple):
    """Files to be removed."""

    id: int
    copy: ArchivedCopy
    instead: str | None
    """The folder that holds the item now; None when it was deleted."""


async def leave(tx: Transaction, archive_id: int, folder: str, manifest: str) -> None:
    """From now on the files in that folder are to be removed."""
    await tx.run(
        "INSERT INTO leftovers (archive_id, folder, manifest, since) VALUES (?, ?, ?, ?)",
        (archive_id, folder, manifest, tx.now),
    )


async def is_left_over(tx: Transaction, archive_id: int, copy: ArchivedCopy) -> bool:
    """Whether the files of that very copy are about to be removed."""
    row = await tx.one(
        f"SELECT 1 FROM leftovers l JOIN (SELECT ? AS folder, ? AS manifest) f ON {SAME} "
        "WHERE l.archive_id = ?",
        (copy.folder, copy.manifest.model_dump_json(), archive_id),
    )
    return row is not None


async def newest(db: Database) -> int:
    """Number of the newest one, 0 when there is none."""
    (row,) = await db.fetch("SELECT coalesce(max(id), 0) AS id FROM leftovers")
    return int(row["id"])


async def leftovers(db: Database, after: int = 0) -> tuple[Leftover, ...]:
    """Those that came after that number, oldest first."""
    rows = await db.fetch(
        "SELECT l.id, l.folder, l.manifest, a.path, a.uuid, c.folder AS instead FROM leftovers l "
        "JOIN archives a ON a.id = l.archive_id "
        "LEFT JOIN items i ON i.extractor = l.manifest ->> '$.extractor' "
        "AND i.video_id = l.manifest ->> '$.video_id' "
        "LEFT JOIN copies c ON c.item_id = i.id AND c.archive_id = l.archive_id "
        "WHERE a.uuid IS NOT NULL AND l.id > ? ORDER BY l.id",
        (after,),
    )
    return tuple(
        Leftover(
            row["id"],
            ArchivedCopy(
                archive=Path(row["path"]),
                archive_uuid=UUID(row["uuid"]),
                folder=row["folder"],
                manifest=Manifest.model_validate_json(row["manifest"]),
            ),
            row["instead"],
        )
        for row in rows
    )


async def removed(db: Database, leftover_id: int) -> None:
    """The files are gone."""
    async with db.write() as tx:
        await tx.run("DELETE FROM leftovers WHERE id = ?", (leftover_id,))
