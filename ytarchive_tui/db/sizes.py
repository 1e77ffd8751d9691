"""How large a download is expected to be."""

from __future__ import annotations

from typing import NamedTuple

from ytarchive_tui.db.connection import Database


class ExpectedSize(NamedTuple):
    """The selected formats together; None when the site did not tell all their sizes."""

    size: int | None
    components: int


async def expected_size(db: Database, item_id: int) -> ExpectedSize:
    """What was last learnt of the formats that an item's options select."""
    rows = await db.fetch(
        "SELECT selected_bytes, json_array_length(data, '$.selected') AS components FROM metadata "
        "WHERE item_id = ?",
        (item_id,),
    )
    return (
        ExpectedSize(rows[0]["selected_bytes"], rows[0]["components"] or 0) if rows else ExpectedSize(None, 0)
    )


async def mean_size(db: Database, newest: int = 200) -> float | None:
    """Bytes of an average item, by the newest whose size is known."""
    rows = await db.fetch(
        "SELECT avg(selected_bytes) AS mean FROM (SELECT selected_bytes FROM metadata "
        "WHERE selected_bytes > 0 ORDER BY item_id DESC LIMIT ?)",
        (newest,),
    )
    mean: float | None = rows[0]["mean"]
    return mean
