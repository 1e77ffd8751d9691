"""The calls of the Data API that an archive needs, paid from a ledger before they are made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.ports import QuotaLedger
from ytarchive_tui.domain.quota import MOST_AT_ONCE, THE_API, WARN_AT, NoneLeft, fingerprint
from ytarchive_tui.youtube_api.lines import Answer, ApiConfig, Call, Lines
from ytarchive_tui.youtube_api.refusals import CAUSES, Meaning, evidence, meaning, rest_until

log = logging.getLogger(__name__)

VIDEO_PARTS = "snippet,contentDetails,statistics,status,topicDetails,liveStreamingDetails"
ITEM_PARTS = "snippet,contentDetails,status"
LIST_PARTS = "snippet,contentDetails,status"
CHANNEL_PARTS = "snippet,contentDetails,statistics,status"
_TRIES = 2
_PAUSE_S = 0.5
_BROKEN_REST = timedelta(minutes=1)
_UNREACHED = frozenset({"ConnectionRefusedError", "ServerNotFoundError"})
"""Errors after which nothing was asked, so nothing was spent."""


class YouTubeClient:
    """Every call is one page or at most 50 ids; each raises `StageError` when no key gets an answer.

    A key that is spent, refused or too fast rests, by the ledger, and the next one is used. When the API
    itself is broken or hangs, it is left alone for a minute: whoever waits has another way to go.
    """

    def __init__(
        self, config: ApiConfig, ledger: QuotaLedger, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._keys = {fingerprint(key): key for key in config.keys}
        self._lines = Lines(config)
        self._ledger = ledger
        self._now = now
        self._broken: tuple[datetime, Evidence] | None = None

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    async def videos(self, ids: Sequence[str], *, etag: str | None = None) -> Answer:
        """`videos.list`; ids that the API does not know are missing from the answer."""
        return await self._ask("videos", {"part": VIDEO_PARTS, "id": _joined(ids)}, etag)

    async def playlists(self, ids: Sequence[str], *, etag: str | None = None) -> Answer:
        """`playlists.list` by id."""
        return await self._ask("playlists", {"part": LIST_PARTS, "id": _joined(ids)}, etag)

    async def playlist_items(
        self, playlist_id: str, page_token: str | None = None, etag: str | None = None
    ) -> Answer:
        """`playlistItems.list`: a page of 50, in the list's order; `nextPageToken` leads to the next."""
        parameters = {"part": ITEM_PARTS, "playlistId": playlist_id, "maxResults": MOST_AT_ONCE}
        if page_token:
            parameters["pageToken"] = page_token
        return await self._ask("playlistItems", parameters, etag)

    async def channels(self, ids: Sequence[str], *, etag: str | None = None) -> Answer:
        """`channels.list` by id; `contentDetails.relatedPlaylists.uploads` names the list of uploads."""
        return await self._ask("channels", {"part": CHANNEL_PARTS, "id": _joined(ids)}, etag)

    async def channel_of(self, handle: str, *, etag: str | None = None) -> Answer:
        """`channels.list` by `@handle`."""
        return await self._ask("channels", {"part": CHANNEL_PARTS, "forHandle": handle}, etag)

    async def captions(self, video_id: str, *, etag: str | None = None) -> Answer:
        """`captions.list`: the tracks of one video; the dearest call of all."""
        return await self._ask("captions", {"part": "snippet", "videoId": video_id}, etag)

    async def _ask(self, collection: str, parameters: dict[str, Any], etag: str | None) -> Answer:
        """Try each key that may be used, and a broken answer once more."""
        if self._broken is not None and self._now() < self._broken[0]:
            raise StageError(self._broken[1])
        headers = {"if-none-match": etag} if etag else {}
        failed: Evidence | None = None
        tries = 0
        while True:
            charged = await self._ledger.charge(self._keys, f"{collection}.list")
            if isinstance(charged, NoneLeft):
                raise StageError(failed or _none_left(charged, self._now()))
            if charged.warn:
                log.warning("%d %% of today's quota of key %s is used", WARN_AT * 100, charged.key)
            headers["x-goog-api-key"] = self._keys[charged.key]
            try:
                answer = await self._lines.ask(Call(collection, parameters, dict(headers)))
            except Exception as error:
                what, failed = meaning(error), evidence(error)
                if type(error).__name__ in _UNREACHED:
                    await self._ledger.give_back(charged)
            else:
                if self._broken is not None:
                    self._broken = None
                    await self._ledger.rest(THE_API, self._now(), "ApiBroken", "")
                return answer
            if what in CAUSES:
                until = rest_until(what, self._now())
                log.warning("key %s rests until %s: %s", charged.key, until, failed.message)
                await self._ledger.rest(charged.key, until, CAUSES[what], failed.message)
                continue
            tries += 1
            if what is Meaning.REFUSED:
                raise StageError(failed)
            if tries == _TRIES:
                self._broken = self._now() + _BROKEN_REST, failed
                await self._ledger.rest(THE_API, self._broken[0], "ApiBroken", classify(failed).sentence)
                raise StageError(failed)
            await asyncio.sleep(_PAUSE_S)


def _joined(ids: Sequence[str]) -> str:
    assert 0 < len(ids) <= MOST_AT_ONCE, "the API takes 1 to 50 ids"
    return ",".join(ids)


def _none_left(left: NoneLeft, now: datetime) -> Evidence:
    return Evidence(
        exception=("NoKeyLeft", left.cause),
        message=left.why,
        retry_after_s=(left.until - now).total_seconds(),
        activity="api",
    )
