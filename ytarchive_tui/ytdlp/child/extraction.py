"""Asks the site for one item, and keeps the answer for the stage after."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from yt_dlp.utils import LazyList

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import EXTRACTED
from ytarchive_tui.ytdlp.child.describe import starts_at
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.options import captions_in
from ytarchive_tui.ytdlp.protocol import ItemRequest

_NOT_YET = {
    "is_upcoming": "the video is announced",
    "is_live": "the stream is still running",
    "post_live": "the recording of the stream is not ready yet",
}
_REFERENCES = ("url", "url_transparent")
_MOST_REFERENCES = 3


def extract(session: Session, request: ItemRequest) -> dict[str, Any]:
    """The item as the extractor tells it, before any format is selected; also written to staging.

    Raises what yt-dlp raises, or `StageError` for an item that can't be downloaded yet.
    """
    session.activity = "extract"
    # A kept session may have asked for the item before.
    session.withheld.clear()
    session.messages.warnings.clear()
    session.refusal = None
    session.captions_in = captions_in(request.options)
    info = session.extract_info(request.url, download=False, process=False)
    for _ in range(_MOST_REFERENCES):
        if info.get("_type") not in _REFERENCES:
            break
        info = session.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
    if info.get("_type", "video") != "video":
        raise _refusal("NotAVideo", "the address leads to a list, not to a video", info)
    if info.get("id") != request.video_id:
        # yt-dlp answers a film that is for sale or rent with its trailer.
        raise _refusal("OnlyATrailer", "only a trailer is offered; the film requires payment", {})
    if info.get("live_status") in _NOT_YET:
        why = str(session.withheld[0]) if session.withheld else _NOT_YET[info["live_status"]]
        raise _refusal("NotYet", why, info)
    if session.withheld and not info.get("formats"):
        raise session.withheld[0]
    kept = {
        "extracted_at": time.time(),
        "info": info,
        "doubts": session.messages.doubts,
        "captions": sorted(session.captions_in),
    }
    text = json.dumps(kept, default=_plain)
    _write(request.staging / EXTRACTED, text)
    # What a later child reads, and in less time than yt-dlp takes to make a plain copy.
    told: dict[str, Any] = json.loads(text)["info"]
    return told


def extracted(session: Session, request: ItemRequest) -> dict[str, Any] | None:
    """What `extract` wrote, when it is of this item, young enough and has the captions that are wished for.

    The session learns its doubts.
    """
    try:
        kept = json.loads((request.staging / EXTRACTED).read_bytes())
        age = time.time() - kept["extracted_at"]
        info: dict[str, Any] = kept["info"]
        doubts = list(kept["doubts"])
        same = info["id"] == request.video_id and info["extractor_key"].lower() == request.extractor
        same = same and captions_in(request.options) <= set(kept["captions"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not same or not 0 <= age <= request.max_age_s:
        return None
    session.messages.warnings.extend(doubts)
    return info


def mark(staging: Path) -> tuple[int, int] | None:
    """What tells the extraction that lies in staging from any other; None when there is none."""
    try:
        found = (staging / EXTRACTED).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _plain(value: object) -> object:
    return list(value) if isinstance(value, (set, LazyList)) else str(value)


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with open(fresh, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    os.replace(fresh, path)


def _refusal(name: str, message: str, info: dict[str, Any]) -> StageError:
    return StageError(
        Evidence(
            exception=(name,),
            message=message,
            live_status=info.get("live_status"),
            availability=info.get("availability"),
            starts_at=starts_at(info),
            activity="extract",
        )
    )
