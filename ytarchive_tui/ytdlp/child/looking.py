"""Looks at single videos that a list names no more, at one request each."""

from __future__ import annotations

import re
from typing import Any

from yt_dlp.utils import DownloadError, ExtractorError

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import AtSource
from ytarchive_tui.ytdlp.child.evidence import evidence
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.protocol import LookRequest

_LEAST = {"player_client": ["visionos"], "player_skip": ["webpage", "configs", "js", "initial_data"]}
"""Of all that an extraction asks for, the player's answer alone."""
_PRIVATE = re.compile(r"private video|video is private", re.IGNORECASE)
_TOLD = {FailureClass.GONE: AtSource.REMOVED, FailureClass.NOT_YET: AtSource.UPCOMING}
_NO_ANSWER = frozenset({FailureClass.THROTTLED, FailureClass.BOT_CHECK, FailureClass.NET_TRANSIENT})


def look(session: Session, request: LookRequest) -> dict[str, str]:
    """How each video is seen; raises what yt-dlp raises when the site does not answer at all."""
    session.activity = "list"
    given = session.params.get("extractor_args") or {}
    session.params["extractor_args"] = {**given, "youtube": {**given.get("youtube", {}), **_LEAST}}
    return {video_id: _seen(session, video_id) for video_id in request.video_ids}


def _seen(session: Session, video_id: str) -> str:
    session.withheld.clear()
    session.messages.warnings.clear()
    try:
        info: dict[str, Any] = session.extract_info(
            f"https://www.youtube.com/watch?v={video_id}", download=False, process=False
        )
    except (DownloadError, ExtractorError) as error:
        return _judged(session, error)
    if session.withheld and not info.get("formats"):
        return _judged(session, session.withheld[0])
    return AtSource.PUBLIC


def _judged(session: Session, error: Exception) -> str:
    found = evidence(error, session)
    if _PRIVATE.search(found.message):
        return AtSource.PRIVATE
    failure = classify(found).failure_class
    if failure in _NO_ANSWER:
        raise error
    return _TOLD.get(failure, AtSource.UNKNOWN)
