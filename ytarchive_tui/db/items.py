"""The items table and what providers told of items."""

from __future__ import annotations

import sqlite3

from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.domain.models import AtSource, ItemMetadata


async def learn(tx: Transaction, item_id: int, metadata: ItemMetadata) -> None:
    """Keep what was learnt of an item; «not told» never replaces something known.

    Raises `ValueError` when the metadata is of another video.
    """
    row = await tx.one("SELECT video_id FROM items WHERE id = ?", (item_id,))
    if row is None or row["video_id"] != metadata.video_id:
        raise ValueError(f"metadata of {metadata.video_id!r} was offered for {_name(row)}")
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
        "selected_bytes, data) "
        "VALUES (:item, :provider, :now, :offered, :selected, :bytes, :data) ON CONFLICT (item_id) "
        "DO UPDATE SET "
        "provider = excluded.provider, seen_at = excluded.seen_at, data = excluded.data, "
        "offered_height = coalesce(excluded.offered_height, offered_height), "
        "selected_height = coalesce(excluded.selected_height, selected_height), "
        "selected_bytes = coalesce(excluded.selected_bytes, selected_bytes)",
        {
            "item": item_id,
            "provider": metadata.provider,
            "now": tx.now,
            "offered": max((one.height or 0 for one in metadata.offered), default=0) or None,
            "selected": max((one.height or 0 for one in metadata.selected), default=0) or None,
            "bytes": sum(size for size in sizes if size) if sizes and None not in sizes else None,
            "data": metadata.model_dump_json(exclude={"offered"}),
        },
    )


async def see(tx: Transaction, item_id: int, at_source: AtSource) -> None:
    """Note how the item was seen at its source; `unknown` is no sighting."""
    if at_source is not AtSource.UNKNOWN:
        await tx.run(
            "UPDATE items SET at_source = ?, at_source_seen_at = ? WHERE id = ?", (at_source, tx.now, item_id)
        )


def _name(row: sqlite3.Row | None) -> str:
    return "an unknown item" if row is None else repr(row["video_id"])
