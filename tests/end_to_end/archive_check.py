"""Walks an archive from outside, with nothing of the program but the shape of a manifest."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TITLED = 240
"""UTF-16 units that a whole path below the archive may have, so that Windows can open it."""
_FORBIDDEN = frozenset('"*:<>?|/\\')
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{p}{n}" for p in ("COM", "LPT") for n in "0123456789"]
)


@dataclass(frozen=True)
class Kept:
    """One item that lies in the archive."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def video_id(self) -> str:
        """The id in the manifest."""
        return str(self.manifest["video_id"])

    @property
    def media(self) -> Path:
        """The one media file."""
        (name,) = [file["name"] for file in self.manifest["files"] if file["role"] == "media"]
        return self.folder / name


def kept(archive: Path) -> dict[str, Kept]:
    """All items by id, each checked; fails when one is not whole, is there twice, or has strange company."""
    found: dict[str, Kept] = {}
    for channel in archive.iterdir() if archive.exists() else ():
        if channel.name == ".ytarchive":
            continue
        assert channel.is_dir() and not channel.is_symlink(), channel
        for folder in channel.iterdir():
            item = Kept(folder, json.loads((folder / "manifest.json").read_bytes()))
            assert item.video_id not in found, f"{item.video_id} is there twice"
            assert_matches_manifest(item)
            found[item.video_id] = item
    return found


def assert_matches_manifest(item: Kept) -> None:
    """Every file of the manifest is there with its size and hash, and no other."""
    assert {path.name for path in item.folder.iterdir()} == {
        "manifest.json",
        *(file["name"] for file in item.manifest["files"]),
    }
    for file in item.manifest["files"]:
        path = item.folder / file["name"]
        assert path.is_file() and not path.is_symlink(), path
        assert path.stat().st_size == file["size"], path
        with path.open("rb") as content:
            assert hashlib.file_digest(content, "sha256").hexdigest() == file["sha256"], path


def assert_plays(
    item: Kept, *, height: int | None = None, kinds: tuple[str, ...] = ("video", "audio")
) -> None:
    """ffprobe finds exactly the right streams, as long as the manifest says, down to the last packet."""
    told = json.loads(
        subprocess.run(
            ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", item.media],
            capture_output=True,
            check=True,
        ).stdout
    )
    streams = [stream for stream in told["streams"] if stream["codec_type"] in ("video", "audio")]
    assert tuple(sorted(stream["codec_type"] for stream in streams)) == tuple(sorted(kinds)), item.folder
    assert abs(float(told["format"]["duration"]) - item.manifest["duration_s"]) < 1.5, item.folder
    if height is not None:
        assert [stream["height"] for stream in streams if stream["codec_type"] == "video"] == [height]


def assert_tidy(archive: Path, database: Path | None = None) -> None:
    """Nothing is left in staging and trash, and the database is sound."""
    for name in ("staging", "trash"):
        folder = archive / ".ytarchive" / name
        assert not folder.exists() or list(folder.iterdir()) == [], name
    if database is not None:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        db.close()


def name_problems(path: Path, video_id: str | None = None) -> list[str]:
    """What ext4, NTFS or exFAT would refuse in a relative path, and what would mislead in a listing."""
    found = []
    for name in path.parts:
        units = len(name.encode("utf-16-le")) // 2
        if len(name.encode()) > 255 or units > 255:
            found.append(f"{name!r} is too long")
        if _FORBIDDEN & set(name):
            found.append(f"{name!r} has a character that Windows forbids")
        if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
            found.append(f"{name!r} has a control character")
        if any(
            char in "\u200e\u200f\u061c" or "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"
            for char in name
        ):
            found.append(f"{name!r} turns the direction of writing")
        if name.endswith((".", " ")) or name.startswith((" ", "-", "~")):
            found.append(f"{name!r} begins or ends badly")
        if name.partition(".")[0].rstrip().upper() in _DEVICES:
            found.append(f"{name!r} is a device")
        if name in (".", "..") or name != unicodedata.normalize("NFC", name):
            found.append(f"{name!r} is not a plain normal name")
    if len(str(path).encode("utf-16-le")) // 2 > TITLED:
        found.append(f"{path} is too long as a whole")
    if video_id is not None and video_id not in path.name:
        found.append(f"{path.name!r} lacks the id {video_id}")
    return found


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every path below a folder with its size and time of change, to compare before and after."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    }
