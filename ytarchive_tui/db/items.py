"""The items table and what providers told of items."""

from __future__ import annotations

import json
import sqlite3

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.formats import in_short
from ytarchive_tui.domain.merging import merged
from ytarchive_tui.domain.models import AtSource, ItemMetadata


async def learn(tx: Transaction, item_id: int, metadata: ItemMetadata) -> None:
    """Keep what was learnt of an item; «not told» never replaces something known.

    Raises `ValueError` when the metadata is of another video.
    """
    row = await tx.one(
        "SELECT video_id, data FROM items i LEFT JOIN metadata m ON m.item_id = i.id WHERE i.id = ?",
        (item_id,),
    )
    if row is None or row["video_id"] != metadata.video_id:
        raise ValueError(f"metadata of {metadata.video_id!r} was offered for {_name(row)}")
    whole = merged(metadata, ItemMetadata.model_validate_json(row["data"]) if row["data"] else None)
    await _note_changes(tx, item_id, metadata)
    await tx.run(
        "UPDATE items SET title = coalesce(:title, title), channel = coalesce(:channel, channel), "
        "duration_s = coalesce(:duration_s, duration_s) WHERE id = :id",
        {
            "title": metadata.title,
            "channel": metadata.channel,
            "duration_s": metadata.duration_s,
            "id": item_id,
        },
    )
    await see(tx, item_id, metadata.at_source)
    sizes = [chosen.filesize for chosen in metadata.selected]
    await tx.run(
        "INSERT INTO metadata (item_id, provider, seen_at, offered_height, selected_height, "
        "selected_bytes, data, offered) "
        "VALUES (:item, :provider, :now, :height, :selected, :bytes, :data, :offered) ON CONFLICT (item_id) "
        "DO UPDATE SET "
        "provider = excluded.provider, seen_at = excluded.seen_at, data = excluded.data, "
        "offered_height = coalesce(excluded.offered_height, offered_height), "
        "selected_height = coalesce(excluded.selected_height, selected_height), "
        "selected_bytes = coalesce(excluded.selected_bytes, selected_bytes), "
        "offered = coalesce(excluded.offered, offered)",
        {
            "item": item_id,
            "provider": metadata.provider,
            "now": tx.now,
            "height": max((one.height or 0 for one in metadata.offered), default=0) or None,
            "selected": max((one.height or 0 for one in metadata.selected), default=0) or None,
            "bytes": sum(size for size in sizes if size) if sizes and None not in sizes else None,
            "data": whole.model_dump_json(exclude={"offered"}),
            "offered": json.dumps(in_short(metadata.offered)) if metadata.offered else None,
        },
    )


async def offered(db: Database, item_id: int) -> tuple[str, ...]:
    """The formats that the site last offered of an item, in short; empty when it is not known."""
    rows = await db.fetch("SELECT offered FROM metadata WHERE item_id = ? AND offered NOT NULL", (item_id,))
    return tuple(json.loads(rows[0]["offered"])) if rows else ()


async def see(tx: Transaction, item_id: int, at_source: AtSource) -> None:
    """Note how the item was seen at its source; `unknown` is no sighting."""
    if at_source is not AtSource.UNKNOWN:
        await tx.run(
            "UPDATE items SET at_source = ?, at_source_seen_at = ? WHERE id = ?", (at_source, tx.now, item_id)
        )


async def _note_changes(tx: Transaction, item_id: int, metadata: ItemMetadata) -> None:
    """Journal an earlier title, description or visibility before it is replaced."""
    row = await tx.one(
        "SELECT i.title, i.at_source, m.data ->> '$.description' AS description FROM items i "
        "LEFT JOIN metadata m ON m.item_id = i.id WHERE i.id = ?",
        (item_id,),
    )
    assert row is not None
    seen = None if metadata.at_source is AtSource.UNKNOWN else metadata.at_source
    known = row["at_source"] if row["at_source"] != AtSource.UNKNOWN else None
    for field, before, after in (
        ("title", row["title"], metadata.title),
        ("description", row["description"], metadata.description),
        ("at_source", known, seen),
    ):
        if before is not None and after is not None and before != after:
            await journal.append(
                tx, EventKind.ITEM_CHANGED, item_id=item_id, field=field, before=before, after=after
            )


def _name(row: sqlite3.Row | None) -> str:
    return "an unknown item" if row is None else repr(row["video_id"])
