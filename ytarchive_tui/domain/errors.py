"""The taxonomy of failures: every way in which a stage can end badly has one class."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class FailureClass(StrEnum):
    """Why a stage failed; the class alone decides what follows (see `policy`)."""

    NET_TRANSIENT = "net_transient"
    URL_EXPIRED = "url_expired"
    THROTTLED = "throttled"
    BOT_CHECK = "bot_check"
    AUTH = "auth"
    GEO = "geo"
    GONE = "gone"
    NOT_YET = "not_yet"
    UNSUPPORTED = "unsupported"
    FORMAT = "format"
    TOOL = "tool"
    LOCAL_DISK = "local_disk"
    """No space or no quota left at the archive."""
    LOCAL_IO = "local_io"
    """The archive can't be written: read-only, unmounted, forbidden, broken."""
    INCOMPLETE = "incomplete"
    """What was downloaded is not what it should be."""
    BUG = "bug"
    UNKNOWN = "unknown"


class Evidence(BaseModel):
    """What was seen when a stage failed; facts only, the classification reads them."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    exception: tuple[str, ...] = ()
    """Class names from the raised exception inwards through its causes, outermost first."""
    message: str = ""
    """The exception's text, without colour codes; may be hostile."""
    http_status: int | None = None
    retry_after_s: float | None = None
    errno: int | None = None
    live_status: str | None = None
    availability: str | None = None
    starts_at: datetime | None = None
    """When an announced video begins, UTC."""
    warnings: tuple[str, ...] = ()
    """The tool's warnings of this attempt, newest last; yt-dlp hides an HTTP status in them."""
    activity: str = ""
    """What was being done: `extract`, `list`, `media`, `merge`, `verify`, `commit`, …"""


class Failure(BaseModel):
    """A classified failure: the class, one sentence for people, and what was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    failure_class: FailureClass
    sentence: str
    evidence: Evidence = Evidence()


class StageError(Exception):
    """Raised by an adapter whose stage failed; carries the evidence, not a verdict."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.message)
        self.evidence = evidence


class UsageError(Exception):
    """What the user gave can't be used; the text says what to do."""


class ToolsMissingError(UsageError):
    """A program without which nothing can be archived is not there, or is broken."""


class EngineBusyError(Exception):
    """Another process holds the engine's lock; the text says which."""


class StateError(Exception):
    """The state file can't be used; the text says why and what to do."""
