"""A terminal screen as an SVG that needs no network: text in the viewer's own monospace font, all else drawn.

Bars, sparklines and rules are rectangles, because fonts disagree about how far those characters reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

CELL, LINE, FONT = 8.4, 18.0, 14
"""Pixels: advance of one cell, height of a line, size of the font (whose advance is 0.6 of that)."""
_MARGIN, _BAR = 10.0, 30.0
_FONTS = (
    "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono','Noto Sans Mono',monospace"
)
_EIGHTHS_UP, _EIGHTHS_RIGHT = " ▁▂▃▄▅▆▇█", " ▏▎▍▌▋▊▉█"
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
_RULES = {
    "─": "lr", "│": "ud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "┌": "rd", "┐": "ld", "└": "ru",
    "┘": "lu", "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru", "┼": "lrud",
}  # fmt: skip
_OTHER_BLOCKS = {
    "▔": (0, 0, 1, 0.125), "▕": (0.875, 0, 0.125, 1), "▐": (0.5, 0, 0.5, 1), "▀": (0, 0, 1, 0.5),
    "━": (0, 0.43, 1, 0.14), "╸": (0, 0.43, 0.5, 0.14),
}  # fmt: skip
"""Left, top, width, height in parts of a cell."""
_DRAWN = frozenset(_EIGHTHS_UP + _EIGHTHS_RIGHT) - {" "} | {*_SHADES, *_RULES, *_OTHER_BLOCKS}


class _Run(NamedTuple):
    x: int
    text: str
    style: Style


def drawn(lines: Sequence[Iterable[Segment]], width: int, theme: TerminalTheme, title: str) -> str:
    """The screen, `width` cells wide, in a frame with a title."""
    across, down = width * CELL + 2 * _MARGIN, len(lines) * LINE + _BAR + _MARGIN
    ground = _hex(Color.default(), theme, foreground=False)
    classes: dict[str, str] = {}
    body = [each for y, line in enumerate(lines) for each in _line(y, line, theme, ground, classes)]
    sheet = "".join(f".{name}{{{rules}}}" for rules, name in classes.items())
    circles = "".join(
        f'<circle cx="{18 + 18 * n}" cy="15" r="5.5" fill="{fill}"/>'
        for n, fill in enumerate(("#e27878", "#dcb863", "#8fbf7f"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.0f} {down:.0f}">\n'
        f"<style>text{{font:{FONT}px {_FONTS};white-space:pre}}{sheet}</style>\n"
        f'<rect width="100%" height="100%" rx="9" fill="{ground}" stroke="#8886"/>{circles}\n'
        f'<text x="{across / 2:.0f}" y="19" text-anchor="middle" fill="#8b959c">{escape(title)}</text>\n'
        f'<g transform="translate({_MARGIN:g} {_BAR:g})">\n' + "\n".join(body) + "\n</g>\n</svg>\n"
    )


def _line(
    y: int, line: Iterable[Segment], theme: TerminalTheme, ground: str, classes: dict[str, str]
) -> Iterator[str]:
    runs = list(_runs(line))
    texts: list[str] = []
    at, width, fill = 0, 0, ground
    for run in [*runs, None]:
        here = ground if run is None else _colours(run.style, theme)[1]
        if run is None or here != fill:
            if fill != ground and width:
                yield _box(at, y, 0, 0, width, 1, fill)
            at, width, fill = (run.x if run else 0), 0, here
        if run is not None:
            width += cell_len(run.text)
            texts.extend(_text(run, y, theme, classes))
    yield from texts


def _runs(line: Iterable[Segment]) -> Iterator[_Run]:
    x = 0
    for text, style, control in line:
        if text and not control:
            yield _Run(x, text, style or Style.null())
            x += cell_len(text)


def _text(run: _Run, y: int, theme: TerminalTheme, classes: dict[str, str]) -> Iterator[str]:
    colour, _ = _colours(run.style, theme)
    x, word, start = run.x, "", run.x

    def written() -> Iterator[str]:
        if stripped := word.strip():
            left = start + len(word) - len(word.lstrip())
            yield _word(left, y, stripped, run.style, colour, classes)

    for part in re.split(r"( {2,})", run.text):
        for character in part:
            kind = cell_len(character)
            if character in _DRAWN or kind == 2:
                yield from written()
                word = ""
                if kind == 2:
                    yield _word(x, y, character, run.style, colour, classes)
                else:
                    yield _shape(x, y, character, colour)
                start = x + kind
            else:
                word += character
            x += kind
        yield from written()
        word, start = "", x


def _word(x: int, y: int, text: str, style: Style, colour: str, classes: dict[str, str]) -> str:
    rules = f"fill:{colour}"
    for wanted, rule in (
        (style.bold, ";font-weight:bold"),
        (style.italic, ";font-style:italic"),
        (style.underline, ";text-decoration:underline"),
        (style.dim, ";opacity:.6"),
    ):
        rules += rule if wanted else ""
    name = classes.setdefault(rules, f"c{len(classes)}")
    cells = cell_len(text)
    length = f' textLength="{cells * CELL:.1f}"' if len(text) > 1 else ""
    shown = escape(text, quote=False)
    return f'<text class="{name}" x="{x * CELL:.1f}" y="{y * LINE + 13.5:g}"{length}>{shown}</text>'


def _shape(x: int, y: int, character: str, colour: str) -> str:
    if character in _RULES:
        return _rule(x, y, _RULES[character], colour)
    if character in _SHADES:
        return _box(x, y, 0, 0, 1, 1, colour, f' opacity="{_SHADES[character]}"')
    if character in _OTHER_BLOCKS:
        return _box(x, y, *_OTHER_BLOCKS[character], colour)
    if character in _EIGHTHS_UP:
        height = _EIGHTHS_UP.index(character) / 8
        return _box(x, y, 0, 1 - height, 1, height, colour)
    return _box(x, y, 0, 0, _EIGHTHS_RIGHT.index(character) / 8, 1, colour)


def _rule(x: int, y: int, ends: str, colour: str) -> str:
    """Half lines from the middle of the cell to its sides."""
    middle_x, middle_y = (x + 0.5) * CELL, (y + 0.5) * LINE
    to = {
        "l": f"H{x * CELL:.1f}",
        "r": f"H{(x + 1) * CELL:.1f}",
        "u": f"V{y * LINE:g}",
        "d": f"V{(y + 1) * LINE:g}",
    }
    path = "".join(f"M{middle_x:.1f} {middle_y:g}{to[end]}" for end in ends)
    return f'<path d="{path}" stroke="{colour}"/>'


def _box(
    x: int, y: int, left: float, top: float, width: float, height: float, colour: str, more: str = ""
) -> str:
    return (
        f'<rect x="{(x + left) * CELL:.1f}" y="{(y + top) * LINE:.1f}" width="{width * CELL + 0.2:.1f}" '
        f'height="{height * LINE:.1f}" fill="{colour}"{more}/>'
    )


def _colours(style: Style, theme: TerminalTheme) -> tuple[str, str]:
    """Of the text and of its ground."""
    front = _hex(style.color or Color.default(), theme, foreground=True)
    back = _hex(style.bgcolor or Color.default(), theme, foreground=False)
    return (back, front) if style.reverse else (front, back)


def _hex(colour: Color, theme: TerminalTheme, *, foreground: bool) -> str:
    return colour.get_truecolor(theme, foreground=foreground).hex
