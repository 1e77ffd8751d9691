"""Rows for copies that lie in an archive but are not known, as after the restore of an older state."""

from __future__ import annotations

from collections.abc import Collection

from ytarchive_tui.db import copies, journal
from ytarchive_tui.db.archives import archive_id
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.leftovers import is_left_over
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import ArchivedCopy, Manifest


async def adopt_forgotten(db: Database, copy: ArchivedCopy) -> bool:
    """Write the rows of a copy that was committed, unless some name its folder already; whether it did.

    Only for an engine whose workers have not begun.
    """
    names = (str(copy.archive), copy.folder)
    for table in ("copies", "leftovers"):
        if await db.fetch(
            f"SELECT 1 FROM {table} t JOIN archives a ON a.id = t.archive_id "
            "WHERE a.path = ? AND t.folder = ?",
            names,
        ):
            return False
    return await adopt_copy(db, copy, None)


async def adopt_copy(db: Database, copy: ArchivedCopy, there: Collection[str] | None) -> bool:
    """Write the rows of a copy, and end the job that was to make it; False when the one known there stays.

    `there`: every folder with a complete item in that archive, None: assume so of all that are known. A copy
    that is known in another folder has been replaced since, or moved. Where both are there, the newer one
    takes the place of the other, as it would have if its commit had been told (see `policy.replaces`).
    Only for an engine that runs no workers.
    """
    manifest = copy.manifest
    async with db.write() as tx:
        archive = await archive_id(tx, copy.archive)
        if await is_left_over(tx, archive, copy):
            return False
        await tx.run(
            "INSERT INTO items (extractor, video_id, url, title, channel, duration_s, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                manifest.extractor,
                manifest.video_id,
                f"https://www.youtube.com/watch?v={manifest.video_id}",
                manifest.title,
                manifest.channel,
                manifest.duration_s,
                tx.now,
            ),
        )
        item = await tx.one(
            "SELECT id FROM items WHERE extractor = ? AND video_id = ?",
            (manifest.extractor, manifest.video_id),
        )
        assert item is not None
        place = (item["id"], archive)
        known = await tx.one(
            "SELECT id, folder, manifest FROM copies WHERE item_id = ? AND archive_id = ?", place
        )
        if known is not None and (there is None or known["folder"] in there):
            before = Manifest.model_validate_json(known["manifest"])
            if known["folder"] == copy.folder or manifest.archived_at <= before.archived_at:
                return False
        elif known is not None:
            await tx.run("DELETE FROM copies WHERE id = ?", (known["id"],))
        if not await copies.keep(tx, item["id"], copy):
            return False
        await tx.run(
            "UPDATE jobs SET status = 'done', owner = NULL, lease_until = NULL, run_after = NULL, "
            "failure_class = NULL, failed_stage = NULL, repeated = 0, reason = NULL, updated_at = ? "
            f"WHERE item_id = ? AND archive_id = ? AND superseded = 0 AND status NOT IN {FINAL}",
            (tx.now, *place),
        )
        tx.announce()
        await tx.run(
            "DELETE FROM staged WHERE job_id IN (SELECT id FROM jobs WHERE item_id = ? AND archive_id = ? "
            f"AND status IN {FINAL})",
            place,
        )
        await journal.append(
            tx,
            EventKind.ITEM_ARCHIVED,
            item_id=item["id"],
            archive=str(copy.archive),
            folder=copy.folder,
            size=sum(file.size for file in manifest.files),
        )
        return True
