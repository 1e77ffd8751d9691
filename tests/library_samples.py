"""Archived items as the storage stage leaves them: real files, a manifest beside them, and their rows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db import copies, items, journal
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    AtSource,
    FileRole,
    Format,
    ItemMetadata,
    Manifest,
    ManifestFile,
)
from ytarchive_tui.storage.archive import open_archive
from ytarchive_tui.storage.layout import MANIFEST


async def archive_item(
    db: Database,
    root: Path,
    video_id: str,
    title: str,
    *,
    channel: str = "Harbour Films",
    description: str = "",
    year: int = 2024,
    height: int = 1080,
    files: dict[str, bytes] | None = None,
) -> int:
    """One more item in the archive; the id of its copy."""
    files = files or {"video.mp4": f"media of {video_id}".encode(), "video.en.vtt": b"WEBVTT"}
    known: dict[Path, UUID] = {}
    with open_archive(root, known):
        pass
    folder = f"{channel}/{video_id}"
    place = root / folder
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    manifest = Manifest(
        extractor="youtube",
        video_id=video_id,
        job=1,
        archived_at=db_moment(db),
        title=title,
        channel=channel,
        quality="best",
        offered_height=2160,
        obtained_height=height,
        obtained=(Format(format_id="137", ext="mp4", height=height, vcodec="avc1"),),
        files=tuple(
            ManifestFile(
                name=name,
                role=FileRole.SUBTITLE if name.endswith(".vtt") else FileRole.MEDIA,
                language="en" if name.endswith(".vtt") else None,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            for name, content in files.items()
        ),
    )
    (place / MANIFEST).write_text(manifest.model_dump_json())
    told = ItemMetadata(
        extractor="youtube",
        video_id=video_id,
        provider="ytdlp",
        title=title,
        channel=channel,
        description=description,
        duration_s=61,
        published_at=datetime(year, 6, 1, tzinfo=UTC),
        at_source=AtSource.PUBLIC,
    )
    async with db.write() as tx:
        row = await tx.one(
            "INSERT INTO items (extractor, video_id, url, created_at) VALUES ('youtube', ?, ?, ?) "
            "RETURNING id",
            (video_id, f"https://www.youtube.com/watch?v={video_id}", tx.now),
        )
        assert row is not None
        await items.learn(tx, row["id"], told)
        copy = ArchivedCopy(archive=root, archive_uuid=known[root], folder=folder, manifest=manifest)
        await copies.keep(tx, row["id"], copy)
        await journal.append(tx, EventKind.ITEM_ARCHIVED, job_id=1, item_id=row["id"], folder=folder)
        found = await tx.one("SELECT id FROM copies WHERE item_id = ?", (row["id"],))
        assert found is not None
        return int(found["id"])


def db_moment(db: Database) -> datetime:
    """Now, by the database's clock."""
    return datetime.fromtimestamp(db.now() / 1e6, UTC)
