"""The one place where text from outside loses its power over the terminal.

Textual keeps escape, C1 and bidi bytes in what it draws, with or without markup. Every line of every
widget passes through the app's line filters on its way out, so one filter there covers tables,
labels, toasts, tooltips and dialogs alike, those not yet written included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HARMFUL = re.compile(
    r"[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line separators; marks and overrides of direction
    r"\ufeff\ufff9-\ufffb\ud800-\udfff]"  # byte order mark, annotations, lone surrogates
)
_FOREIGN = re.compile(r"[^ -~]")
_DRAWN = str.maketrans(
    dict.fromkeys("─━╌═▔", "-")
    | dict.fromkeys("│┃║▌▐▎▊▏▕", "|")
    | dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛", "+")
    | dict.fromkeys("▁▂▃▄▅▆▇█▀", " ")
    | dict.fromkeys("·–—", "-")
    | dict.fromkeys("«»“”", '"')
    | dict.fromkeys("‘’", "'")
    | dict(zip("…→←↑↓▸▶▾▼▲×●✓", "~><^v>>vv^x*+", strict=True))
    | {"🔎": "> "}
)
"""What stands for lines, scroll bars and signs where only ASCII is drawn; as many cells wide."""
MOST_MARKS = 8
"""Marks that one cell may carry; written languages need five at most."""


def neutral(text: str, *, drawn_in_ascii: bool = False, ascii_only: bool = False) -> str:
    """The text without control and direction characters, as many cells wide as before.

    `drawn_in_ascii`: lines and signs are of ASCII as well, letters stay. `ascii_only` is for terminals that
    read bytes and not UTF-8: there the second byte of a letter may be the beginning of a command.
    """
    if text.isascii() and text.isprintable():
        return text
    if drawn_in_ascii or ascii_only:
        text = text.translate(_DRAWN)
    if ascii_only:
        return _FOREIGN.sub(lambda found: "?" * cell_len(found[0]), text)
    text = text if text.isprintable() else _HARMFUL.sub(lambda found: "\ufffd" * cell_len(found[0]), text)
    return text


def _thinned(texts: Sequence[str]) -> list[str]:
    """The parts of one line without the marks beyond `MOST_MARKS` on each character that takes room.

    A cell with more characters than that is no writing, and can keep a terminal busy for seconds. The
    marks of a cell may stand in several parts.
    """
    if sum(map(len, texts)) <= sum(map(cell_len, texts)) + MOST_MARKS:
        return list(texts)
    found, marks = [], 0
    for text in texts:
        kept = []
        for char in text:
            marks = 0 if cell_len(char) else marks + 1
            if marks <= MOST_MARKS:
                kept.append(char)
        found.append("".join(kept))
    return found


class Neutral(LineFilter):
    """Goes first among the app's line filters."""

    def __init__(self, *, drawn_in_ascii: bool = False, ascii_only: bool = False) -> None:
        super().__init__()
        self._drawn = drawn_in_ascii
        self._ascii = ascii_only

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line as it may be written to a terminal."""
        if all(text.isascii() and text.isprintable() for text, _, _ in segments):
            return segments
        texts = _thinned(
            [neutral(text, drawn_in_ascii=self._drawn, ascii_only=self._ascii) for text, _, _ in segments]
        )
        return [
            Segment(text, style, control) for text, (_, style, control) in zip(texts, segments, strict=True)
        ]
