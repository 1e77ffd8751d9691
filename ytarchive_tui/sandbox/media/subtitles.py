"""Subtitles and automatic captions in the formats that YouTube offers (`fmt` of its timedtext)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from typing import Any

from ..model import Video
from .layout import SmallFile
from .phrases import phrases

CUE_MS = 4000
PAUSE_MS = 250
"""Nothing is said at the end of a cue, but at the end of the last."""


_XML_HEAD = '<?xml version="1.0" encoding="utf-8" ?>\n'
_NO_MARKS = dict.fromkeys(map(ord, ".,!?¡¿。،।"))


@dataclass(frozen=True, slots=True)
class _Cue:
    start_ms: int
    end_ms: int
    text: str

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


def subtitle(video: Video, language: str, auto: bool, fmt: str) -> SmallFile:
    """The caption track in that language, from the video's first second to its last.

    `auto` is written as speech recognition does: no capitals, no marks. KeyError for an unknown `fmt`.
    """
    content_type, write = _WRITERS[fmt]
    data = write(_cues(video, language, auto), language).encode()
    return SmallFile(data, content_type, f'"{blake2b(data, digest_size=8).hexdigest()}"')


def _cues(video: Video, language: str, auto: bool) -> list[_Cue]:
    said, end = phrases(language), video.duration_s * 1000
    if auto:
        said = tuple(one.translate(_NO_MARKS).strip().lower() for one in said)
    first = blake2b(video.id.encode(), digest_size=1).digest()[0]
    return [
        _Cue(
            start,
            end if start + CUE_MS >= end else start + CUE_MS - PAUSE_MS,
            f"{said[(first + number) % len(said)]} ({number + 1})",
        )
        for number, start in enumerate(range(0, end, CUE_MS))
    ]


def _clock(ms: int, mark: str) -> str:
    """Hours, minutes, seconds and milliseconds, such as `00:01:02.500`."""
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _vtt(cues: list[_Cue], language: str) -> str:
    head = f"WEBVTT\nKind: captions\nLanguage: {language}\n\n"
    return head + "".join(
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{escape(cue.text, False)}\n\n"
        for cue in cues
    )


def _srt(cues: list[_Cue], language: str) -> str:
    return "".join(
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{cue.text}\n\n"
        for number, cue in enumerate(cues, 1)
    )


def _json3(cues: list[_Cue], language: str) -> str:
    events: list[dict[str, Any]] = [
        {"tStartMs": cue.start_ms, "dDurationMs": cue.length_ms, "segs": [{"utf8": cue.text}]} for cue in cues
    ]
    return json.dumps({"wireMagic": "pb3", "pens": [{}], "events": events})


def _srv1(cues: list[_Cue], language: str) -> str:
    lines = (
        f'<text start="{cue.start_ms / 1000}" dur="{cue.length_ms / 1000}">{escape(cue.text)}</text>'
        for cue in cues
    )
    return f"{_XML_HEAD}<transcript>{''.join(lines)}</transcript>"


def _srv2(cues: list[_Cue], language: str) -> str:
    lines = (f'<text t="{cue.start_ms}" d="{cue.length_ms}">{escape(cue.text)}</text>' for cue in cues)
    return f"{_XML_HEAD}<timedtext>{''.join(lines)}</timedtext>"


def _srv3(cues: list[_Cue], language: str) -> str:
    lines = (f'<p t="{cue.start_ms}" d="{cue.length_ms}">{escape(cue.text)}</p>\n' for cue in cues)
    return f'{_XML_HEAD}<timedtext format="3">\n<body>\n{"".join(lines)}</body>\n</timedtext>\n'


def _ttml(cues: list[_Cue], language: str) -> str:
    lines = (
        f'<p begin="{_clock(cue.start_ms, ".")}" end="{_clock(cue.end_ms, ".")}">{escape(cue.text)}</p>\n'
        for cue in cues
    )
    return (
        f'{_XML_HEAD}<tt xml:lang="{escape(language)}" xmlns="http://www.w3.org/ns/ttml">\n'
        f"<body>\n<div>\n{''.join(lines)}</div>\n</body>\n</tt>\n"
    )


_XML = "text/xml; charset=UTF-8"
_WRITERS: dict[str, tuple[str, Callable[[list[_Cue], str], str]]] = {
    "json3": ("application/json; charset=UTF-8", _json3),
    "srv1": (_XML, _srv1),
    "srv2": (_XML, _srv2),
    "srv3": (_XML, _srv3),
    "ttml": (_XML, _ttml),
    "srt": ("application/x-subrip; charset=UTF-8", _srt),
    "vtt": ("text/vtt; charset=UTF-8", _vtt),
}
SUBTITLE_FORMATS = tuple(_WRITERS)
"""Known values of `fmt`, in the order in which YouTube's extractor lists them."""
