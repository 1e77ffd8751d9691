"""The files beside the media: subtitles, thumbnail, info.json, description, chapters.

None of them is worth losing a video for: what can't be had becomes a note, and is asked for again later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import RequestError
from yt_dlp.utils import LazyList, YoutubeDLError

from ytarchive_tui.domain.models import (
    Chapter,
    FileRole,
    ItemMetadata,
    JobOptions,
    MissingSidecar,
    StagedFile,
)
from ytarchive_tui.ytdlp.child.evidence import clean
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.options import MEDIA

SUBTITLE_LIMIT = 32 * 1024 * 1024
THUMBNAIL_LIMIT = 16 * 1024 * 1024
THUMBNAIL_TRIES = 10
"""Old videos have none above hqdefault, which yt-dlp names eighth."""
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,40}")
_MAGIC = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"RIFF": "webp"}
_PRIVATE = frozenset(
    (
        *("url", "manifest_url", "fragment_base_url", "fragments", "http_headers", "cookies", "thumbnail"),
        *("request_data", "hls_aes", "hls_media_playlist_data", "filepath", "filename", "_filename"),
        *("infojson_filename", "extra_param_to_segment_url", "extra_param_to_key_url", "downloader_options"),
        *("original_url", "available_at", "epoch", "entries", "playlist_autonumber"),
    )
)
"""Keys of yt-dlp's info that are signed, secret, local or worthless in an archive."""


class Sidecars:
    """Writes an item's sidecars and collects their names, the notes, and what the site refused."""

    def __init__(self, session: Session, staging: Path) -> None:
        self._session = session
        self._staging = staging
        self.files: list[StagedFile] = []
        self.notes: list[str] = []
        self.missing: list[MissingSidecar] = []
        session.add_progress_hook(self._refuse_floods)

    def subtitles(self, info: Mapping[str, Any], options: JobOptions) -> None:
        """Fetch the wanted languages; an automatic caption only where nothing better is there."""
        self._session.activity = "subtitles"
        refused = False
        for language, auto, told in wanted_subtitles(info, options, self.notes):
            if refused:
                self._miss(FileRole.SUBTITLE, "not asked for after the refusal", language)
                continue
            name = f"{MEDIA}.{language}{'.auto' if auto else ''}.{told['ext']}"
            path = self._staging / name
            try:
                self._fetch_subtitle(path, told)
            except (YoutubeDLError, RequestError, OSError, ValueError) as error:
                for rest in self._staging.glob(f"{name}*"):
                    rest.unlink()
                refused = "429" in str(error)
                self._miss(FileRole.SUBTITLE, clean(str(error))[:200], language)
            else:
                self.files.append(StagedFile(name=name, role=FileRole.SUBTITLE, language=language, auto=auto))

    def thumbnail(self, info: Mapping[str, Any]) -> None:
        """Fetch the best one; YouTube announces sizes that do not exist, so several are tried."""
        self._session.activity = "thumbnail"
        told = [one for one in info.get("thumbnails") or () if one.get("url")]
        if not told:
            self.notes.append("thumbnail: none offered")
            return
        failure = ""
        for one in told[::-1][:THUMBNAIL_TRIES]:
            try:
                with self._session.urlopen(
                    Request(one["url"], headers=one.get("http_headers") or {})
                ) as answer:
                    data = answer.read(THUMBNAIL_LIMIT + 1)
            except (YoutubeDLError, RequestError, OSError) as error:
                failure = clean(str(error))[:200]
                continue
            ext = next((ext for magic, ext in _MAGIC.items() if data.startswith(magic)), None)
            if ext is None or len(data) > THUMBNAIL_LIMIT:
                failure = "not an image, or too large"
                continue
            self._add(f"thumbnail.{ext}", data, FileRole.THUMBNAIL)
            return
        self._miss(FileRole.THUMBNAIL, failure)

    def texts(self, info: Mapping[str, Any], metadata: ItemMetadata) -> None:
        """Write info.json, description.txt and chapters.txt."""
        # What yt-dlp's own file tells of itself, too: its version, and what kind of thing this is.
        described = without_secrets({**self._session.sanitize_info({}), **info})
        text = json.dumps(described, ensure_ascii=False, default=str)
        self._add("info.json", text.encode("utf-8", "replace"), FileRole.INFO)
        if metadata.description:
            self._add("description.txt", metadata.description.encode(), FileRole.DESCRIPTION)
        if metadata.chapters:
            lines = "".join(f"{_clock(chapter)} {chapter.title}\n" for chapter in metadata.chapters)
            self._add("chapters.txt", lines.encode(), FileRole.CHAPTERS)

    def _fetch_subtitle(self, path: Path, told: Mapping[str, Any]) -> None:
        for rest in self._staging.glob(f"{path.name}*"):
            rest.unlink()
        if told.get("data") is not None:
            path.write_text(told["data"], encoding="utf-8", errors="replace")
        else:
            # Without curl_cffi the wish to pass for a browser only makes yt-dlp complain.
            told = {key: value for key, value in told.items() if key != "impersonate"}
            self._session.dl(str(path), told, subtitle=True)
        with path.open("rb") as file:
            beginning = file.read(64).lstrip(b"\xef\xbb\xbf \r\n")
        if told["ext"] == "vtt" and not beginning.startswith(b"WEBVTT"):
            raise ValueError("the site answered something that is no subtitle")

    def _refuse_floods(self, status: Mapping[str, Any]) -> None:
        if (status.get("downloaded_bytes") or 0) > SUBTITLE_LIMIT and self._session.activity == "subtitles":
            raise ValueError("too large")

    def _miss(self, role: FileRole, why: str, language: str | None = None) -> None:
        what = "thumbnail" if language is None else f"subtitles {language}"
        missing = MissingSidecar(role=role, language=language, note=f"{what}: {why}")
        self.missing.append(missing)
        self.notes.append(missing.note)

    def _add(self, name: str, data: bytes, role: FileRole) -> None:
        (self._staging / name).write_bytes(data)
        self.files.append(StagedFile(name=name, role=role))


def wanted_subtitles(
    info: Mapping[str, Any], options: JobOptions, notes: list[str]
) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """Yield (language, automatic, subtitle) for each language that was asked for and is there."""
    manual = _languages(info.get("subtitles"))
    automatic = _languages(info.get("automatic_captions")) if options.auto_captions else {}
    given: set[str] = set()
    for wish in options.subtitles:
        stem = wish.removesuffix(".*")
        found = [
            language
            for language in manual
            if language == stem or (wish != stem and language.startswith(f"{stem}-"))
        ]
        # `en-orig` is what was said, `en` may be a translation of it; `en-de` always is one.
        spoken = next((language for language in (f"{stem}-orig", stem) if language in automatic), None)
        if not found and spoken is None:
            notes.append(f"subtitles {wish}: not offered")
        for language in found or ([spoken] if spoken else []):
            if language not in given:
                given.add(language)
                yield (language, not found, (manual if found else automatic)[language])


def _languages(told: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Language → its best file, WebVTT if there is one; chats and unfit names are left out."""
    chosen = {}
    for language, files in (told or {}).items():
        if files and _LANGUAGE.fullmatch(language):
            chosen[language] = next((file for file in files if file.get("ext") == "vtt"), files[-1])
    return {language: file for language, file in chosen.items() if str(file.get("ext", "")).isalnum()}


def without_secrets(value: Any) -> Any:
    """The info without signed addresses, headers, cookies and local paths, and without what is not told."""
    if isinstance(value, dict):
        return {
            key: without_secrets(content)
            for key, content in value.items()
            if content is not None and key not in _PRIVATE and not key.startswith(("__", "requested_"))
        }
    if isinstance(value, (list, tuple, set, LazyList)):
        return [without_secrets(content) for content in value]
    return value


def _clock(chapter: Chapter) -> str:
    seconds = int(chapter.start_s)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
