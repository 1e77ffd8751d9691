"""What an error of the Data API means: for the key, for the next try, and for people."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from ytarchive_tui.domain.errors import Evidence
from ytarchive_tui.domain.pacific import quota_renewed
from ytarchive_tui.domain.text import plain
from ytarchive_tui.youtube_api.lines import MalformedAnswerError


class Meaning(Enum):
    """What follows from an error."""

    SPENT = "quota"
    """The key has no quota left today."""
    TOO_FAST = "rate"
    """The key is used too fast."""
    KEY_REFUSED = "key"
    BROKEN = "broken"
    """Server error, broken connection, garbage: may be over in a moment."""
    REFUSED = "refused"
    """The call itself is wrong, or what it asks for is not there."""


_REASONS: dict[str, Meaning] = {
    **dict.fromkeys(("quotaExceeded", "dailyLimitExceeded"), Meaning.SPENT),
    **dict.fromkeys(
        ("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"), Meaning.TOO_FAST
    ),
    **dict.fromkeys(
        ("API_KEY_INVALID", "keyInvalid", "keyExpired", "accessNotConfigured", "SERVICE_DISABLED",
         "API_KEY_SERVICE_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED", "API_KEY_HTTP_REFERRER_BLOCKED",
         "ipRefererBlocked", "CONSUMER_INVALID", "CONSUMER_SUSPENDED"),
        Meaning.KEY_REFUSED,
    ),
}  # fmt: skip
"""https://developers.google.com/youtube/v3/docs/errors and google.api.ErrorReason."""
CAUSES = {
    Meaning.SPENT: "quotaExceeded",
    Meaning.TOO_FAST: "rateLimitExceeded",
    Meaning.KEY_REFUSED: "ApiKeyRefused",
}
"""What makes a key rest, in one word for all of Google's."""
_RATE_REST = timedelta(minutes=1)
_REFUSED_REST = timedelta(hours=1)
"""Someone may lift a restriction in Google's console at any time."""
_LONGEST = 300
_MARKUP = re.compile(r"</?\w[^<>]*>")
"""Google's texts hold links and code as HTML."""


def meaning(error: Exception) -> Meaning:
    """What the error means."""
    told = _told(error)
    for each in told:
        if (known := _REASONS.get(str(each.get("reason")))) is not None:
            return known
    status = getattr(error, "status_code", None)
    if status is None or status >= 500:
        return Meaning.BROKEN
    if status == 429:
        return Meaning.TOO_FAST
    if status in (401, 403) and any(each.get("domain") in ("global", "usageLimits") for each in told):
        return Meaning.KEY_REFUSED
    return Meaning.REFUSED


def rest_until(what: Meaning, now: datetime) -> datetime:
    """Until when a key with one of the `CAUSES` is left alone."""
    match what:
        case Meaning.SPENT:
            return quota_renewed(now)
        case Meaning.TOO_FAST:
            return now + _RATE_REST
        case _:
            return now + _REFUSED_REST


def _told(error: Exception) -> list[dict[str, Any]]:
    """Reasons with their domains as the error's body lists them; empty when there is no such body."""
    try:
        told: Any = json.loads(getattr(error, "content", b""))["error"]
        return [each for each in (*told.get("details", ()), *told.get("errors", ())) if each.get("reason")]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []


def evidence(error: Exception) -> Evidence:
    """Facts of a failed call. The key is in none of them: it travels in a header."""
    what = meaning(error)
    word = CAUSES.get(what) or ("MalformedAnswer" if isinstance(error, MalformedAnswerError) else None)
    said = getattr(error, "reason", None)
    return Evidence(
        exception=tuple(filter(None, (type(error).__name__, word))),
        message=plain(_MARKUP.sub("", str(said or error)) or type(error).__name__, _LONGEST),
        http_status=getattr(error, "status_code", None),
        errno=getattr(error, "errno", None),
        activity="api",
    )
