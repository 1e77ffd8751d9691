"""The commit of one item: gather its files under their names, then one rename; blocking functions.

Whatever the moment of a kill, calling the same functions again with the same arguments ends in exactly
one complete folder: `find_committed` knows a finished rename again, `gather` goes on where it stopped.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from ytarchive_tui.domain.models import ItemMetadata, Manifest, StagedDownload

from . import layout, manifest
from .archive import make_folder, open_folder, private_folder, set_mode
from .durable import open_regular, rename_new, write_file

ITEM = "item"
GOAL = "goal.txt"
"""In staging: the download's nonce, and in the second line where its folder was about to go.

For whoever finds that nobody remembers the rename.
"""
_MOST_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Modes:
    """The permissions of what lies in the archive itself."""

    file: int
    folder: int


class Committed(NamedTuple):
    """A complete item in the archive: its folder below the root, and its manifest."""

    folder: str
    manifest: Manifest


PRIVATE = Modes(file=0o600, folder=0o700)
PUBLIC = Modes(file=0o644, folder=0o755)
"""For a media server that runs as another user."""


def find_committed(root_folder: int, staged: StagedDownload) -> Committed | None:
    """What was committed of this very download before a kill, made durable; raises `OSError`."""
    for target in _targets(staged.metadata):
        try:
            with open_folder(target.parts[0], root_folder) as channel:
                if not _exists(target.parts[1], channel):
                    return None
                if (found := _ours(target.parts[1], channel, staged)) is not None:
                    os.fsync(channel)
                    os.fsync(root_folder)
                    return Committed(str(target), found)
        except FileNotFoundError:
            return None
    return None


def find_forgotten(root_folder: int, staging: int) -> Committed | None:
    """What was committed out of a staging folder, by the goal noted in it; raises `OSError`."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(GOAL, flags, dir_fd=staging), "rb") as file:
            nonce, _, goal = os.fsdecode(file.read()).partition("\n")
    except FileNotFoundError:
        return None
    channel, _, name = goal.partition("/")
    if not name or {channel, name} & {"..", "."} or "/" in name:
        return None
    try:
        with open_folder(channel, root_folder) as above, open_folder(name, above) as item:
            found = manifest.read(item)
            # The goal is noted before the rename, which finds out whether another folder has the name.
            if found is None or not nonce or found.nonce != nonce or not manifest.is_complete(found, item):
                return None
            os.fsync(above)
            return Committed(f"{channel}/{name}", found)
    except (FileNotFoundError, NotADirectoryError):
        return None


def gather(staging: int, staged: StagedDownload) -> dict[str, str]:
    """Move the staged files into the item's folder, under their final names; raises `OSError`.

    Returns the final names by the staged ones. A file that is nowhere is left to verification.
    """
    names = layout.file_names(staged.metadata, staged.files)
    with private_folder(ITEM, staging, lasting=False) as item:
        for name, final in names.items():
            if name in ("", ".", "..", ITEM) or "/" in name or "\0" in name:
                raise OSError(errno.EINVAL, "is not a plain file name", name)
            with suppress(FileNotFoundError):
                os.rename(name, final, src_dir_fd=staging, dst_dir_fd=item)
    return names


def commit(
    root_folder: int, staging: int, metadata: ItemMetadata, content: Manifest, modes: Modes
) -> Committed:
    """Write the manifest, then move the item's folder to a free name in the archive; raises `OSError`."""
    with private_folder(ITEM, staging, lasting=False) as item:
        _keep_only({layout.composed(file.name) for file in content.files}, item)
        if not manifest.is_complete(content, item):
            raise OSError(errno.EIO, "a file vanished after it was verified", str(layout.folder(metadata)))
        write_file(layout.MANIFEST, item, content.model_dump_json(indent=2).encode())
        for name in (*(file.name for file in content.files), layout.MANIFEST):
            file = open_regular(name, item)
            try:
                set_mode(file, modes.file)
            finally:
                os.close(file)
        set_mode(item, modes.folder)
        os.fsync(item)
    for target in _targets(metadata):
        make_folder(target.parts[0], root_folder, modes.folder)
        with open_folder(target.parts[0], root_folder) as channel:
            try:
                _note_goal(staging, content.nonce, target)
                rename_new(ITEM, staging, target.parts[1], channel)
            except FileExistsError:
                continue
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                raise OSError(
                    errno.EXDEV, "is on another disk than the archive's staging", target.parts[0]
                ) from error
            os.fsync(channel)
            os.fsync(staging)
        return Committed(str(target), content)
    raise FileExistsError(errno.EEXIST, "every name for the item is taken", str(layout.folder(metadata)))


def _targets(metadata: ItemMetadata) -> Iterator[PurePosixPath]:
    return (layout.folder(metadata, attempt) for attempt in range(_MOST_ATTEMPTS))


def _note_goal(staging: int, nonce: str | None, target: PurePosixPath) -> None:
    """Not brought to the disk by force: it matters after a kill, and a lost one leaves a folder too many."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(GOAL, flags, 0o600, dir_fd=staging), "wb") as file:
        file.write(os.fsencode(f"{nonce or ''}\n{target}"))


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _ours(name: str, channel: int, staged: StagedDownload) -> Manifest | None:
    """The manifest of a complete folder that this very download became; a job's number proves nothing."""
    try:
        with open_folder(name, channel) as item:
            found = manifest.read(item)
            if found is None or staged.nonce is None or found.nonce != staged.nonce:
                return None
            return found if manifest.is_complete(found, item) else None
    except NotADirectoryError:
        return None


def _keep_only(names: set[str], folder: int) -> None:
    """Remove what verification left out, and what an earlier try named otherwise."""
    for name in os.listdir(folder):
        if layout.composed(name) not in names:
            os.unlink(name, dir_fd=folder)
