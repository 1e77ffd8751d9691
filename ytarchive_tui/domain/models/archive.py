"""Files: in staging, in the manifest, in the archive."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.models.metadata import Format, ItemMetadata


class FileRole(StrEnum):
    """What a file is to its item."""

    MEDIA = "media"
    INFO = "info"
    THUMBNAIL = "thumbnail"
    SUBTITLE = "subtitle"
    DESCRIPTION = "description"
    CHAPTERS = "chapters"


EXTRACTED = "extracted.json"
"""In a staging folder: what was last extracted of the item; its media addresses go stale within hours."""


class StagedFile(Frozen):
    """A finished file in a job's staging folder."""

    name: str
    """Plain name directly in the staging folder."""
    role: FileRole
    language: str | None = None
    auto: bool = False
    """True for an automatic caption."""


class MissingSidecar(Frozen):
    """A subtitle or thumbnail that the site has, or says it has, and did not give."""

    role: FileRole
    language: str | None = None
    note: str
    """What it is and why it is not there, as the notes say it."""


class StagedDownload(Frozen):
    """What the download stage leaves in staging for the storage stage."""

    metadata: ItemMetadata
    files: tuple[StagedFile, ...]
    obtained: tuple[Format, ...]
    """The formats in the media file, video first."""
    resumed_bytes: int = 0
    """Bytes that were taken over from an earlier attempt."""
    notes: tuple[str, ...] = ()
    """What went less than perfectly (a subtitle refused, a better format withheld)."""
    missing: tuple[MissingSidecar, ...] = ()
    """Of these, sidecars that are worth asking for again."""
    withheld: str | None = None
    """Of these, why the site is suspected of having a better picture than it offered."""
    nonce: str | None = None
    """Random, given when it is kept for storage: the folder that it becomes is known again by it."""


class FetchedSidecars(Frozen):
    """Sidecars that were fetched alone, in staging."""

    files: tuple[StagedFile, ...]
    missing: tuple[MissingSidecar, ...]
    """What did not come this time either."""


def _plain_name(name: str) -> str:
    """Manifests lie on disks that others write: a name in one must not lead out of its folder."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError("is not a plain file name")
    return name


_MOST_BYTES = 1 << 60


class ManifestFile(Frozen):
    """One file of an item in the archive, by size (bytes) and SHA-256 (hex)."""

    name: Annotated[str, AfterValidator(_plain_name)]
    role: FileRole
    size: Annotated[int, Field(ge=0, le=_MOST_BYTES)]
    sha256: str
    language: str | None = None
    auto: bool = False


class Manifest(Frozen):
    """The list of an item's files; it lies beside them and can rebuild the database row."""

    version: Literal[1] = 1
    extractor: str
    video_id: str
    job: int
    """Only in the state file that made it: numbers begin anew in another one."""
    nonce: str | None = None
    """Of the staged download that it was made of; no other has it."""
    archived_at: datetime
    title: str | None = None
    channel: str | None = None
    duration_s: float | None = None
    quality: str
    offered_height: int | None = None
    obtained_height: int | None = None
    obtained: tuple[Format, ...] = ()
    files: tuple[ManifestFile, ...]
    notes: tuple[str, ...] = ()
    missing: tuple[MissingSidecar, ...] = ()
    """Sidecars that are still asked for; each one's note is among the notes."""
    withheld: str | None = None
    """Why there may be a better picture than this one."""


class ArchivedCopy(Frozen):
    """Where an item's files lie after the commit."""

    archive: Path
    archive_uuid: UUID
    """Which archive is meant, whatever is mounted at that path later."""
    folder: str
    """Below `archive`, with forward slashes."""
    manifest: Manifest

    @property
    def thumbnail(self) -> Path | None:
        """Where its picture should lie, if it has one."""
        names = (file.name for file in self.manifest.files if file.role is FileRole.THUMBNAIL)
        return next((self.archive / self.folder / name for name in names), None)
