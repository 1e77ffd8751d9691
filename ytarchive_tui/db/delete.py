"""Copies leave the archive: first their rows, then (from `leftovers`) their files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.leftovers import leave
from ytarchive_tui.domain.events import EventKind

_ACTIVE = (
    "EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'item' AND j.item_id = c.item_id "
    f"AND j.archive_id = c.archive_id AND j.status NOT IN {FINAL})"
)


class Deletion(NamedTuple):
    """What deleting some copies would mean, in numbers of copies if not said otherwise."""

    copies: int
    files: int
    size: int
    """Bytes."""
    lost: int
    """They were last seen as private or removed: nobody can fetch them again."""
    active: int
    """A job works on these, so they would stay."""
    titles: tuple[str, ...]
    """Of the first few that would go."""
    archives: tuple[tuple[Path, UUID], ...]


async def preview(db: Database, copy_ids: Sequence[int], shown: int) -> Deletion:
    """Look, and change nothing."""
    asked = {"ids": json.dumps(list(copy_ids)), "shown": shown}
    these = "json_each(:ids) e JOIN copies c ON c.id = e.value JOIN items i ON i.id = c.item_id"
    (sums,) = await db.fetch(
        "SELECT count(*) FILTER (WHERE NOT active) AS n, coalesce(sum(size) FILTER (WHERE NOT active), 0) "
        "AS size, coalesce(sum(files) FILTER (WHERE NOT active), 0) AS files, "
        "count(*) FILTER (WHERE lost AND NOT active) AS lost, count(*) FILTER (WHERE active) AS active FROM "
        f"(SELECT c.size, {_ACTIVE} AS active, i.at_source IN ('private', 'removed') AS lost, "
        f"(SELECT count(*) FROM files f WHERE f.copy_id = c.id) AS files FROM {these})",
        asked,
    )
    titles = await db.fetch(
        f"SELECT coalesce(i.title, i.video_id) AS title FROM {these} WHERE NOT {_ACTIVE} "
        "ORDER BY e.key LIMIT :shown",
        asked,
    )
    archives = await db.fetch(
        f"SELECT DISTINCT a.path, a.uuid FROM {these} JOIN archives a ON a.id = c.archive_id", asked
    )
    return Deletion(
        copies=sums["n"],
        files=sums["files"],
        size=sums["size"],
        lost=sums["lost"],
        active=sums["active"],
        titles=tuple(row["title"] for row in titles),
        archives=tuple((Path(row["path"]), UUID(row["uuid"])) for row in archives),
    )


async def delete(db: Database, copy_id: int) -> bool:
    """Take one copy out of the archive's list; False while a job works on its item, or if there is none.

    Its item is no longer wanted: lists pass it by, and adding it by its own address fetches it again.
    """
    async with db.write() as tx:
        row = await tx.one(
            "SELECT c.item_id, c.archive_id, c.folder, c.manifest, c.size, a.path FROM copies c "
            f"JOIN archives a ON a.id = c.archive_id WHERE c.id = ? AND NOT {_ACTIVE}",
            (copy_id,),
        )
        if row is None:
            return False
        await leave(tx, row["archive_id"], row["folder"], row["manifest"])
        await tx.run("DELETE FROM copies WHERE id = ?", (copy_id,))
        await tx.run(
            "UPDATE items SET wanted = 0, archived_at = (SELECT max(archived_at) FROM copies "
            "WHERE item_id = items.id) WHERE id = ?",
            (row["item_id"],),
        )
        await journal.append(
            tx,
            EventKind.ITEM_DELETED,
            item_id=row["item_id"],
            archive=row["path"],
            folder=row["folder"],
            size=row["size"],
        )
        tx.announce()
        return True
