"""Items that the archive has are fetched once more, while the copy that there is stays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.db import journal
from ytarchive_tui.db.archives import options_id
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import JobOptions


class Again(NamedTuple):
    """What became of the wish, in numbers of copies."""

    queued: int
    active: int
    """A job is on its way for these already."""


_COPIES = f"""
SELECT c.item_id, c.archive_id, c.quality, c.obtained_height, a.path, o.data AS options,
       j.id AS job_id, j.source_id, j.status NOT IN {FINAL} AS active
FROM json_each(:ids) e JOIN copies c ON c.id = e.value JOIN archives a ON a.id = c.archive_id
LEFT JOIN jobs made ON made.id = c.manifest ->> '$.job' AND made.item_id = c.item_id
LEFT JOIN options o ON o.id = made.options_id
LEFT JOIN jobs j ON j.kind = 'item' AND j.superseded = 0 AND j.item_id = c.item_id
    AND j.archive_id = c.archive_id
ORDER BY e.key
"""
"""Copies, each with the options of the job that made it and with the item's current job."""


async def fetch_again(
    db: Database, copy_ids: Sequence[int], usual: JobOptions, quality: str | None = None
) -> Again:
    """Queue a job for each copy's item; with its own options, or with another quality.

    `usual` stands in for options that are no longer known. The copy is replaced only when the new one is
    stored (`copies.keep`).
    """
    async with db.write() as tx:
        return await queue_again(tx, copy_ids, usual, quality)


async def queue_again(
    tx: Transaction,
    copy_ids: Sequence[int],
    usual: JobOptions,
    quality: str | None = None,
    *,
    only_better: bool = False,
) -> Again:
    """The same in a transaction; with `only_better` only what has a higher picture is downloaded."""
    queued = active = 0
    last = await tx.one("SELECT coalesce(max(position), 0) AS position FROM jobs")
    assert last is not None
    for row in await tx.fetch(_COPIES, {"ids": json.dumps(list(copy_ids))}):
        if row["active"]:
            active += 1
            continue
        own = JobOptions.model_validate_json(row["options"]) if row["options"] else usual
        options = own.model_copy(
            update={
                "archive": Path(row["path"]),
                "quality": quality or row["quality"],
                "better_than": (row["obtained_height"] or 0) if only_better else None,
            }
        )
        queued += 1
        await tx.run("DELETE FROM staged WHERE job_id = ?", (row["job_id"],))
        await tx.run("UPDATE jobs SET superseded = 1 WHERE id = ?", (row["job_id"],))
        await tx.run("UPDATE items SET wanted = 1 WHERE id = ?", (row["item_id"],))
        made = await tx.one(
            "INSERT INTO jobs (kind, item_id, source_id, archive_id, options_id, stage, status, "
            "position, created_at, updated_at) VALUES ('item', :item, :source, :archive, :options, "
            "'metadata', 'queued', :position, :now, :now) RETURNING id",
            {
                "item": row["item_id"],
                "source": row["source_id"],
                "archive": row["archive_id"],
                "options": await options_id(tx, options),
                "position": last["position"] + queued,
                "now": tx.now,
            },
        )
        assert made is not None
        await journal.append(
            tx,
            EventKind.JOB_QUEUED,
            job_id=made["id"],
            item_id=row["item_id"],
            source_id=row["source_id"],
            again=options.quality,
            better_than=options.better_than,
        )
    tx.announce()
    return Again(queued, active)
