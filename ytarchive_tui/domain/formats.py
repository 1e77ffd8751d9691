"""The formats of a video in a few words."""

from __future__ import annotations

from collections.abc import Iterable

from ytarchive_tui.domain.models import Format

MOST = 30
_CODECS = {"avc1": "h264", "hev1": "h265", "hvc1": "h265", "vp09": "vp9", "av01": "av1", "mp4a": "aac"}


def in_short(formats: Iterable[Format]) -> tuple[str, ...]:
    """`2160p60 vp9`, `1080p h264`, `opus`: what differs in height, rate or codec, best first, then sounds.

    Sizes, hosts and bit rates are left out: they are many, and stale within hours.
    """
    pictures: set[tuple[int, int, str]] = set()
    sounds: dict[str, None] = {}
    for each in formats:
        if each.vcodec:
            rate = round(each.fps or 0)
            pictures.add((each.height or 0, rate if rate > 30 else 0, _codec(each.vcodec)))
        elif each.acodec:
            sounds[_codec(each.acodec)] = None
    seen = [f"{height}p{rate or ''} {codec}" for height, rate, codec in sorted(pictures, reverse=True)]
    return (*seen, *sounds)[:MOST]


def _codec(told: str) -> str:
    """`avc1.64001F` is H.264 at some level; only that counts here."""
    name = told.partition(".")[0].lower()
    return _CODECS.get(name, name)[:12]
