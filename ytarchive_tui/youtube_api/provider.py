"""Item metadata from `videos.list`."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import AtSource, ItemMetadata, Job
from ytarchive_tui.youtube_api.client import YouTubeClient, refusal

PARTS = "snippet,contentDetails,statistics,status,liveStreamingDetails"

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_LIVE = {"upcoming": "is_upcoming", "live": "is_live", "none": "not_live"}
_AT_SOURCE = {"public": AtSource.PUBLIC, "unlisted": AtSource.UNLISTED, "private": AtSource.PRIVATE}
_KEY = re.compile(r"(key=)[^&\s\"']+")


class ApiProvider:
    """Tells what the Data API knows of an item; formats and chapters are not among it."""

    def __init__(self, client: YouTubeClient) -> None:
        self._client = client

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """Ask for one item; raises `StageError`, also when the API does not know the id."""
        assert job.item is not None
        video_id = job.item.video_id
        try:
            answer = await asyncio.to_thread(self._client.videos, [video_id], PARTS)
        except Exception as error:
            raise StageError(_evidence(error)) from None
        for entry in answer.get("items", ()):
            if entry.get("id") == video_id:
                return metadata(entry)
        raise StageError(
            Evidence(exception=("NotListed",), message="the Data API lists no such video", activity="api")
        )


def metadata(entry: dict[str, Any]) -> ItemMetadata:
    """One `youtube#video` resource as item metadata."""
    snippet, details = entry.get("snippet", {}), entry.get("contentDetails", {})
    statistics, status = entry.get("statistics", {}), entry.get("status", {})
    published = snippet.get("publishedAt")
    return ItemMetadata(
        extractor="youtube",
        video_id=entry["id"],
        provider="youtube_api",
        title=snippet.get("title"),
        description=snippet.get("description"),
        channel=snippet.get("channelTitle"),
        channel_id=snippet.get("channelId"),
        duration_s=seconds(details.get("duration")),
        published_at=datetime.fromisoformat(published) if published else None,
        live_status=_LIVE.get(snippet.get("liveBroadcastContent", "")),
        at_source=_AT_SOURCE.get(status.get("privacyStatus", ""), AtSource.UNKNOWN),
        view_count=_count(statistics.get("viewCount")),
        like_count=_count(statistics.get("likeCount")),
        tags=tuple(snippet.get("tags", ())),
    )


def seconds(text: str | None) -> float | None:
    """An ISO 8601 duration as the API writes it (`PT1H2M3S`, `P1DT2S`); None when it is none."""
    match = _DURATION.fullmatch(text or "")
    if not match or not any(match.groups()):
        return None
    days, hours, minutes, rest = (int(group or 0) for group in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + rest)


def _count(text: str | None) -> int | None:
    return int(text) if text is not None else None


def _evidence(error: Exception) -> Evidence:
    """Facts of a failed call; the text of the client's errors holds the key, so it is cut out."""
    reason = refusal(error)
    message = _KEY.sub(r"\1…", str(error))
    return Evidence(
        exception=(type(error).__name__, reason) if reason else (type(error).__name__,),
        message=message,
        http_status=getattr(error, "status_code", None),
        errno=getattr(error, "errno", None),
        activity="api",
    )
