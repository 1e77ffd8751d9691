"""What is known of addresses before they are added."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.db.connection import Database


class Known(NamedTuple):
    """One list or one video that was seen before."""

    title: str | None
    entries: int | None
    """Of a list, as far as it was read."""
    status: str | None
    """Of a video's job for that archive; None when it has none."""


_LISTS = """
SELECT s.address, s.title, (SELECT count(*) FROM source_items n WHERE n.source_id = s.id) AS entries
FROM json_each(:addresses) e JOIN sources s ON s.address = e.value
WHERE s.kind <> 'video' ORDER BY entries
"""
_VIDEOS = """
SELECT i.video_id, i.title, j.status FROM json_each(:videos) e
JOIN items i ON i.extractor = 'youtube' AND i.video_id = e.value
LEFT JOIN jobs j ON j.kind = 'item' AND j.superseded = 0 AND j.item_id = i.id
AND j.archive_id = (SELECT id FROM archives WHERE path = :archive)
"""


async def known(
    db: Database, archive: Path, addresses: Collection[str], video_ids: Collection[str]
) -> dict[str, Known]:
    """By address for lists (of whichever archive is longest), by id for videos; what is unknown is absent."""
    lists = await db.fetch(_LISTS, {"addresses": json.dumps(list(addresses))})
    videos = await db.fetch(_VIDEOS, {"videos": json.dumps(list(video_ids)), "archive": str(archive)})
    return {row["address"]: Known(row["title"], row["entries"], None) for row in lists} | {
        row["video_id"]: Known(row["title"], None, row["status"]) for row in videos
    }
