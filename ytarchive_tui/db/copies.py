"""The copies and files tables: what lies in an archive."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db.archives import identify
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import to_us
from ytarchive_tui.domain.models import ArchivedCopy, Manifest


async def keep(tx: Transaction, item_id: int, copy: ArchivedCopy) -> None:
    """Write the rows of a copy; a copy already known in that archive is replaced."""
    manifest = copy.manifest
    row = await tx.one(
        "INSERT INTO copies (item_id, archive_id, folder, quality, offered_height, obtained_height, size, "
        "archived_at, manifest) VALUES (:item, :archive, :folder, :quality, :offered, :obtained, :size, :at, "
        ":manifest) ON CONFLICT (item_id, archive_id) DO UPDATE SET folder = excluded.folder, "
        "quality = excluded.quality, offered_height = excluded.offered_height, "
        "obtained_height = excluded.obtained_height, size = excluded.size, archived_at = "
        "excluded.archived_at, "
        "manifest = excluded.manifest RETURNING id",
        {
            "item": item_id,
            "archive": await identify(tx, copy.archive, copy.archive_uuid),
            "folder": copy.folder,
            "quality": manifest.quality,
            "offered": manifest.offered_height,
            "obtained": manifest.obtained_height,
            "size": sum(file.size for file in manifest.files),
            "at": to_us(manifest.archived_at),
            "manifest": manifest.model_dump_json(),
        },
    )
    assert row is not None
    await tx.run("DELETE FROM files WHERE copy_id = ?", (row["id"],))
    await tx.many(
        "INSERT INTO files (copy_id, name, role, language, auto, size, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (row["id"], file.name, file.role, file.language, file.auto, file.size, file.sha256)
            for file in manifest.files
        ],
    )
    await tx.run("UPDATE items SET archived_at = ? WHERE id = ?", (to_us(manifest.archived_at), item_id))


async def of_item(db: Database, item_id: int) -> tuple[ArchivedCopy, ...]:
    """Every copy of an item, oldest first."""
    rows = await db.fetch(
        "SELECT a.path, a.uuid, c.folder, c.manifest FROM copies c JOIN archives a ON a.id = c.archive_id "
        "WHERE c.item_id = ? ORDER BY c.archived_at",
        (item_id,),
    )
    return tuple(
        ArchivedCopy(
            archive=Path(row["path"]),
            archive_uuid=UUID(row["uuid"]),
            folder=row["folder"],
            manifest=Manifest.model_validate_json(row["manifest"]),
        )
        for row in rows
    )


async def notes_of_jobs(db: Database, job_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """What the manifests of these jobs' copies note, by job; jobs without notes are left out."""
    rows = await db.fetch(
        "SELECT j.id, json_extract(c.manifest, '$.notes') AS notes FROM json_each(?) e "
        "JOIN jobs j ON j.id = e.value "
        "JOIN copies c ON c.item_id = j.item_id AND c.archive_id = j.archive_id",
        (json.dumps(list(job_ids)),),
    )
    return {row["id"]: notes for row in rows if (notes := tuple(json.loads(row["notes"] or "[]")))}


async def archived_identities(db: Database, archive: Path | None = None) -> frozenset[tuple[str, str]]:
    """(extractor, video id) of every item with a copy, in any archive or in the one given."""
    rows = await db.fetch(
        "SELECT DISTINCT i.extractor, i.video_id FROM copies c JOIN items i ON i.id = c.item_id "
        "JOIN archives a ON a.id = c.archive_id WHERE :archive IS NULL OR a.path = :archive",
        {"archive": None if archive is None else str(archive)},
    )
    return frozenset((row["extractor"], row["video_id"]) for row in rows)
