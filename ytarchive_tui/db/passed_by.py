"""Ids that a person has elsewhere: their items are not wanted, so that no list brings them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.jobs import FINAL

_CHUNK = 5_000


class PassedBy(NamedTuple):
    """What became of the ids, in numbers."""

    new: int
    """From now on no list brings them; adding one by its own address still does."""
    before: int
    """That was so already."""
    archived: int
    """They are in an archive here."""
    active: int
    """A job brings them, and goes on."""


async def pass_by(db: Database, video_ids: Sequence[str], *, dry_run: bool = False) -> PassedBy:
    """Mark the items of these ids as not wanted, making those that are unknown; in pieces, each one whole."""
    sums = [0, 0, 0, 0]
    for start in range(0, len(video_ids), _CHUNK):
        some = json.dumps(video_ids[start : start + _CHUNK])
        async with db.write() as tx:
            # Judged first: what is inserted then is not among what was there.
            (judged,) = await tx.fetch(
                "SELECT count(*) FILTER (WHERE verdict = 'new') AS new, "
                "count(*) FILTER (WHERE verdict = 'before') AS before, "
                "count(*) FILTER (WHERE verdict = 'archived') AS archived, "
                "count(*) FILTER (WHERE verdict = 'active') AS active "
                f"FROM (SELECT {_VERDICT} AS verdict FROM json_each(:ids) v "
                "LEFT JOIN items i ON i.extractor = 'youtube' AND i.video_id = v.value)",
                {"ids": some},
            )
            sums = [had + judged[name] for had, name in zip(sums, PassedBy._fields, strict=True)]
            if dry_run:
                continue
            await tx.run(
                "UPDATE items SET wanted = 0 WHERE id IN (SELECT i.id FROM json_each(:ids) v "
                "JOIN items i ON i.extractor = 'youtube' AND i.video_id = v.value "
                f"WHERE {_VERDICT} = 'new')",
                {"ids": some},
            )
            await tx.run(
                "INSERT INTO items (extractor, video_id, url, wanted, created_at) "
                "SELECT 'youtube', value, 'https://www.youtube.com/watch?v=' || value, 0, :now "
                "FROM json_each(:ids) WHERE true ON CONFLICT DO NOTHING",
                {"ids": some, "now": tx.now},
            )
    return PassedBy(*sums)


_VERDICT = (
    "CASE WHEN i.id IS NULL THEN 'new' "
    "WHEN EXISTS (SELECT 1 FROM copies c WHERE c.item_id = i.id) THEN 'archived' "
    f"WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.item_id = i.id AND j.status NOT IN {FINAL}) THEN 'active' "
    "WHEN i.wanted = 0 THEN 'before' ELSE 'new' END"
)
