"""Brings one item's files into staging, building upon what an earlier attempt left there."""

from __future__ import annotations

import copy
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import (
    FetchedSidecars,
    FileRole,
    Format,
    JobOptions,
    StagedDownload,
    StagedFile,
)
from ytarchive_tui.ytdlp.child.describe import metadata_of, selected_formats
from ytarchive_tui.ytdlp.child.evidence import clean
from ytarchive_tui.ytdlp.child.extraction import extract, extracted, mark
from ytarchive_tui.ytdlp.child.ledger import Ledger
from ytarchive_tui.ytdlp.child.progress import ProgressReport
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.child.sidecars import Sidecars
from ytarchive_tui.ytdlp.child.staging import claimed
from ytarchive_tui.ytdlp.options import MEDIA, is_named
from ytarchive_tui.ytdlp.protocol import ItemRequest
from ytarchive_tui.ytdlp.task import Emit

_HEIGHT = re.compile(r"(\d{3,4})p")


def download(session: Session, request: ItemRequest, emit: Emit) -> StagedDownload:
    """Fetch media and sidecars; raises what yt-dlp raises, or `StageError`."""
    with claimed(request) as ledger:
        selected, session.selection = _selected(session, request), None
        told = selected or extracted(session, request)
        fresh = told is None
        if told is None:
            told = extract(session, request)
        session.prepare(request.options, request.staging)
        if fresh:
            info = session.process_ie_result(copy.deepcopy(told), download=False)
            metadata = metadata_of(info, session.messages.doubts)
            emit({"metadata": metadata.model_dump(mode="json")})
        run = _Download(session, request, ledger, ProgressReport(emit))
        return run.run(told, selected=selected is not None)


def _selected(session: Session, request: ItemRequest) -> dict[str, Any] | None:
    """What this very child has selected for the item, if nothing speaks against it.

    A format string may select several files, which only yt-dlp's own selection tells.
    """
    selection = session.selection
    if selection is None or (selection.video_id, selection.options) != (request.video_id, request.options):
        return None
    young = 0 <= time.time() - selection.selected_at <= request.max_age_s
    same = selection.extraction is not None and selection.extraction == mark(request.staging)
    return selection.info if young and same and is_named(request.options.quality) else None


class _Download:
    def __init__(
        self, session: Session, request: ItemRequest, ledger: Ledger, progress: ProgressReport
    ) -> None:
        self._session = session
        self._request = request
        self._staging = request.staging
        self._options = request.options
        self._progress = progress
        self._ledger = ledger

    def run(self, told: dict[str, Any], *, selected: bool) -> StagedDownload:
        """`told`: by the extractor, or processed already so that its formats are `selected`."""
        media = self._finished()
        info = self._process(told, download=media is None, selected=selected)
        if media is None:
            media = self._media(info)
            formats = [f.model_dump(mode="json") for f in selected_formats(info)]
            self._ledger.put(MEDIA, file=media.name, wish=self._wish(), obtained=formats)
        # A later extraction may select others than those which the finished file was made of.
        obtained = tuple(map(Format.model_validate, self._ledger.get(MEDIA)["obtained"]))
        doubts = self._session.messages.doubts
        metadata = metadata_of(info, doubts)
        sidecars = Sidecars(self._session, self._staging)
        if self._options.subtitles:
            self._progress.say("subtitles")
            sidecars.subtitles(info, self._options)
        if self._options.thumbnail:
            sidecars.thumbnail(info)
        sidecars.texts(info, metadata)
        suspicion = withheld(doubts, self._options, obtained)
        return StagedDownload(
            metadata=metadata,
            files=(StagedFile(name=media.name, role=FileRole.MEDIA), *sidecars.files),
            obtained=obtained,
            resumed_bytes=self._session.resumed_bytes,
            notes=tuple(_noted(suspicion, sidecars.notes)),
            missing=tuple(sidecars.missing),
            withheld=suspicion,
        )

    def _process(self, told: dict[str, Any], *, download: bool, selected: bool) -> dict[str, Any]:
        session = self._session
        session.activity = "media"
        session.ledger = self._ledger
        if download:
            self._tidy()
            session.prepare_steps(self._options, has_chapters=bool(told.get("chapters")))
            session.on_selected = self._on_selected
            session.add_progress_hook(self._on_transfer)
            session.add_postprocessor_hook(self._on_step)
        info = told
        try:
            if not selected:
                info = session.process_ie_result(told, download=download)
            elif download:
                session.fetch(info)
        finally:
            session.ledger = None
            session.on_selected = None
        return info

    def _finished(self) -> Path | None:
        """The media file, when an earlier attempt completed it of the same item under the same options."""
        record = self._ledger.get(MEDIA)
        if record.get("wish") != self._wish():
            return None
        path = self._staging / str(record["file"])
        return path if self._ledger.is_complete(path) else None

    def _wish(self) -> str:
        item, options = self._request, self._options
        return " ".join(
            (item.extractor, item.video_id, options.quality, options.container, str(options.embed_chapters))
        )

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

    def _on_selected(self, info: Mapping[str, Any]) -> None:
        self._progress.plan(info.get("requested_formats") or [info])

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


def fetch_sidecars(session: Session, request: ItemRequest) -> FetchedSidecars:
    """Fetch only the subtitles and the thumbnail that the options wish for, and no byte of media.

    Raises what yt-dlp raises, or `StageError`.
    """
    with claimed(request):
        told = extract(session, request)
        session.prepare(request.options, request.staging)
        info = session.process_ie_result(told, download=False)
        sidecars = Sidecars(session, request.staging)
        if request.options.subtitles:
            sidecars.subtitles(info, request.options)
        if request.options.thumbnail:
            sidecars.thumbnail(info)
        return FetchedSidecars(files=tuple(sidecars.files), missing=tuple(sidecars.missing))


def _noted(suspicion: str | None, notes: Iterable[str]) -> Iterator[str]:
    if suspicion:
        yield f"better formats may be withheld: {suspicion}"
    yield from notes


def withheld(doubts: Iterable[str], options: JobOptions, obtained: Iterable[Format]) -> str | None:
    """Why the site may have a better picture of the wished kind than what was obtained, if it may."""
    wished = _HEIGHT.fullmatch(options.quality)
    height = max((f.height or 0 for f in obtained), default=0)
    better = options.quality == "best" or (wished is not None and height < int(wished[1]))
    doubt = next(iter(doubts), None)
    return clean(doubt)[:200] if better and doubt else None
