"""Items whose folders were moved or renamed within the archive are known again by their manifests."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

from ytarchive_tui.domain.models import Manifest

from . import manifest
from .archive import MARKER, open_archive, open_below, open_folder
from .credible import is_credible
from .layout import MANIFEST

log = logging.getLogger(__name__)

_DEEPEST = 6


def _warn(folder: Path) -> None:
    log.warning("%s was not looked into: its permissions forbid it", folder)


def find_folders(root: Path, wanted: Iterable[Manifest]) -> dict[tuple[str, int], str]:
    """The folders below `root` in which these items lie complete, by video id and job.

    Reads every manifest in the archive, follows no link. Blocking; raises `OSError`.
    """
    missing = {(each.video_id, each.job): each for each in wanted}
    found: dict[tuple[str, int], str] = {}
    for path in _items(root, 0, lambda: False, _warn):
        with open_folder(path) as folder:
            read = manifest.read(folder)
            if read is None or read != missing.get((read.video_id, read.job)):
                continue
            if manifest.is_complete(read, folder):
                found.setdefault((read.video_id, read.job), path.relative_to(root).as_posix())
        if len(found) == len(missing):
            break
    return found


def every_item(
    root: Path, stop: Callable[[], bool] = lambda: False, unread: Callable[[Path], None] = _warn
) -> Iterator[tuple[str, Manifest]]:
    """Each complete item below an archive's root: its folder, its manifest. Blocking; raises `OSError`.

    A manifest that can't be ours is passed by (see `is_credible`).
    `stop` is asked at each folder: a thread that looks through a large disk must not hold up an end.
    `unread` is told each folder that may not be read now, except those that lie at the root.
    """
    strange = 0
    for path in _items(root, 0, stop, unread):
        try:
            with open_folder(path) as folder:
                read = manifest.read(folder)
                if read is None or not manifest.is_complete(read, folder):
                    continue
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            unread(path)
            continue
        place = path.relative_to(root).as_posix()
        if is_credible(place, read):
            yield place, read
        else:
            strange += 1
    if strange:
        log.warning("%d folders in %s have manifests that can't be ours", strange, root)


def gone(root: Path, uuid: UUID, folders: Iterable[str]) -> list[str]:
    """Those of the folders below an archive's root in which no manifest lies any more.

    Blocking. Raises `StageError` when the archive itself is not there, and `OSError`.
    """
    found = []
    with open_archive(root, {root: uuid}) as (top, _):
        for folder in folders:
            try:
                with open_below(folder, top) as there:
                    os.stat(MANIFEST, dir_fd=there, follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                found.append(folder)
    return found


def _items(
    folder: Path, depth: int, stop: Callable[[], bool], unread: Callable[[Path], None]
) -> Iterator[Path]:
    if stop():
        return
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, PermissionError) as error:
        if not depth:
            raise
        if depth > 1 and isinstance(error, PermissionError):
            unread(folder)
        else:
            # As `lost+found` at the root of a disk, or what somebody moves away meanwhile.
            log.info("%s was not looked into: %s", folder, error.strerror)
        return
    if any(entry.name == MANIFEST for entry in listed):
        yield folder
    if depth < _DEEPEST:
        for entry in listed:
            if entry.is_dir(follow_symlinks=False) and entry.name != MARKER:
                yield from _items(folder / entry.name, depth + 1, stop, unread)
