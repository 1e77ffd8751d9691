"""Sidecars that come late are added to an item that is archived already: the port `SidecarStore`.

<root>/.ytarchive/sidecars/<copy>/               where they are fetched to
<root>/.ytarchive/sidecars/<copy>/adding.json    what is about to be added, under which names

`add` notes what it is going to do, renames each file to a name that is free, then replaces the manifest as a
whole. Called again after a kill at any point, `go_on` ends the same addition.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from ytarchive_tui.domain.models import (
    ArchivedCopy,
    FileRole,
    Frozen,
    Manifest,
    ManifestFile,
    MissingSidecar,
    StagedFile,
)
from ytarchive_tui.domain.ports import ChildRunner

from . import layout, manifest
from .archive import MARKER, open_archive, open_below, private_folder, set_mode
from .durable import open_regular, read_file, rename_new, write_file
from .failing import os_errors
from .local import in_thread
from .verification import Verified, VerifyRequest

SIDECARS = "sidecars"
ADDING = "adding.json"


class Adding(Frozen):
    """What is added to which copy, and what stays missing."""

    staged: dict[str, str]
    """Final name → name in staging."""
    files: tuple[ManifestFile, ...]
    missing: tuple[MissingSidecar, ...]
    before: Manifest


class SidecarFolders:
    """`domain.ports.SidecarStore` on a local disk; `runner` runs the task `verify` in a child."""

    def __init__(self, runner: ChildRunner) -> None:
        self._runner = runner

    async def staging(self, copy: ArchivedCopy, number: int) -> Path:
        """The folder for what is fetched for a copy, made when absent; raises `StageError`."""
        return await in_thread(staging, copy, number)

    async def add(
        self,
        copy: ArchivedCopy,
        number: int,
        files: tuple[StagedFile, ...],
        missing: tuple[MissingSidecar, ...],
    ) -> ArchivedCopy:
        """Verify files from staging and add the good ones; the copy as it is then. Raises `StageError`."""
        folder = await in_thread(staging, copy, number)
        request = VerifyRequest(job=copy.manifest.job, folder=folder, files=files, expected=None)
        verified = Verified.model_validate(await self._runner.run("verify", request.model_dump(mode="json")))
        return await in_thread(add, copy, number, verified.files, missing + verified.missing)

    async def go_on(self, copy: ArchivedCopy, number: int) -> ArchivedCopy | None:
        """End an addition that was interrupted; None when there is none. Raises `StageError`."""
        return await in_thread(go_on, copy, number)

    async def clear(self, copy: ArchivedCopy, number: int) -> None:
        """Remove what is left in staging; raises `StageError`."""
        await in_thread(clear, copy, number)


def staging(copy: ArchivedCopy, number: int) -> Path:
    """The folder (0700) for what is fetched for a copy, made when absent; raises `StageError`."""
    with os_errors("staging"), _places(copy, number):
        return copy.archive / MARKER / SIDECARS / str(number)


def add(
    copy: ArchivedCopy, number: int, files: tuple[ManifestFile, ...], missing: tuple[MissingSidecar, ...]
) -> ArchivedCopy:
    """Add verified files from staging, named as they are there; the copy as it is then. Raises `StageError`.

    What stays `missing` is written into the manifest as well.
    """
    with os_errors("commit"), _places(copy, number) as (place, item):
        media = next(file.name for file in copy.manifest.files if file.role is FileRole.MEDIA)
        named = layout.free_names(PurePosixPath(media).stem, map(_staged, files), os.listdir(item))
        adding = Adding(
            staged={named[file.name]: file.name for file in files},
            files=tuple(file.model_copy(update={"name": named[file.name]}) for file in files),
            missing=missing,
            before=copy.manifest,
        )
        write_file(ADDING, place, adding.model_dump_json().encode())
        return _added(copy, adding, place, item)


def go_on(copy: ArchivedCopy, number: int) -> ArchivedCopy | None:
    """End an addition that was interrupted; None when there is none. Raises `StageError`."""
    with os_errors("commit"), _places(copy, number) as (place, item):
        try:
            adding = Adding.model_validate_json(read_file(ADDING, place))
        except (FileNotFoundError, ValidationError):
            return None
        return _added(copy, adding, place, item) if adding.before == copy.manifest else None


def clear(copy: ArchivedCopy, number: int) -> None:
    """Remove what is left in staging; raises `StageError`."""
    with (
        os_errors("discard"),
        open_archive(copy.archive, {copy.archive: copy.archive_uuid}) as (_, marker),
        private_folder(SIDECARS, marker) as all_places,
    ):
        shutil.rmtree(str(number), ignore_errors=True, dir_fd=all_places)


@contextmanager
def _places(copy: ArchivedCopy, number: int) -> Iterator[tuple[int, int]]:
    """Descriptors of the staging folder and of the item's own."""
    with (
        open_archive(copy.archive, {copy.archive: copy.archive_uuid}) as (root, marker),
        open_below(copy.folder, root) as item,
        private_folder(SIDECARS, marker) as all_places,
        private_folder(str(number), all_places) as place,
    ):
        yield place, item


def _added(copy: ArchivedCopy, adding: Adding, place: int, item: int) -> ArchivedCopy:
    there = manifest.read(item)
    after = _after(adding, [file for file in adding.files if _moved(file, adding, place, item)])
    if there not in (adding.before, after):
        raise OSError(errno.ESTALE, "the item is not the one that is on record", copy.folder)
    if there != after:
        mode = stat.S_IMODE(os.stat(layout.MANIFEST, dir_fd=item, follow_symlinks=False).st_mode)
        for name in (file.name for file in after.files if file not in adding.before.files):
            _give(name, item, mode)
        os.fsync(item)
        write_file(layout.MANIFEST, item, after.model_dump_json(indent=2).encode(), mode)
        _give(layout.MANIFEST, item, mode)
    return copy.model_copy(update={"manifest": after})


def _moved(file: ManifestFile, adding: Adding, place: int, item: int) -> bool:
    """Bring one file to its place; False when it is nowhere any more, as after a power cut."""
    try:
        with suppress(FileNotFoundError):
            rename_new(adding.staged[file.name], place, file.name, item)
    except FileExistsError:
        # Somebody put a file of that name there meanwhile.
        return False
    try:
        return os.stat(file.name, dir_fd=item, follow_symlinks=False).st_size == file.size
    except FileNotFoundError:
        return False


def _after(adding: Adding, came: list[ManifestFile]) -> Manifest:
    """The manifest with what came, and without the notes on what had not."""
    before = adding.before
    lost = [file for file in adding.files if file not in came]
    missing = (*adding.missing, *(each for each in before.missing if any(_is(each, file) for file in lost)))
    old = {each.note for each in before.missing}
    notes = (*(note for note in before.notes if note not in old), *(each.note for each in missing))
    files = (*before.files, *came)
    return before.model_copy(update={"files": files, "missing": missing, "notes": notes})


def _is(missing: MissingSidecar, file: ManifestFile) -> bool:
    return (missing.role, missing.language) == (file.role, file.language)


def _staged(file: ManifestFile) -> StagedFile:
    return StagedFile(name=file.name, role=file.role, language=file.language, auto=file.auto)


def _give(name: str, item: int, mode: int) -> None:
    """The permissions that the item's other files have."""
    descriptor = open_regular(name, item)
    try:
        set_mode(descriptor, mode)
    finally:
        os.close(descriptor)
