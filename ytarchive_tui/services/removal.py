"""Takes files out of the archive whose rows are gone: what was deleted, and what a newer copy replaced."""

from __future__ import annotations

import asyncio
import logging

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.leftovers import leftovers, removed
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.storage.removal import remove

log = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between two looks, however much happens."""
AGAIN_S = 300.0
"""What could not be removed is tried again after this long: its disk may be back."""


async def remove_leftovers(db: Database, after: int = 0) -> int:
    """Remove what is to be removed since that leftover; how many can't be, as while a disk is away."""
    kept = 0
    for each in await leftovers(db, after):
        try:
            await asyncio.to_thread(remove, each.copy, each.instead)
        except StageError as error:
            kept += 1
            log.warning("files in %s could not be removed yet: %s", each.copy.folder, error)
        else:
            await removed(db, each.id)
            log.info("removed the files in %s", each.copy.folder)
    return kept


async def keep_tidy(db: Database) -> None:
    """Remove leftovers as they come, until cancelled."""
    while True:
        version = db.changes.version
        if await remove_leftovers(db):
            await asyncio.sleep(AGAIN_S)
        elif db.changes.version == version:
            await db.changes.wait(AGAIN_S)
        await asyncio.sleep(PAUSE_S)
