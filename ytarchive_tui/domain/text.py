"""Text from outside, made safe to show."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|(?:\x1b[\]P_^X]|[\x9d\x90\x9f\x9e\x98])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, APC, PM, SOS
    r"|\x1b[ -/]*[0-~]"  # two bytes and a few more
)
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f"  # C0, DEL and C1 controls
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks, embeddings, overrides and isolates of direction
    r"\ufeff\ufff9-\ufffb]"  # byte order mark, interlinear annotation
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def storable(text: str) -> str:
    """Remote text as it is kept: without terminal colours, NUL and halves of surrogate pairs."""
    return _COLOURS.sub("", text).replace("\0", "").encode("utf-8", "replace").decode()


def plain(text: str, limit: int | None = None) -> str:
    """Make remote text safe for one line of a terminal or a log.

    Escape sequences, control characters and marks of direction go, line breaks become one space,
    lone surrogates become U+FFFD. With `limit`, at most that many characters remain, the last one
    being `…` if something was cut. Joiners stay: emoji and several scripts need them.
    """
    if not (text.isascii() and text.isprintable()):
        text = _ESCAPES.sub("", text)
        text = _SPACES.sub(" ", text)
        text = _UNSAFE.sub("", text)
        text = _SURROGATES.sub("\ufffd", text)
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"[:limit]
    return text
