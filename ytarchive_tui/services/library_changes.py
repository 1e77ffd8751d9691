"""What changes the archive: fetching again, deleting, and finding again what was moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from ytarchive_tui.db.again import Again, fetch_again
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.copies import by_id
from ytarchive_tui.db.delete import Deletion, delete, preview
from ytarchive_tui.db.leftovers import newest
from ytarchive_tui.db.relink import move_archive, move_copy
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import JobOptions, Manifest
from ytarchive_tui.services.removal import remove_leftovers
from ytarchive_tui.settings.values import ArchivePath
from ytarchive_tui.storage.archive import identity_at, open_archive
from ytarchive_tui.storage.finding import find_folders

_ROOT = TypeAdapter[Path](ArchivePath)
TITLES = 8
"""Titles that a preview names."""


class Deleted(NamedTuple):
    """What deleting has come to."""

    copies: int
    left: int
    """Copies that stay, because a job works on their item."""


class Relinked(NamedTuple):
    """Where the files of some copies are now."""

    moved: int
    """Copies whose whole archive has moved."""
    found: int
    """Copies that lie elsewhere in it."""
    missing: int


class LibraryChanges:
    """Opens the database when it is first asked something."""

    def __init__(self, database: Path) -> None:
        self._path = database
        self._db: Database | None = None

    async def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            await self._db.close()

    async def _open(self) -> Database:
        if self._db is None:
            self._db = await Database.open(self._path)
        return self._db

    async def fetch_again(
        self, copy_ids: Sequence[int], usual: JobOptions, quality: str | None = None
    ) -> Again:
        """Queue their items once more; each copy stays until a new one is verified and stored.

        `quality`: another one than each copy was asked for with; `usual`: for options nobody knows any more.
        """
        return await fetch_again(await self._open(), copy_ids, usual, quality)

    async def preview_deletion(self, copy_ids: Sequence[int]) -> Deletion:
        """What deleting them would mean; raises `StageError` while the disk of one of them is away."""
        seen = await preview(await self._open(), copy_ids, TITLES)
        for root, uuid in seen.archives:
            await asyncio.to_thread(_look_at, root, uuid)
        return seen

    async def delete(self, copy_ids: Sequence[int], told: Callable[[int], None] = lambda n: None) -> Deleted:
        """Delete their files: the row goes first, then the files; a kill in between is made good later."""
        db, gone = await self._open(), 0
        for n, copy_id in enumerate(copy_ids, 1):
            before = await newest(db)
            if await delete(db, copy_id):
                gone += 1
                await remove_leftovers(db, before)
            told(n)
        return Deleted(gone, len(copy_ids) - gone)

    async def relink(self, copy_ids: Sequence[int], root: Path) -> Relinked:
        """Find copies again whose archive lies at `root` now, or whose folders were moved in it.

        Raises `UsageError` when another archive, or none, lies there.
        """
        db, moved = await self._open(), 0
        try:
            root = await asyncio.to_thread(_ROOT.validate_python, root)
        except (ValueError, RuntimeError) as error:
            raise UsageError(f"«{root}» is no folder: {error}") from error
        copies = await by_id(db, copy_ids)
        uuid = await asyncio.to_thread(identity_at, root)
        if uuid is None:
            raise UsageError(f"no archive lies in {root}")
        for copy in copies.values():
            if copy.archive_uuid != uuid:
                raise UsageError(f"the archive in {root} is another one than that of {copy.folder}")
        for old in {copy.archive for copy in copies.values()} - {root}:
            moved += await move_archive(db, old, root, uuid)
        lost = {
            copy_id: copy.manifest
            for copy_id, copy in copies.items()
            if not await asyncio.to_thread((root / copy.folder).is_dir)
        }
        found = await self._relink_folders(db, root, lost) if lost else 0
        return Relinked(moved, found, len(lost) - found)

    async def _relink_folders(self, db: Database, root: Path, lost: dict[int, Manifest]) -> int:
        folders = await asyncio.to_thread(find_folders, root, lost.values())
        found = 0
        for copy_id, content in lost.items():
            if folder := folders.get((content.video_id, content.job)):
                await move_copy(db, copy_id, folder)
                found += 1
        return found


def _look_at(root: Path, uuid: UUID) -> None:
    with open_archive(root, {root: uuid}):
        pass
