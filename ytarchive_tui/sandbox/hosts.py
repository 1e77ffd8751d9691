"""The host names that the sandbox plays, and nobody else's."""

from __future__ import annotations

API_HOST = "youtube.googleapis.com"

NAMES = (
    "youtube.com",
    "*.youtube.com",
    "youtu.be",
    "*.youtu.be",
    "youtube-nocookie.com",
    "*.youtube-nocookie.com",
    "*.googlevideo.com",
    "*.ytimg.com",
    "*.ggpht.com",
    "yt3.googleusercontent.com",
    "youtubei.googleapis.com",
    API_HOST,
)
"""Names as they stand in the certificate; as there, a star means exactly one label."""


def is_youtube(host: str) -> bool:
    """Tell whether the sandbox answers for `host`, a name in lower case without a port."""
    return host in NAMES or "*." + host.partition(".")[2] in NAMES


def refusal(host: str) -> str:
    """Say why the sandbox does not lead to `host`."""
    return f"The sandbox is a local YouTube and leads nowhere else, so not to {host!r}."
