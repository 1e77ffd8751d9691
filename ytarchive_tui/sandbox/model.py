"""What the sandbox's parts say to each other: videos, lists, requests and answers.

Only the standard library is used, so that every other sandbox module can import this one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Condition(StrEnum):
    """What is wrong with a video, or with the way to it; `OK` when nothing is."""

    OK = "ok"
    # The video itself: answered by the player API and shown in lists as YouTube does.
    PRIVATE = "private"
    DELETED = "deleted"
    TERMINATED = "terminated"
    MEMBERS = "members"
    AGE = "age"
    GEO = "geo"
    PREMIERE = "premiere"
    LIVE = "live"
    BOT_CHECK = "bot_check"
    DRM = "drm"
    UNEXPLAINED = "unexplained"
    """Refused with words that no client knows."""
    # The way to its metadata.
    PLAYER_429 = "player_429"
    PLAYER_5XX = "player_5xx"
    # The way to its media.
    MEDIA_403 = "media_403"
    MEDIA_429 = "media_429"
    MEDIA_5XX = "media_5xx"
    MEDIA_STALL = "media_stall"
    MEDIA_RESET = "media_reset"
    MEDIA_TRUNCATED = "media_truncated"
    MEDIA_HTML = "media_html"
    MEDIA_CHANGED = "media_changed"
    """Every answer to a new connection comes from another version of the file (other bytes, other ETag)."""
    HLS_HOLES = "hls_holes"
    """Only HLS is offered, and two of its fragments answer 404."""
    HLS_ONLY = "hls_only"
    SUBTITLE_429 = "subtitle_429"


class VideoKind(StrEnum):
    """The channel tab on which a video stands."""

    VIDEO = "video"
    SHORT = "short"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption track; `auto` marks YouTube's speech recognition."""

    language: str
    name: str
    auto: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter's title and its start in seconds."""

    start_s: int
    title: str


@dataclass(frozen=True, slots=True)
class Video:
    """All that the sandbox knows of one video; computed from its id, never stored."""

    id: str
    title: str
    description: str
    channel_id: str
    duration_s: int
    published: datetime
    views: int
    kind: VideoKind = VideoKind.VIDEO
    heights: tuple[int, ...] = (144, 360, 720, 1080)
    captions: tuple[Caption, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    condition: Condition = Condition.OK
    media_bytes: int | None = None
    """Size wished for each video file, in bytes; None leaves the natural size."""
    revision: int = 0
    """Rises when the uploader replaces the media: the bytes and the ETag change with it."""
    restless: bool = False
    """Whether every new connection finds another revision, besides what the condition does."""
    starts_at: datetime | None = None
    """When a premiere or an announced stream begins."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """A list of videos; `video_id(i)` computes the entry, so length costs no memory."""

    id: str
    title: str
    channel_id: str
    length: int
    video_id: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel with its tabs; each tab is a `Playlist`."""

    id: str
    handle: str
    title: str
    description: str
    subscribers: int
    tabs: Mapping[VideoKind, Playlist]
    playlists: tuple[str, ...] = ()


class VirtualFile(Protocol):
    """A file whose bytes are computed when they are read."""

    @property
    def size(self) -> int: ...
    @property
    def content_type(self) -> str: ...
    @property
    def etag(self) -> str: ...
    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of [start, end) in blocks of at most 256 KiB."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, after TLS and the proxy."""

    method: str
    scheme: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    connection: int


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: whole bytes, or a virtual file that the server slices by the Range header."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | VirtualFile = b""
    content_type: str = "text/html; charset=utf-8"
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """How the server spoils an answer on the wire, after `after_bytes` of its body."""

    kind: FaultKind
    after_bytes: int = 0


class FaultKind(StrEnum):
    """Ways in which a transfer goes wrong."""

    STALL = "stall"
    RESET = "reset"
    TRUNCATE = "truncate"
    """The connection is closed cleanly before Content-Length is reached."""


Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Knobs:
    """Everything that can be set while the sandbox runs; `None` and 0 mean off."""

    latency_ms: int = 0
    """Added before each answer."""
    connection_bps: int = 0
    """Bandwidth of one connection, in bytes a second."""
    total_bps: int = 0
    """Bandwidth of all connections together, in bytes a second."""
    budget_requests: int = 0
    """Requests (player, browse, watch pages) allowed in each window; more get a ban."""
    budget_window_s: float = 60.0
    ban_s: float = 600.0
    ban_kind: str = "bot_check"
    """`bot_check` (player says "not a bot") or `429` (every request answers 429)."""
    retry_after_s: int = 0
    media_bytes: int = 0
    """Size of every video file that has none of its own."""
    api_keys: dict[str, int] = field(default_factory=lambda: {"sandbox-key": 10_000})
    """Data API keys and the quota units each may spend; an unknown key is answered as YouTube does."""
    api_fault: str = ""
    """`500`, `503`, `rateLimitExceeded`, `malformed` or `hang`, for every Data API call."""
    browse_fail_after: int = 0
    """Continuation pages of a list answer 429 from this page on (1 = first continuation)."""
    list_updated: str = "Nov 12, 2021"
    """The day on which each playlist says that it was changed last."""
    conditions: dict[str, str] = field(default_factory=dict)
    """Video id → condition, over what the catalogue says."""
    overrides: dict[str, dict[str, object]] = field(default_factory=dict)
    """Video id → fields of `Video` to replace (title, duration_s, revision, ...)."""
    fail_times: dict[str, int] = field(default_factory=dict)
    """Video id → how often its condition strikes before the video is OK; absent means always."""
    offline: bool = False
    """The proxy accepts and drops every connection at once."""
