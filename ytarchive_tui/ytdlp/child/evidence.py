"""What was seen when yt-dlp failed, as facts; nothing here judges them."""

from __future__ import annotations

import re
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from yt_dlp.networking.exceptions import HTTPError

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.ytdlp import task

if TYPE_CHECKING:
    from ytarchive_tui.ytdlp.child.session import Session

_OF_CONNECTIONS = (ConnectionError, TimeoutError, socket.gaierror, socket.herror, ssl.SSLError)
_ASKING = ("extract", "subtitles", "thumbnail")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_STATUS = re.compile(r"HTTP Error (\d{3})")
_PREFIX = re.compile(r"^(?:\s*ERROR:)?\s*")


def clean(text: str) -> str:
    """The text without colour codes, NUL and halves of surrogate pairs."""
    return _ANSI.sub("", text).replace("\0", "").encode("utf-8", "replace").decode()


def evidence(error: BaseException, session: Session, **known: Any) -> Evidence:
    """All that the exception, its causes and the warnings before it tell."""
    if isinstance(error, StageError):
        return error.evidence.model_copy(
            update={"activity": error.evidence.activity or session.activity, **known}
        )
    plain = task.evidence_of(error)
    refused = [e for e in task.causes(error) if isinstance(e, HTTPError)]
    warnings = tuple(clean(warning) for warning in session.messages.warnings)
    return plain.model_copy(
        update={
            "message": _PREFIX.sub("", clean(plain.message)),
            "http_status": refused[-1].status if refused else _told_status(plain.message, *warnings[::-1]),
            "retry_after_s": _retry_after(refused[-1] if refused else session.refusal),
            "warnings": warnings[-10:],
            "activity": _activity(error, session),
            **known,
        }
    )


def _activity(error: BaseException, session: Session) -> str:
    """What was being done: asking the site also writes to staging, and the system may refuse that.

    Errors of the network never come as they are from yt-dlp.
    """
    of_a_file = isinstance(error, OSError) and not isinstance(error, _OF_CONNECTIONS)
    return "staging" if of_a_file and session.activity in _ASKING else session.activity


def _told_status(*texts: str) -> int | None:
    """The HTTP status that the first text with one names."""
    found = next((match for text in texts if (match := _STATUS.search(text))), None)
    return int(found[1]) if found else None


def _retry_after(error: HTTPError | None) -> float | None:
    """Seconds from a Retry-After header, which may also name a moment (RFC 9110, 10.2.3)."""
    value = error.response.headers.get("Retry-After", "") if error else ""
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
