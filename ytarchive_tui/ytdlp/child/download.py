"""Brings one item's files into staging, building upon what an earlier attempt left there."""

from __future__ import annotations

import contextlib
import copy
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import FileRole, StagedDownload, StagedFile
from ytarchive_tui.ytdlp.child.component import Ledger
from ytarchive_tui.ytdlp.child.describe import metadata_of, selected_formats
from ytarchive_tui.ytdlp.child.extraction import extract, extracted
from ytarchive_tui.ytdlp.child.progress import ProgressReport
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.child.sidecars import Sidecars
from ytarchive_tui.ytdlp.options import MEDIA
from ytarchive_tui.ytdlp.protocol import ItemRequest
from ytarchive_tui.ytdlp.task import Emit

LOCK = "lock"
LOCK_WAIT_S = 10.0


def download(session: Session, request: ItemRequest, emit: Emit) -> StagedDownload:
    """Fetch media and sidecars; raises what yt-dlp raises, or `StageError`."""
    with locked(request.staging):
        told = extracted(request)
        fresh = told is None
        if told is None:
            told = extract(session, request)
        session.prepare(request.options, request.staging)
        if fresh:
            metadata = metadata_of(session.process_ie_result(copy.deepcopy(told), download=False))
            emit({"metadata": metadata.model_dump(mode="json")})
        return _Download(session, request, ProgressReport(emit)).run(told)


class _Download:
    def __init__(self, session: Session, request: ItemRequest, progress: ProgressReport) -> None:
        self._session = session
        self._staging = request.staging
        self._options = request.options
        self._progress = progress
        self._ledger = Ledger(request.staging)

    def run(self, told: dict[str, Any]) -> StagedDownload:
        media = self._finished()
        info = self._process(told, download=media is None)
        if media is None:
            media = self._media(info)
            self._ledger.put(MEDIA, file=media.name, options=self._wish())
        metadata = metadata_of(info)
        sidecars = Sidecars(self._session, self._staging)
        if self._options.subtitles:
            self._progress.say("subtitles")
            sidecars.subtitles(info, self._options)
        if self._options.thumbnail:
            sidecars.thumbnail(info)
        sidecars.texts(info, metadata)
        return StagedDownload(
            metadata=metadata,
            files=(StagedFile(name=media.name, role=FileRole.MEDIA), *sidecars.files),
            obtained=selected_formats(info),
            resumed_bytes=self._session.resumed_bytes,
            notes=tuple(sidecars.notes),
        )

    def _process(self, told: dict[str, Any], *, download: bool) -> dict[str, Any]:
        session = self._session
        session.activity = "media"
        session.ledger = self._ledger
        if download:
            self._tidy()
            session.prepare_steps(self._options, has_chapters=bool(told.get("chapters")))
            session.add_progress_hook(self._on_transfer)
            session.add_postprocessor_hook(self._on_step)
        try:
            info: dict[str, Any] = session.process_ie_result(told, download=download)
        finally:
            session.ledger = None
        return info

    def _finished(self) -> Path | None:
        """The media file, when an earlier attempt completed it under the same options."""
        record = self._ledger.get(MEDIA)
        if record.get("options") != self._wish():
            return None
        path = self._staging / str(record["file"])
        return path if self._ledger.is_complete(path) else None

    def _wish(self) -> str:
        options = self._options
        return f"{options.quality} {options.container} {options.embed_chapters}"

    def _tidy(self) -> None:
        """Remove what a killed attempt left half done: merges, conversions, files of unknown origin."""
        for path in self._staging.glob(f"{MEDIA}.*"):
            name = path.name.removesuffix(".part")
            if path.is_dir() and not path.is_symlink():
                continue
            if not (self._ledger.is_complete(path) or (name != path.name and self._ledger.get(name))):
                path.unlink()

    def _media(self, info: dict[str, Any]) -> Path:
        results = info.get("requested_downloads") or []
        if len(results) != 1:
            raise StageError(
                Evidence(
                    exception=("NotOneFile",),
                    message=f"the format string led to {len(results)} files instead of one",
                    activity="media",
                )
            )
        path = Path(results[0]["filepath"])
        self._ledger.put(path.name, size=path.stat().st_size)
        return path

    def _on_transfer(self, status: dict[str, Any]) -> None:
        if self._session.activity == "media":
            self._progress.on_transfer(status)

    def _on_step(self, status: dict[str, Any]) -> None:
        info = status["info_dict"]
        if status["status"] == "started":
            self._session.activity = "merge"
        elif info.get("filepath") and os.path.isfile(info["filepath"]):
            # Noted before yt-dlp removes the parts: a kill from here on costs no byte.
            path = Path(info["filepath"])
            self._ledger.put(path.name, size=path.stat().st_size, rewritten=True)
        self._progress.on_step(status)


@contextlib.contextmanager
def locked(staging: Path) -> Iterator[None]:
    """Hold the staging folder's lock, so that no attempt writes beside a dying one.

    Raises `StageError` (StagingBusy) when another process still holds it after ten seconds.
    """
    try:
        import fcntl
    except ImportError:
        yield  # Windows: the pool ends a worker before it starts the next attempt
        return
    descriptor = os.open(staging / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StageError(
                        Evidence(
                            exception=("StagingBusy",),
                            message="another process still writes to the staging folder",
                            errno=errno.EAGAIN,
                        )
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
