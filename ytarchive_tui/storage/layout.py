"""The names of an item's folder and files, made of safe parts only; pure functions.

    <channel>/<YYYY-MM-DD> <title> [<id>]/<title> [<id>].mp4

An item has a folder of its own, so that one rename commits it. Limits: a component has at most 255
bytes of UTF-8 (ext4, APFS) and 255 UTF-16 units (NTFS, exFAT, FAT), and a whole relative path at most
240 UTF-16 units, which leaves a short archive root room below the 260 of Windows. Channel and title
give way to these limits, the id never does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC
from hashlib import sha256
from pathlib import PurePosixPath

from ytarchive_tui.domain.models import FileRole, ItemMetadata, StagedFile

from .safe_text import is_device, safe_text, shorten, utf16_units

MANIFEST = "manifest.json"
PATH_UNITS = 240
COMPONENT = 255

_CHANNEL_UNITS = 50
_CHANNEL_OCTETS = 200
_ID_LENGTH = 48
_DATE = len("2026-11-22 ")
_ATTEMPT = len(" ~012345")
_SUFFIX = 32
"""Kept free behind `<title> [<id>]`: `.zh-Hans-TW.auto.vtt.part` and the like."""
_LANGUAGE_LENGTH = 12

_EXTENSIONS: dict[FileRole, frozenset[str]] = {
    FileRole.MEDIA: frozenset(
        ["mp4", "mkv", "webm", "m4a", "opus", "ogg", "mp3", "aac", "flac", "wav", "mov"]
    ),
    FileRole.THUMBNAIL: frozenset(["jpg", "jpeg", "png", "webp", "avif", "gif"]),
    FileRole.SUBTITLE: frozenset(["vtt", "srt", "ttml", "ass", "json3", "srv1", "srv2", "srv3"]),
}
_FIXED = {
    FileRole.INFO: ".info.json",
    FileRole.DESCRIPTION: ".description.txt",
    FileRole.CHAPTERS: ".chapters.txt",
}


def folder(metadata: ItemMetadata, attempt: int = 0) -> PurePosixPath:
    """The item's folder below the archive's root; each `attempt` gives another one.

    Attempts above 0 are for names that are taken, as by an id that differs only in case on a file
    system that ignores case.
    """
    date = metadata.published_at
    if date is not None and date.tzinfo is not None:
        date = date.astimezone(UTC)
    name = f"{date.date().isoformat()} {stem(metadata)}" if date else stem(metadata)
    if attempt:
        twin = f"{metadata.extractor}\0{metadata.video_id}\0{attempt}"
        name += f" ~{sha256(twin.encode(errors='surrogatepass')).hexdigest()[:6]}"
    return PurePosixPath(_channel(metadata), name)


def stem(metadata: ItemMetadata) -> str:
    """`<title> [<id>]`: how the names of all files of the item begin, whatever the attempt."""
    tag = f"[{safe_id(metadata.video_id)}]"
    # The stem stands in the path twice: in the folder's name and in the file's.
    path_units = PATH_UNITS - utf16_units(_channel(metadata)) - 2 - _DATE - _ATTEMPT - _SUFFIX
    component = COMPONENT - max(_DATE + _ATTEMPT, _SUFFIX)
    # One more for the space before the tag, one for the underscore before a device's name.
    room = len(tag) + 2
    title = shorten(
        safe_text(metadata.title or ""),
        octets=component - room,
        units=min(component, path_units // 2) - room,
    )
    return _no_device(f"{title} {tag}" if title else tag)


def file_names(metadata: ItemMetadata, files: tuple[StagedFile, ...]) -> dict[str, str]:
    """The final name of each staged file, by its staged name; all different, even if case is ignored."""
    return free_names(stem(metadata), files)


def free_names(begin: str, files: Iterable[StagedFile], taken_names: Iterable[str] = ()) -> dict[str, str]:
    """The same beside files that are there already, under a stem that is known."""
    names: dict[str, str] = {}
    taken = {MANIFEST, *(composed(name).casefold() for name in taken_names)}
    for file in files:
        suffix = _suffix(file)
        number = 1
        while (name := begin + (f".{number}" if number > 1 else "") + suffix).casefold() in taken:
            number += 1
        taken.add(name.casefold())
        names[file.name] = name
    return names


def composed(name: str) -> str:
    """A name as we write it: HFS+ lists names decomposed, and finds them in either form."""
    return unicodedata.normalize("NFC", name)


def safe_id(video_id: str) -> str:
    """The id, with bytes outside `A-Za-z0-9_-` written as `%XX`; a very long one becomes a digest."""
    encoded = re.sub(
        rb"[^A-Za-z0-9_-]",
        lambda match: b"%%%02X" % match[0][0],
        video_id.encode(errors="surrogatepass"),
    ).decode("ascii")
    if len(encoded) <= _ID_LENGTH:
        return encoded
    return f"sha256%{sha256(video_id.encode(errors='surrogatepass')).hexdigest()[:40]}"


def _channel(metadata: ItemMetadata) -> str:
    name = shorten(
        safe_text(metadata.channel or "") or safe_text(metadata.channel_id or ""),
        octets=_CHANNEL_OCTETS,
        units=_CHANNEL_UNITS,
    )
    return _no_device(name or "Unknown channel")


def _no_device(name: str) -> str:
    return f"_{name}" if is_device(name) else name


def _suffix(file: StagedFile) -> str:
    if fixed := _FIXED.get(file.role):
        return fixed
    extension = PurePosixPath(file.name).suffix[1:].lower()
    if extension not in _EXTENSIONS[file.role]:
        extension = "bin"
    if file.role is not FileRole.SUBTITLE:
        return f".{extension}"
    language = re.sub(r"[^A-Za-z0-9-]", "", file.language or "")[:_LANGUAGE_LENGTH] or "und"
    return f".{language}{'.auto' if file.auto else ''}.{extension}"
