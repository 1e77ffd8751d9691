"""Brings back a state file that is damaged: the newest snapshot, and what the archives tell of since then."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ytarchive_tui.db.adopting import adopt_copy
from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.snapshots import restore
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import ArchivedCopy, Frozen
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.storage.archive import IDENTITY, MARKER, KnownArchives, open_archive
from ytarchive_tui.storage.finding import every_item


class Restored(Frozen):
    """What a restore did."""

    snapshot: Path
    damaged: Path
    """The folder in which the old state file is now."""
    found: int
    """Items in the archives that the snapshot did not know."""
    missing: tuple[Path, ...] = ()
    """Archives that could not be looked at, because they are not there now or can't be read."""


async def restore_state(paths: Paths, archive: Path) -> Restored:
    """Put the newest sound snapshot in place and adopt what was archived since.

    Looked at are the archives that the snapshot knows, and `archive`, which may be younger. Raises
    `EngineBusyError` while a program runs on the state, and a `StateError`.
    """
    found, missing = 0, list[Path]()
    with EngineLock(paths.state_dir):
        snapshot, aside = await asyncio.to_thread(restore, paths.database)
        async with await Database.open(paths.database) as db:
            known = await known_archives(db)
            for root in {*known, archive}:
                try:
                    copies = await asyncio.to_thread(copies_in, root, known)
                except (OSError, StageError):
                    missing.append(root)
                    continue
                there = {copy.folder for copy in copies}
                for copy in copies:
                    found += await adopt_copy(db, copy, there)
    return Restored(snapshot=snapshot, damaged=aside, found=found, missing=tuple(missing))


def copies_in(root: Path, known: KnownArchives) -> list[ArchivedCopy]:
    """What lies in an archive; nothing where none was ever begun. Raises `OSError` and `StageError`."""
    if root not in known and not (root / MARKER / IDENTITY).exists():
        return []
    with open_archive(root, known):
        return [
            ArchivedCopy(archive=root, archive_uuid=known[root], folder=folder, manifest=manifest)
            for folder, manifest in every_item(root)
        ]
