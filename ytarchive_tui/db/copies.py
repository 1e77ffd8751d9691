"""The copies and files tables: what lies in an archive."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db import sidecars, withheld
from ytarchive_tui.db.archives import identify
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.leftovers import leave
from ytarchive_tui.db.times import to_us
from ytarchive_tui.domain.models import ArchivedCopy, Manifest
from ytarchive_tui.domain.policy import replaces


async def keep(tx: Transaction, item_id: int, copy: ArchivedCopy) -> bool:
    """Write the rows of a copy; False when the one that is known in that archive stays instead.

    See `policy.replaces` for which stays. The files of the other one are left for removal.
    """
    manifest = copy.manifest
    archive = await identify(tx, copy.archive, copy.archive_uuid)
    old = await tx.one(
        "SELECT id, folder, manifest FROM copies WHERE item_id = ? AND archive_id = ? AND folder <> ?",
        (item_id, archive, copy.folder),
    )
    if old is not None:
        before = Manifest.model_validate_json(old["manifest"])
        if not replaces(manifest, before, damaged=await _is_damaged(tx, old["id"])):
            await leave(tx, archive, copy.folder, manifest.model_dump_json())
            return False
        await leave(tx, archive, old["folder"], old["manifest"])
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
            "archive": archive,
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
    await keep_files(tx, row["id"], manifest)
    await sidecars.note(tx, row["id"], manifest)
    await withheld.note(tx, row["id"], manifest)
    await tx.run("UPDATE items SET archived_at = ? WHERE id = ?", (to_us(manifest.archived_at), item_id))
    return True


async def keep_files(tx: Transaction, copy_id: int, manifest: Manifest) -> None:
    """Write the rows of a copy's files."""
    await tx.run("DELETE FROM files WHERE copy_id = ?", (copy_id,))
    await tx.many(
        "INSERT INTO files (copy_id, name, role, language, auto, size, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (copy_id, file.name, file.role, file.language, file.auto, file.size, file.sha256)
            for file in manifest.files
        ],
    )


async def _is_damaged(tx: Transaction, copy_id: int) -> bool:
    row = await tx.one("SELECT state FROM library WHERE copy_id = ?", (copy_id,))
    return row is not None and row["state"] in ("changed", "missing")


_COPIES = (
    "SELECT c.id, a.path, a.uuid, c.folder, c.manifest FROM copies c JOIN archives a ON a.id = c.archive_id"
)


async def of_item(db: Database, item_id: int) -> tuple[ArchivedCopy, ...]:
    """Every copy of an item, oldest first."""
    rows = await db.fetch(f"{_COPIES} WHERE c.item_id = ? ORDER BY c.archived_at", (item_id,))
    return tuple(_copy(row) for row in rows)


async def by_id(db: Database, copy_ids: Collection[int]) -> dict[int, ArchivedCopy]:
    """Those copies that still are."""
    rows = await db.fetch(
        f"{_COPIES} WHERE c.id IN (SELECT value FROM json_each(?))", (json.dumps(list(copy_ids)),)
    )
    return {row["id"]: _copy(row) for row in rows}


def _copy(row: sqlite3.Row) -> ArchivedCopy:
    return ArchivedCopy(
        archive=Path(row["path"]),
        archive_uuid=UUID(row["uuid"]),
        folder=row["folder"],
        manifest=Manifest.model_validate_json(row["manifest"]),
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
