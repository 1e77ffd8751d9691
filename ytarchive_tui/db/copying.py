"""A copy of the state file to try things on, for what must not bring the file itself up to date."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ytarchive_tui.db.errors import damage_named
from ytarchive_tui.db.migrate import APPLICATION_ID, bundled


def is_current(database: Path) -> bool:
    """Whether the file is there and opening it migrates nothing; blocking. Raises a `StateError`.

    That is also so of a newer one and of another program's: they are refused.
    """
    if not database.exists():
        return False
    with damage_named(database), closing(_read_only(database)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (application,) = db.execute("PRAGMA application_id").fetchone()
        tables = db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    return version >= bundled()[-1].number or bool(tables and application != APPLICATION_ID)


def copy_state(database: Path, target: Path) -> None:
    """Write what is committed to a new file; blocking. Raises a `StateError`."""
    with (
        damage_named(database),
        closing(_read_only(database)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)


def _read_only(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
