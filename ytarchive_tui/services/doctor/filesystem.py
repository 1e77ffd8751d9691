"""What kind of file system a folder lies on, and what it can do."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
    | {"davfs", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.davfs2", "fuse.s3fs", "fuse.gvfsd-fuse"}
)
"""Kinds on which SQLite's locks and shared memory can't be trusted, as /proc names them."""


def file_system_kind(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the mount that holds an existing folder, such as `ext4`; None where it can't be told."""
    try:
        lines = mounts.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    real = folder.resolve()
    best: tuple[int, str] | None = None
    for line in lines:
        # proc(5): fields, then optional ones, then " - ", then the type.
        left, _, right = line.partition(" - ")
        fields, kind = left.split(" "), right.split(" ", 1)[0]
        if len(fields) < 5 or not kind:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        # Of two mounts on one point the later one hides the earlier.
        if real.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = (len(point.parts), kind)
    return best[1] if best else None


def write_trial(folder: Path) -> None:
    """Write, flush to the disk, rename and delete a small file; raises `OSError` where one of them fails."""
    first = folder / f".ytarchive-doctor-{secrets.token_hex(8)}"
    second = first.with_suffix(".renamed")
    try:
        with open(first, "xb") as file:
            file.write(b"ytarchive-tui doctor\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(first, second)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)


def is_case_sensitive(folder: Path) -> bool:
    """Whether `a` and `A` are two names there; raises `OSError` when nothing can be written."""
    stem = f".ytarchive-doctor-{secrets.token_hex(8)}"
    with _trial_file(folder / f"{stem}-a"):
        return not (folder / f"{stem}-A").exists()


def takes_colons(folder: Path) -> bool:
    """Whether names may hold `:`, which the rules of FAT and NTFS forbid."""
    try:
        with _trial_file(folder / f".ytarchive-doctor-{secrets.token_hex(8)}:"):
            return True
    except OSError:
        return False


@contextmanager
def _trial_file(path: Path) -> Iterator[None]:
    path.touch(mode=0o600, exist_ok=False)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
