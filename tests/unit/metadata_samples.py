"""A sandbox with a Data API, a state file, and clients that are paid from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.quota import StoredLedger
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import ItemMetadata
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.youtube_api.client import YouTubeClient
from ytarchive_tui.youtube_api.lines import ApiConfig

KEY = "sandbox-key"
CANARY = "AIzaCanaryKey0123456789012345678901234"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def client_of(
    sandbox: Addresses,
    db: Database,
    *keys: str,
    limit: int = 10_000,
    now: Callable[[], datetime] | None = None,
    timeout_s: float = 5,
) -> YouTubeClient:
    config = ApiConfig(keys=keys or (KEY,), endpoint=sandbox.api, timeout_s=timeout_s)
    more: dict[str, Any] = {"now": now} if now else {}
    return YouTubeClient(config, StoredLedger(db, limit=limit), **more)


class Extractor:
    """Stands in for yt-dlp where only who is asked matters; remembers whom it was asked for."""

    def __init__(self, error: StageError | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    async def __call__(self, video_id: str) -> ItemMetadata:
        self.asked.append(video_id)
        if self._error is not None:
            raise self._error
        return ItemMetadata(extractor="youtube", video_id=video_id, provider="ytdlp", title=f"T {video_id}")
