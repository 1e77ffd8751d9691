"""An item's files leave the archive: the commit backwards; blocking functions."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from uuid import uuid4

from ytarchive_tui.domain.models import ArchivedCopy

from . import manifest
from .archive import TRASH, open_archive, open_below, open_folder, private_folder
from .failing import os_errors
from .layout import MANIFEST, composed


def remove(copy: ArchivedCopy, instead: str | None = None) -> None:
    """Remove what the copy's manifest names; raises `StageError`, also when the archive is not there.

    `instead` is the folder that now holds the item: while it has no manifest, this may be the only copy,
    and it stays (StageError).
    A folder with nothing else in it goes by one rename, as it came. Other files stay where they are. Does
    nothing when the folder is gone, or is by now that of another copy: repeating it after a kill is safe.
    """
    above, _, name = copy.folder.rpartition("/")
    with (
        os_errors("remove"),
        open_archive(copy.archive, {copy.archive: copy.archive_uuid}) as (root, marker),
        private_folder(TRASH, marker) as trash,
        suppress(FileNotFoundError, NotADirectoryError),
    ):
        if instead is not None:
            _must_hold(instead, root)
        with open_below(above, root) as parent:
            _remove(copy, name, parent, trash)
        if above and "/" not in above:
            with suppress(OSError):
                # The channel's folder, if this was its last item.
                os.rmdir(above, dir_fd=root)


def _must_hold(folder: str, root: int) -> None:
    try:
        with open_below(folder, root) as there:
            if manifest.read(there) is not None:
                return
    except (FileNotFoundError, NotADirectoryError):
        pass
    raise OSError(errno.EBUSY, "the copy that replaced it is not there", folder)


def _remove(copy: ArchivedCopy, name: str, parent: int, trash: int) -> None:
    with open_folder(name, parent) as folder:
        found = manifest.read(folder)
        if found is not None and (found.video_id, found.job, found.archived_at) != (
            copy.manifest.video_id,
            copy.manifest.job,
            copy.manifest.archived_at,
        ):
            return
        # The one that lies there may name a sidecar that came a moment ago.
        named = (*copy.manifest.files, *(found.files if found is not None else ()))
        ours = [*{file.name for file in named}, MANIFEST]
        alone = set(map(composed, os.listdir(folder))) <= set(map(composed, ours))
        if not alone:
            for file in ours:
                with suppress(FileNotFoundError):
                    os.unlink(file, dir_fd=folder)
            os.fsync(folder)
    if alone:
        discarded = uuid4().hex
        os.rename(name, discarded, src_dir_fd=parent, dst_dir_fd=trash)
        os.fsync(parent)
        shutil.rmtree(discarded, ignore_errors=True, dir_fd=trash)
