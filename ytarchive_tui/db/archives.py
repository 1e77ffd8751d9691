"""The archives and options tables: values that many rows share, kept once."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.models import JobOptions


async def archive_id(tx: Transaction, archive: Path) -> int:
    """The row of an archive's root, made when absent."""
    return await _row(tx, "archives", "path", str(archive))


async def identify(tx: Transaction, archive: Path, uuid: UUID) -> int:
    """The row of an archive's root, which now stands for that very archive."""
    known = await tx.one("SELECT id FROM archives WHERE path = ? AND uuid = ?", (str(archive), str(uuid)))
    if known is not None:
        return int(known["id"])
    row = await archive_id(tx, archive)
    await tx.run("UPDATE archives SET uuid = ? WHERE id = ?", (str(uuid), row))
    return row


async def known_archives(db: Database) -> dict[Path, UUID]:
    """Which archive lay at which root when something was last stored there."""
    rows = await db.fetch("SELECT path, uuid FROM archives WHERE uuid IS NOT NULL")
    return {Path(row["path"]): UUID(row["uuid"]) for row in rows}


_YOUNGER = ("accept_flaws", "better_than")
"""Fields that profiles of the first version lack: left out at their default, a profile stays the same one."""


async def options_id(tx: Transaction, options: JobOptions) -> int:
    """The row of a profile, made when absent."""
    usual = {name for name in _YOUNGER if getattr(options, name) == JobOptions.model_fields[name].default}
    return await _row(tx, "options", "data", options.model_dump_json(exclude=usual))


async def options_of_job(db: Database, job_id: int) -> JobOptions:
    """The profile of a job that exists."""
    (row,) = await db.fetch(
        "SELECT o.data FROM jobs j JOIN options o ON o.id = j.options_id WHERE j.id = ?", (job_id,)
    )
    return JobOptions.model_validate_json(row["data"])


async def _row(tx: Transaction, table: str, column: str, value: str) -> int:
    await tx.run(f"INSERT INTO {table} ({column}) VALUES (?) ON CONFLICT DO NOTHING", (value,))
    row = await tx.one(f"SELECT id FROM {table} WHERE {column} = ?", (value,))
    assert row is not None
    return int(row["id"])
