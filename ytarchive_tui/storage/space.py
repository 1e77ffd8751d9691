"""Partial downloads of jobs that go nowhere by themselves: what they hold, and giving them up; blocking."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
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


def put_aside(root: Path, known: KnownArchives, jobs: Collection[int]) -> list[str]:
    """Move their staging folders to the trash; their names there. Raises `StageError`."""
    if not (root / MARKER / IDENTITY).exists():
        return []
    names = []
    with _staging_and_trash(root, known) as (staging, trash):
        for job in held(root, jobs):
            names.append(f"{job}-{uuid4().hex}")
            os.rename(str(job), names[-1], src_dir_fd=staging, dst_dir_fd=trash)
    return names


def throw_away(root: Path, known: KnownArchives, names: Collection[str]) -> None:
    """Remove what was put aside; what stays is swept at the next start. Raises `StageError`."""
    if names:
        with _staging_and_trash(root, known) as (_, trash):
            for name in names:
                shutil.rmtree(name, ignore_errors=True, dir_fd=trash)


@contextmanager
def _staging_and_trash(root: Path, known: KnownArchives) -> Iterator[tuple[int, int]]:
    with (
        os_errors("discard"),
        open_archive(root, known) as (_, marker),
        private_folder(STAGING, marker) as staging,
        private_folder(TRASH, marker) as trash,
    ):
        yield staging, trash


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
