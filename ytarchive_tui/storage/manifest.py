"""The manifest of an item: written before the commit, read to adopt and to check a copy."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime

from pydantic import ValidationError

from ytarchive_tui.domain.models import (
    ArchivedCopy,
    Job,
    Manifest,
    ManifestFile,
    StagedDownload,
)

from .archive import open_below, open_folder
from .durable import open_regular, read_file
from .layout import MANIFEST
from .verification import Verified

_CHUNK = 1024 * 1024
_MOST = 8 * _CHUNK
"""A manifest with two hundred subtitles has 60 KB."""


def describe(job: Job, staged: StagedDownload, verified: Verified) -> Manifest:
    """The manifest of what is about to be committed."""
    metadata = staged.metadata
    return Manifest(
        extractor=metadata.extractor,
        video_id=metadata.video_id,
        job=job.id,
        nonce=staged.nonce,
        archived_at=datetime.now(UTC),
        title=_storable(metadata.title),
        channel=_storable(metadata.channel),
        duration_s=metadata.duration_s,
        quality=job.options.quality,
        offered_height=max((f.height for f in metadata.offered if f.height), default=None),
        obtained_height=max((f.height for f in staged.obtained if f.height), default=None),
        obtained=staged.obtained,
        files=verified.files,
        notes=staged.notes + verified.notes,
        missing=staged.missing + verified.missing,
        withheld=staged.withheld,
    )


def read(folder: int) -> Manifest | None:
    """The manifest in an open folder, None when there is no readable one."""
    try:
        return Manifest.model_validate_json(read_file(MANIFEST, folder, _MOST))
    except (OSError, ValidationError):
        return None


def is_complete(manifest: Manifest, folder: int) -> bool:
    """True when every file is there with its size; the content is not read."""
    try:
        return all(
            os.stat(file.name, dir_fd=folder, follow_symlinks=False).st_size == file.size
            for file in manifest.files
        )
    except FileNotFoundError:
        return False


def check(copy: ArchivedCopy) -> list[str]:
    """Everything that is wrong with an archived copy, read to its last byte; empty when it is whole."""
    try:
        with open_folder(copy.archive) as root, open_below(copy.folder, root) as folder:
            found = [] if read(folder) == copy.manifest else [f"{MANIFEST} differs from the one on record"]
            for file in copy.manifest.files:
                found += _file_problems(file, folder)
            return found
    except OSError as error:
        return [f"{copy.folder}: {error.strerror}"]


def _file_problems(file: ManifestFile, folder: int) -> list[str]:
    digest = hashlib.sha256()
    try:
        with os.fdopen(open_regular(file.name, folder), "rb", buffering=0) as content:
            size = os.fstat(content.fileno()).st_size
            if size != file.size:
                return [f"{file.name}: {size} bytes instead of {file.size}"]
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        return [f"{file.name}: {error.strerror}"]
    if digest.hexdigest() != file.sha256:
        return [f"{file.name}: its content has changed"]
    return []


def _storable(text: str | None) -> str | None:
    """Without lone surrogates, which JSON in UTF-8 can't hold."""
    return None if text is None else re.sub("[\ud800-\udfff]", "\ufffd", text)
