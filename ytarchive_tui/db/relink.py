"""Rows follow what was moved on disk: a whole archive, or one item's folder in it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from ytarchive_tui.db import journal
from ytarchive_tui.db.archives import identify, options_id
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.db.leftovers import leave
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import JobOptions


async def move_archive(db: Database, old: Path, new: Path, uuid: UUID) -> int:
    """All rows of the archive at `old` stand for `new` from now on; how many copies lie there then.

    Jobs go on there with what they have in staging. Where `new` was in use meanwhile, what both know of
    the same item stays as `new` has it. Raises `UsageError` while a job runs.
    """
    async with db.write() as tx:
        row = await tx.one("SELECT id FROM archives WHERE path = ?", (str(old),))
        if row is None:
            raise UsageError(f"no archive is known at {old}")
        to = await identify(tx, new, uuid)
        both = (row["id"], to)
        if await tx.one("SELECT 1 FROM jobs WHERE archive_id IN (?, ?) AND status = 'running'", both):
            raise UsageError("a job is running in that archive; pause it first")
        for table in ("copies", "jobs", "sources", "leftovers"):
            await tx.run(f"UPDATE OR IGNORE {table} SET archive_id = ? WHERE archive_id = ?", (to, row["id"]))
        await _give_way(tx, row["id"], to)
        # Whatever lies there from now on is another archive.
        await tx.run("UPDATE archives SET uuid = NULL, taken_over = NULL WHERE id = ?", (row["id"],))
        for kept in await tx.fetch(
            "SELECT id, data FROM options WHERE data ->> '$.archive' = ?", (str(old),)
        ):
            options = JobOptions.model_validate_json(kept["data"]).model_copy(update={"archive": new})
            target = await options_id(tx, options)
            for table in ("jobs", "sources"):
                await tx.run(
                    f"UPDATE {table} SET options_id = ? WHERE options_id = ? AND archive_id = ?",
                    (target, kept["id"], to),
                )
        moved = await tx.one("SELECT count(*) AS n FROM copies WHERE archive_id = ?", (to,))
        assert moved is not None
        await journal.append(tx, EventKind.ITEM_RELINKED, archive=str(new), before=str(old))
        tx.announce()
        return int(moved["n"])


async def _give_way(tx: Transaction, old: int, to: int) -> None:
    """Of what could not move because its item is known at the new place: jobs end, folders are left over."""
    await tx.run(
        "UPDATE jobs SET archive_id = ?, superseded = 1, removed = 0, run_after = NULL, "
        f"reason = iif(status IN {FINAL}, reason, 'another job brings it'), "
        f"status = iif(status IN {FINAL}, status, 'cancelled') "
        "WHERE archive_id = ?",
        (to, old),
    )
    await tx.run(
        "UPDATE jobs SET removed = 0 WHERE kind = 'item' AND removed = 1 AND archive_id = ? AND EXISTS "
        "(SELECT 1 FROM jobs n WHERE n.kind = 'item' AND n.superseded = 0 AND n.item_id = jobs.item_id "
        "AND n.archive_id = jobs.archive_id)",
        (to,),
    )
    for copy in await tx.fetch(
        "SELECT o.id, o.folder, o.manifest, n.folder AS stays FROM copies o JOIN copies n "
        "ON n.item_id = o.item_id AND n.archive_id = ? WHERE o.archive_id = ?",
        (to, old),
    ):
        if copy["folder"] != copy["stays"]:
            await leave(tx, to, copy["folder"], copy["manifest"])
        await tx.run("DELETE FROM copies WHERE id = ?", (copy["id"],))


async def move_copy(db: Database, copy_id: int, folder: str) -> None:
    """The copy's files lie in another folder of its archive."""
    async with db.write() as tx:
        row = await tx.one("SELECT item_id, folder FROM copies WHERE id = ?", (copy_id,))
        if row is None:
            return
        await tx.run("UPDATE copies SET folder = ? WHERE id = ?", (folder, copy_id))
        await journal.append(
            tx, EventKind.ITEM_RELINKED, item_id=row["item_id"], folder=folder, before=row["folder"]
        )
        tx.announce()
