"""The one place where text from outside loses its power over the terminal.

Textual keeps escape, C1 and bidi bytes in what it draws, with or without markup. Every line of every
widget passes through the app's line filters on its way out, so one filter there covers tables,
labels, toasts, tooltips and dialogs alike, those not yet written included.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HARMFUL = re.compile(
    r"[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line separators; marks and overrides of direction
    r"\ufeff\ufff9-\ufffb\ud800-\udfff]"  # byte order mark, annotations, lone surrogates
)


def neutral(text: str) -> str:
    """The text without control and direction characters, as many cells wide as before."""
    if text.isprintable():
        return text
    return _HARMFUL.sub(lambda found: "\ufffd" * cell_len(found[0]), text)


class Neutral(LineFilter):
    """Goes first among the app's line filters."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line as it may be written to a terminal."""
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(neutral(text), style, control) for text, style, control in segments]
