"""The forms in which YouTube answers: JSON, pages with JSON in scripts, and errors."""

from __future__ import annotations

import json
from datetime import datetime

from ..model import Response

Json = dict[str, object]

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

CLIENT_VERSION = "2.20261110.01.00"
VISITOR = "CgtTYW5kYm94MTIzNCiAgIC8BjIKCgJVUxIEGgAgIQ%3D%3D"
SIGNATURE_TIMESTAMP = 20767
PLAYER_JS = "/s/player/5a4db0c5/player_ias.vflset/en_US/base.js"

_YTCFG = json.dumps(
    {
        "INNERTUBE_API_KEY": "sandbox",
        "INNERTUBE_CLIENT_NAME": "WEB",
        "INNERTUBE_CLIENT_VERSION": CLIENT_VERSION,
        "INNERTUBE_CONTEXT_CLIENT_NAME": 1,
        "INNERTUBE_CONTEXT": {
            "client": {
                "hl": "en",
                "gl": "US",
                "clientName": "WEB",
                "clientVersion": CLIENT_VERSION,
                "visitorData": VISITOR,
            }
        },
        "VISITOR_DATA": VISITOR,
        "LOGGED_IN": False,
        "STS": SIGNATURE_TIMESTAMP,
        "PLAYER_JS_URL": PLAYER_JS,
    }
)


def in_json(value: object, status: int = 200) -> Response:
    """`value` as the API answers it."""
    return Response(status, body=_dump(value), content_type="application/json; charset=UTF-8")


def api_error(status: int, message: str, reason: str) -> Response:
    """An error as the inner API words it."""
    error = {"code": status, "message": message, "status": reason}
    return in_json({"error": error}, status)


def page(title: str, *, status: int = 200, **scripts: object) -> Response:
    """A page; each keyword becomes a script variable, as `ytInitialData` is."""
    variables = "".join(
        f"<script>var {name} = {_dump(value).decode().replace('<', chr(92) + 'u003c')};</script>"
        for name, value in scripts.items()
    )
    return Response(
        status,
        body=(
            f"<!DOCTYPE html><html><head><title>{_escape(title)}</title><script>ytcfg.set({_YTCFG});</script>"
            f"</head><body>{variables}</body></html>"
        ).encode(errors="replace"),
    )


def not_found() -> Response:
    """YouTube's 404 page."""
    return Response(404, body=b"<!DOCTYPE html><html><title>404 Not Found</title></html>")


def text(words: str) -> Json:
    """A text as most renderers hold it."""
    return {"simpleText": words}


def runs(*words: str) -> Json:
    """A text in pieces."""
    return {"runs": [{"text": each} for each in words]}


def short_count(number: int) -> str:
    """`48213` as `48.2K`, the way YouTube shows counts."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + letter
    return str(number)


def ago(then: datetime, now: datetime) -> str:
    """`3 years ago`, the way YouTube shows ages."""
    seconds = max(1, int((now - then).total_seconds()))
    for size, unit in (
        (31_536_000, "year"),
        (2_592_000, "month"),
        (86_400, "day"),
        (3600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size:
            return f"{seconds // size} {unit}{'s' if seconds >= 2 * size else ''} ago"
    return f"{seconds} second{'s' if seconds > 1 else ''} ago"


def clock(seconds: int) -> str:
    """`3725` as `1:02:05`."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _dump(value: object) -> bytes:
    return _encode(value).encode()


def _escape(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;")
