"""Partial downloads of jobs that go nowhere by themselves: what they hold, and giving them up; blocking."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

from .archive import IDENTITY, MARKER, STAGING, TRASH, KnownArchives, open_archive, private_folder
from .failing import os_errors


def held(root: Path, jobs: Collection[int]) -> dict[int, int]:
    """Bytes in the staging folder of each of these jobs that has one; what can't be read counts as none."""
    found = {}
    for job in jobs:
        folder = root / MARKER / STAGING / str(job)
        if folder.is_dir() and not folder.is_symlink():
            found[job] = sum(_size(Path(at, name)) for at, _, names in os.walk(folder) for name in names)
    return found


def give_up(root: Path, known: KnownArchives, jobs: Collection[int]) -> int:
    """Remove their staging folders; the bytes that this freed. Raises `StageError`."""
    if not (root / MARKER / IDENTITY).exists():
        return 0
    sizes = held(root, jobs)
    with (
        os_errors("discard"),
        open_archive(root, known) as (_, marker),
        private_folder(STAGING, marker) as staging,
        private_folder(TRASH, marker) as trash,
    ):
        for job in sizes:
            name = f"{job}-{uuid4().hex}"
            os.rename(str(job), name, src_dir_fd=staging, dst_dir_fd=trash)
            shutil.rmtree(name, ignore_errors=True, dir_fd=trash)
    return sum(sizes.values())


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
