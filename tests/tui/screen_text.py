"""A screen as text: its characters, and below them the style of every cell, run by run.

Small enough to be committed, and readable in a diff. The part below the rule has one line for each line of
the screen, such as `a2 b14 a64`: two cells in style a, fourteen in b; then what these letters stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from functools import cache
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

_RULE = "-" * 40
_NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST = 12
"""Differences of style that are told."""


class ScreenText(NamedTuple):
    """Characters by line, and for each line the style of each cell."""

    lines: tuple[str, ...]
    styles: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, strips: Sequence[Strip]) -> ScreenText:
        """What the compositor would send to the terminal."""
        styles = []
        for strip in strips:
            cells: list[str] = []
            for text, style, control in strip:
                if not control:
                    cells += [_described(style or Style.null())] * cell_len(text)
            styles.append(tuple(cells))
        return cls(tuple(strip.text.rstrip() for strip in strips), tuple(styles))

    @classmethod
    def read(cls, written: str) -> ScreenText:
        """The counterpart of `written`."""
        shown, _, rest = written.partition(f"{_RULE}\n")
        runs, _, legend = rest.partition("\n\n")
        styles = dict(line.split(" ", 1) for line in legend.splitlines())
        return cls(
            tuple(shown.splitlines()),
            tuple(
                tuple(
                    styles[name]
                    for name, number in re.findall(r"([a-zA-Z]+)(\d+)", line)
                    for _ in range(int(number))
                )
                for line in runs.splitlines()
            ),
        )

    def is_shown_by(self, strips: Sequence[Strip]) -> bool:
        """Whether nothing differs; characters go first, because comparing them is cheap."""
        shown = tuple(strip.text.rstrip() for strip in strips)
        return shown == self.lines and ScreenText.of(strips) == self

    def written(self) -> str:
        """As it stands in a file."""
        known: dict[str, str] = {}
        runs = []
        for cells in self.styles:
            parts = ((style, sum(1 for _ in same)) for style, same in groupby(cells))
            runs.append(" ".join(f"{known.setdefault(style, _name(len(known)))}{n}" for style, n in parts))
        legend = "".join(f"{name} {style}\n" for style, name in known.items())
        return "".join(f"{line}\n" for line in (*self.lines, _RULE, *runs)) + f"\n{legend}"

    def differences(self, now: ScreenText) -> str:
        """What is other on the screen now, for people; empty when nothing is."""
        found = list(unified_diff(self.lines, now.lines, "snapshot", "now", lineterm="", n=1))
        if not found:
            found = [*self._other_styles(now)]
        return "\n".join(found)

    def _other_styles(self, now: ScreenText) -> Iterator[str]:
        told = 0
        for y, (before, after) in enumerate(zip(self.styles, now.styles, strict=True), 1):
            x = 0
            for (was, is_), same in groupby(zip(before, after, strict=True)):
                length = sum(1 for _ in same)
                if was != is_:
                    told += 1
                    if told <= _MOST:
                        yield f"line {y}, cells {x + 1} to {x + length}: was «{was}», is «{is_}»"
                x += length
        if told > _MOST:
            yield f"and {told - _MOST} more"


def _name(number: int) -> str:
    first, second = divmod(number, len(_NAMES))
    return (_NAMES[first - 1] if first else "") + _NAMES[second]


@cache
def _described(style: Style) -> str:
    """Colours and attributes; not what the mouse finds there."""
    return str(style.without_color + Style(color=style.color, bgcolor=style.bgcolor)) if style else "none"
