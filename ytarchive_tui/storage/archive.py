"""An archive's root: its marker, its private folders, and the walk that follows no link.

<root>/.ytarchive/archive.json      who this archive is: a UUID, and when it was made
<root>/.ytarchive/staging/<job>/    where a job's files grow
<root>/.ytarchive/trash/            what is being deleted; a kill leaves nothing half-live
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import ValidationError

from ytarchive_tui.domain.models import Frozen

from .durable import read_file, write_file
from .failing import archive_missing

MARKER = ".ytarchive"
IDENTITY = "archive.json"
STAGING = "staging"
TRASH = "trash"

KnownArchives = MutableMapping[Path, UUID]
"""Which archive was last seen at which root; the runtime keeps it from one run to the next."""


_first_use = threading.Lock()
"""Two jobs that come first to a new archive must not give it two identities."""


class Identity(Frozen):
    """The content of `archive.json`."""

    uuid: UUID
    created: datetime


@contextmanager
def open_folder(name: str | Path, parent: int | None = None) -> Iterator[int]:
    """A descriptor of a folder, which must not be a link unless it is the root; raises `OSError`."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if parent is not None else 0)
    descriptor = os.open(name, flags, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def open_below(path: str, parent: int) -> Iterator[int]:
    """A descriptor of a folder some levels below, reached through no link; `""` is `parent` itself."""
    name, _, rest = path.partition("/")
    with open_folder(name or ".", parent) as folder:
        if rest:
            with open_below(rest, folder) as found:
                yield found
        else:
            yield folder


def make_folder(name: str, parent: int, mode: int = 0o700, *, lasting: bool = True) -> bool:
    """Make the folder and tell whether it is new, whatever the umask; raises `OSError`.

    `lasting`: that it is there is on the disk when this returns.
    """
    try:
        os.mkdir(name, mode, dir_fd=parent)
    except FileExistsError:
        return False
    with open_folder(name, parent) as folder:
        set_mode(folder, mode)
    if lasting:
        os.fsync(parent)
    return True


def set_mode(descriptor: int, mode: int) -> None:
    """Set the permissions where the file system has any (FAT and exFAT have not)."""
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
        with suppress(PermissionError):
            os.fchmod(descriptor, mode)


@contextmanager
def private_folder(name: str, parent: int, *, lasting: bool = True) -> Iterator[int]:
    """A folder of ours below `parent`, made when absent; a link or a stranger's is refused.

    It may belong to us or to the owner of the folder above, who rules over it anyway: on FAT and
    exFAT every file belongs to whoever mounted the disk. `lasting`: as `make_folder`'s.
    """
    make_folder(name, parent, lasting=lasting)
    with open_folder(name, parent) as folder:
        owner = os.fstat(folder).st_uid
        if owner not in (os.geteuid(), os.fstat(parent).st_uid):
            raise PermissionError(errno.EPERM, f"belongs to user {owner}", name)
        set_mode(folder, 0o700)
        yield folder


@contextmanager
def open_archive(root: Path, known: KnownArchives, mode: int = 0o700) -> Iterator[tuple[int, int]]:
    """Descriptors of the root and of its marker folder; makes both the first time, with parents.

    `mode`: the permissions of a root, and of parents, that are made. Raises `StageError` (`ArchiveMissing`)
    when an archive was seen at this root and is not there now (the disk is not mounted, or another one is);
    `OSError` for all else.
    """
    expected = known.get(root)
    if expected is None:
        _make_root(root, mode)
    elif not (root / MARKER / IDENTITY).exists():
        raise archive_missing(root, "the archive that was here is gone")
    with open_folder(root) as root_folder, private_folder(MARKER, root_folder) as marker:
        identity = _identity(marker)
        if known.setdefault(root, identity.uuid) != identity.uuid:
            raise archive_missing(root, "another archive is here now")
        yield root_folder, marker


def _make_root(root: Path, mode: int) -> None:
    """Make the folder and those above it that are missing, whatever the umask."""
    for folder in reversed([each for each in (root, *root.parents) if not each.exists()]):
        with suppress(FileExistsError):
            folder.mkdir(mode)
            with open_folder(folder) as made:
                set_mode(made, mode)


def identity_at(root: Path) -> UUID | None:
    """Which archive lies at that root, None when none does; makes nothing. Raises `OSError`."""
    try:
        with open_folder(root) as root_folder, open_folder(MARKER, root_folder) as marker:
            return Identity.model_validate_json(read_file(IDENTITY, marker)).uuid
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None


def _identity(marker: int) -> Identity:
    """Read `archive.json`, or write it the first time."""
    # Without the lock where it is there: a disk that hangs must keep nobody out of another archive.
    with suppress(FileNotFoundError):
        return _read(marker)
    with _first_use:
        with suppress(FileNotFoundError):
            return _read(marker)
        identity = Identity(uuid=uuid4(), created=datetime.now(UTC))
        write_file(IDENTITY, marker, identity.model_dump_json(indent=2).encode())
        return identity


def _read(marker: int) -> Identity:
    try:
        return Identity.model_validate_json(read_file(IDENTITY, marker))
    except ValidationError as error:
        raise OSError(errno.EIO, f"{MARKER}/{IDENTITY} is damaged: {error.error_count()} errors") from error
