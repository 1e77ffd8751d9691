"""Rows for what lies in an archive that this state file meets for the first time; in bulk, without haste."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db import journal, sidecars, withheld
from ytarchive_tui.db.archives import identify
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.leftovers import SAME
from ytarchive_tui.db.times import to_us
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Claim, Manifest
from ytarchive_tui.domain.text import storable

Found = tuple[str, Manifest]
"""The folder below the archive's root, and what its manifest says."""

_FOUND = """
CREATE TEMP TABLE IF NOT EXISTS found (
    n INTEGER PRIMARY KEY, folder TEXT, manifest TEXT, extractor TEXT, video_id TEXT, title TEXT,
    channel TEXT, duration_s REAL, size INTEGER, archived_at INTEGER, item_id INTEGER)
"""
_THEIR_JOBS = (
    "SELECT j.id FROM jobs j JOIN found ON found.item_id = j.item_id WHERE j.kind = 'item' "
    f"AND j.archive_id = :archive AND j.superseded = 0 AND j.status NOT IN {FINAL}"
)


async def is_taken_over(db: Database, archive: Path, uuid: UUID) -> bool:
    """Whether all that lay in that very archive is known."""
    return bool(
        await db.fetch("SELECT 1 FROM archives WHERE path = ? AND taken_over = ?", (str(archive), str(uuid)))
    )


async def taken_over(db: Database, archive: Path, uuid: UUID) -> None:
    """From now on it is."""
    async with db.write() as tx:
        row = await identify(tx, archive, uuid)
        await tx.run("UPDATE archives SET taken_over = ? WHERE id = ?", (str(uuid), row))


async def still_runs(db: Database, claim: Claim) -> bool:
    """Whether a claimed job has not been ended; also for claims that stand for no job."""
    rows = await db.fetch("SELECT status FROM jobs WHERE id = ?", (claim.job.id,))
    return not rows or rows[0]["status"] == "running"


async def take_in(db: Database, archive: Path, uuid: UUID, found: Sequence[Found]) -> list[str]:
    """Write the rows of copies, and end the jobs that were to make them, running ones too; the new folders.

    Left alone is an item with a copy in that archive, and a folder that is about to be removed. Nothing on
    the disk changes, now or later. Repeating it does no harm.
    """
    async with db.write() as tx:
        place = {"archive": await identify(tx, archive, uuid), "now": tx.now}
        await _load(tx, found)
        await tx.run(
            "DELETE FROM found AS f WHERE EXISTS (SELECT 1 FROM leftovers l WHERE l.archive_id = :archive "
            f"AND {SAME})",
            place,
        )
        await tx.run(
            "INSERT INTO items (extractor, video_id, url, title, channel, duration_s, created_at) SELECT "
            "extractor, video_id, 'https://www.youtube.com/watch?v=' || video_id, title, channel, "
            "duration_s, :now FROM found ORDER BY n ON CONFLICT DO NOTHING",
            place,
        )
        await tx.run(
            "UPDATE found SET item_id = (SELECT id FROM items i WHERE i.extractor = found.extractor "
            "AND i.video_id = found.video_id)"
        )
        await tx.run(
            "DELETE FROM found WHERE n NOT IN (SELECT min(n) FROM found GROUP BY item_id) OR EXISTS "
            "(SELECT 1 FROM copies c WHERE c.item_id = found.item_id AND c.archive_id = :archive)",
            place,
        )
        await _write_copies(tx, place)
        await _end_jobs(tx, place)
        await tx.run(
            "INSERT INTO journal (at, kind, item_id, data) SELECT :now, :kind, item_id, "
            "json_object('archive', :path, 'folder', folder, 'size', size) FROM found ORDER BY n",
            {"now": tx.now, "kind": EventKind.ITEM_ARCHIVED, "path": str(archive)},
        )
        new = [str(row["folder"]) for row in await tx.fetch("SELECT folder FROM found ORDER BY n")]
        if new:
            tx.announce()
        return new


async def take_back(db: Database, archive: Path, folders: Sequence[str]) -> None:
    """Remove the rows of copies that were deleted between the look at their folders and `take_in`."""
    async with db.write() as tx:
        for folder in folders:
            gone = await tx.one(
                "DELETE FROM copies WHERE folder = :folder AND archive_id = "
                "(SELECT id FROM archives WHERE path = :archive) RETURNING item_id, size",
                {"folder": folder, "archive": str(archive)},
            )
            if gone is None:
                continue
            await tx.run(
                "UPDATE items SET archived_at = (SELECT max(archived_at) FROM copies "
                "WHERE item_id = items.id) WHERE id = ?",
                (gone["item_id"],),
            )
            await journal.append(
                tx,
                EventKind.ITEM_DELETED,
                item_id=gone["item_id"],
                archive=str(archive),
                folder=folder,
                size=gone["size"],
            )
        tx.announce()


async def _load(tx: Transaction, found: Sequence[Found]) -> None:
    await tx.run(_FOUND)
    await tx.run("DELETE FROM found")
    await tx.many(
        "INSERT INTO found (folder, manifest, extractor, video_id, title, channel, duration_s, size, "
        "archived_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                folder,
                each.model_dump_json(),
                each.extractor,
                each.video_id,
                storable(each.title) if each.title else None,
                storable(each.channel) if each.channel else None,
                each.duration_s,
                sum(file.size for file in each.files),
                # One that is said to come from the future would be younger than any check of it.
                min(to_us(each.archived_at), tx.now),
            )
            for folder, each in found
        ],
    )


async def _write_copies(tx: Transaction, place: dict[str, int]) -> None:
    await tx.run(
        "INSERT INTO copies (item_id, archive_id, folder, quality, offered_height, obtained_height, size, "
        "archived_at, manifest) SELECT item_id, :archive, folder, manifest ->> '$.quality', "
        "manifest ->> '$.offered_height', manifest ->> '$.obtained_height', size, archived_at, manifest "
        "FROM found ORDER BY n",
        place,
    )
    theirs = "found JOIN copies c ON c.item_id = found.item_id AND c.archive_id = :archive"
    await tx.run(
        "INSERT INTO files (copy_id, name, role, language, auto, size, sha256) SELECT c.id, "
        "f.value ->> '$.name', f.value ->> '$.role', f.value ->> '$.language', f.value ->> '$.auto', "
        f"f.value ->> '$.size', f.value ->> '$.sha256' FROM {theirs}, json_each(found.manifest, '$.files') f",
        place,
    )
    await tx.run(
        "UPDATE items SET archived_at = max(coalesce(items.archived_at, 0), found.archived_at) FROM found "
        "WHERE found.item_id = items.id"
    )
    for row in await tx.fetch(
        f"SELECT c.id, c.manifest FROM {theirs} WHERE json_array_length(c.manifest, '$.missing') > 0 "
        "OR c.manifest ->> '$.withheld' IS NOT NULL",
        place,
    ):
        content = Manifest.model_validate_json(row["manifest"])
        await sidecars.note(tx, row["id"], content)
        await withheld.note(tx, row["id"], content)


async def _end_jobs(tx: Transaction, place: dict[str, int]) -> None:
    await tx.run(
        "UPDATE attempts SET ended_at = :now, outcome = 'released' WHERE ended_at IS NULL "
        f"AND job_id IN ({_THEIR_JOBS})",
        place,
    )
    await tx.run(f"DELETE FROM staged WHERE job_id IN ({_THEIR_JOBS})", place)
    await tx.run(
        "UPDATE jobs SET status = 'done', owner = NULL, lease_until = NULL, run_after = NULL, "
        "cancel_requested = 0, pause_requested = 0, failure_class = NULL, failed_stage = NULL, repeated = 0, "
        f"reason = NULL, updated_at = :now WHERE id IN ({_THEIR_JOBS})",
        place,
    )
