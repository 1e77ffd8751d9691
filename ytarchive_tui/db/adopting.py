"""Rows for copies that lie in an archive but are not known, as after the restore of an older state."""

from __future__ import annotations

from collections.abc import Collection

from ytarchive_tui.db import copies, journal
from ytarchive_tui.db.archives import archive_id
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.leftovers import is_left_over
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import ArchivedCopy


async def adopt_copy(db: Database, copy: ArchivedCopy, there: Collection[str]) -> bool:
    """Write the rows of a copy, and end the job that was to make it; False when one is known there.

    `there`: every folder with a complete item in that archive; a copy that is known in another one has been
    replaced since, or moved. Only for an engine that runs no workers.
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
        known = await tx.one("SELECT id, folder FROM copies WHERE item_id = ? AND archive_id = ?", place)
        if known is not None and known["folder"] in there:
            return False
        if known is not None:
            await tx.run("DELETE FROM copies WHERE id = ?", (known["id"],))
        await copies.keep(tx, item["id"], copy)
        await tx.run(
            "UPDATE jobs SET status = 'done', owner = NULL, lease_until = NULL, run_after = NULL, "
            "failure_class = NULL, failed_stage = NULL, repeated = 0, reason = NULL, updated_at = ? "
            f"WHERE item_id = ? AND archive_id = ? AND superseded = 0 AND status NOT IN {FINAL}",
            (tx.now, *place),
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
