"""The task `verify` of a child process: are the staged files whole, and are they on the disk?

Quick: one pass over each file for its hash, one over the media's packets, by `mp4` where that can judge
the file good, else by ffprobe. Decode: every frame too.
Bad media is an error; a bad thumbnail or subtitle is left out with a note.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import FileRole, Frozen, ManifestFile, MissingSidecar, StagedFile

from . import container, judging, mp4, probe
from .archive import open_folder
from .durable import open_regular, read_file
from .failing import os_errors, verification_failed
from .judging import Expected

Emit = Callable[[dict[str, Any]], None]

_CHUNK = 1024 * 1024
_EVENT_INTERVAL_S = 0.2
_LARGEST_TEXT = 32 * 1024 * 1024
_LARGEST_PICTURE = 64 * 1024 * 1024
_OPTIONAL = (FileRole.SUBTITLE, FileRole.THUMBNAIL)
_MOST_PROBLEMS = 3


class VerifyRequest(Frozen):
    """What the child is told: where the files are, which programs to use, what to expect."""

    job: int
    folder: Path
    files: tuple[StagedFile, ...]
    expected: Expected | None
    """None where there is no media file: sidecars alone."""
    ffprobe: str | None = None
    ffmpeg: str | None = None
    decode: bool = False
    """Whether every frame is decoded as well; needs `ffmpeg`."""
    accept_flaws: bool = False
    """Whether holes and early ends are noted instead of refused."""


class Verified(Frozen):
    """What the child answers: the good files, and notes on those left out."""

    files: tuple[ManifestFile, ...]
    notes: tuple[str, ...] = ()
    missing: tuple[MissingSidecar, ...] = ()
    """The sidecars among those left out."""


class _Unfit(Exception):
    """A file is not what it should be; the text says how."""


def verify(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """Check, hash and fsync the files of a `VerifyRequest`; a `Verified` as plain data.

    `emit` gets `{"progress": {"activity", "done", "total"}}`, in bytes, at most 5 times a
    second. Raises `StageError`: `VerificationFailed` with all that is wrong, or errno.
    """
    task = VerifyRequest.model_validate(request)
    if task.expected is not None and not any(file.role is FileRole.MEDIA for file in task.files):
        raise verification_failed("there is no media file")
    with os_errors("verify"), open_folder(task.folder) as folder:
        return _Pass(task, folder, emit).run().model_dump(mode="json")


class _Pass:
    """One pass over the files of a request."""

    def __init__(self, task: VerifyRequest, folder: int, emit: Emit) -> None:
        self._task = task
        self._folder = folder
        self._emit = emit
        self._done = 0
        self._total = sum(_size(file.name, folder) for file in task.files)
        self._next_event = 0.0
        self._notes: list[str] = []

    def run(self) -> Verified:
        files: list[ManifestFile] = []
        missing: list[MissingSidecar] = []
        for file in self._task.files:
            try:
                files.append(self._check(file))
            except (_Unfit, FileNotFoundError) as error:
                sentence = "is missing" if isinstance(error, FileNotFoundError) else str(error)
                if file.role not in _OPTIONAL:
                    raise verification_failed(f"{file.role} {file.name}: {sentence}") from error
                language = f" {file.language}" if file.language else ""
                note = f"{file.role}{language} left out: {sentence}"
                missing.append(MissingSidecar(role=file.role, language=file.language, note=note))
        notes = (*self._notes, *(each.note for each in missing))
        return Verified(files=tuple(files), notes=notes, missing=tuple(missing))

    def _check(self, file: StagedFile) -> ManifestFile:
        size, digest = self._hash(file.name)
        if size == 0 and file.role not in (FileRole.DESCRIPTION, FileRole.CHAPTERS):
            raise _Unfit("is empty")
        match file.role:
            case FileRole.MEDIA:
                self._check_media(file.name, self._task.expected or Expected(video=False, audio=False))
            case FileRole.INFO:
                _check_json(read_file(file.name, self._folder))
            case FileRole.SUBTITLE:
                _check_subtitle(file.name, _read(file.name, self._folder, _LARGEST_TEXT))
            case FileRole.THUMBNAIL:
                _check_picture(_read(file.name, self._folder, _LARGEST_PICTURE))
        return ManifestFile(
            name=file.name, role=file.role, size=size, sha256=digest, language=file.language, auto=file.auto
        )

    def _hash(self, name: str) -> tuple[int, str]:
        """Size and SHA-256, after which the file is on the disk."""
        digest = hashlib.sha256()
        size = 0
        with os.fdopen(open_regular(name, self._folder), "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_uid != os.fstat(self._folder).st_uid:
                raise _Unfit("belongs to another user than its folder")
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                self._report("verifying", len(chunk))
            os.fsync(file.fileno())
        return size, digest.hexdigest()

    def _report(self, activity: str, more: int = 0) -> None:
        self._done += more
        now = time.monotonic()
        if now >= self._next_event:
            self._next_event = now + _EVENT_INTERVAL_S
            self._emit({"progress": {"activity": activity, "done": self._done, "total": self._total}})

    def _check_media(self, name: str, expected: Expected) -> None:
        with os.fdopen(open_regular(name, self._folder), "rb") as file:
            if _is_page(file.read(1024)):
                raise _Unfit("is a web page, not media")
            size = os.fstat(file.fileno()).st_size
            misfit = container.misfit(file, size)
            plain = mp4.read(file, size)
        path, ffprobe = str(self._task.folder / name), self._program("ffprobe", self._task.ffprobe)
        found = [misfit] if misfit else []
        if plain is None or judging.problems(plain, expected):
            report = probe.probe(ffprobe, path)
            found += judging.faults(report, expected)
            flaws = judging.flaws(report, expected)
            if not self._task.accept_flaws:
                found += flaws
            elif flaws:
                self._notes.append(f"accepted as it is: {'; '.join(flaws[:_MOST_PROBLEMS])}")
        if self._task.decode and not found:
            self._report("decoding")
            found += _decode(self._program("ffmpeg", self._task.ffmpeg), path)
        if found:
            raise _Unfit("; ".join(found[:_MOST_PROBLEMS]))

    @staticmethod
    def _program(name: str, path: str | None) -> str:
        if path is None or not os.access(path, os.X_OK):
            # Without errno: it is not the archive that fails.
            raise StageError(
                Evidence(exception=("ToolMissing",), message=f"{name} not found", activity="verify")
            )
        return path


def _decode(ffmpeg: str, path: str) -> list[str]:
    """Decode every frame; what ffmpeg complained of."""
    command = [ffmpeg, "-nostdin", "-v", "error", "-xerror", "-err_detect", "crccheck+bitstream+buffer"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", probe.FORMATS]
    command += ["-i", f"file:{path}", "-map", "0:v?", "-map", "0:a?", "-f", "null", "-"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode == 0 and not done.stderr.strip():
        return []
    line = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[0]
    return [f"can't be decoded: {line[:200]}"]


def _is_page(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<?xml"))


def _check_json(content: bytes) -> None:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _Unfit("is not JSON") from error
    if not isinstance(parsed, dict):
        raise _Unfit("is not a JSON object")


def _check_subtitle(name: str, content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unfit("is not text") from error
    if "\0" in text or not text.strip():
        raise _Unfit("is not text" if text.strip() else "is empty")
    if _is_page(content[:1024]) and not name.lower().endswith((".ttml", ".srv1", ".srv2", ".srv3")):
        raise _Unfit("is a web page, not subtitles")
    if name.lower().endswith(".vtt"):
        if not text.startswith("WEBVTT"):
            raise _Unfit("does not begin like WebVTT")
        if "-->" not in text:
            raise _Unfit("holds no line of text")


def _check_picture(content: bytes) -> None:
    riff_webp = content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    avif = content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis", b"mif1")
    if not (riff_webp or avif or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"))):
        raise _Unfit("is not a picture")


def _read(name: str, folder: int, most: int) -> bytes:
    if _size(name, folder) > most:
        raise _Unfit(f"is larger than {most >> 20} MiB")
    return read_file(name, folder, most)


def _size(name: str, folder: int) -> int:
    """Bytes, 0 when there is no such file."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
