"""Two themes of our own beside Textual's: one to look at all day, one for those who need contrast.

In every theme, text can be told from what it stands on: `readable` sees to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

ENOUGH = 4.5
"""Contrast that text needs, as WCAG 2 reckons it (AA)."""
ENOUGH_FOR_SIGNS = 3.0
"""For what is not read but seen, and said in words beside it."""
_GROUNDS = ("background", "surface", "panel")
_COLOURED = ("primary", "success", "warning", "error", "accent")
_STEPS = 20

ARCHIVE = Theme(
    name="archive",
    primary="#7fb4ca",
    secondary="#9cb2a4",
    accent="#e2a56b",
    warning="#dcb863",
    error="#e27878",
    success="#8fbf7f",
    foreground="#d5d9dc",
    background="#14191d",
    surface="#1a2026",
    panel="#232b32",
    dark=True,
    variables={
        "text-muted": "#98a4ad",
        "block-cursor-background": "#2e4452",
        "block-cursor-foreground": "#f4f6f7",
        "input-selection-background": "#7fb4ca 35%",
        "scrollbar": "#33404a",
        "scrollbar-background": "#1a2026",
        "scrollbar-hover": "#48596a",
        "scrollbar-active": "#7fb4ca",
    },
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#00ffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff6b6b",
    success="#00ff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    dark=True,
    text_alpha=1.0,
    variables={
        "block-cursor-background": "#0040a0",
        "block-cursor-foreground": "#ffffff",
        "text-muted": "#e0e0e0",
        "scrollbar": "#ffffff",
        "scrollbar-background": "#000000",
    },
)
OWN = (ARCHIVE, HIGH_CONTRAST)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """A theme's variables, with colours for text that can be read on each of its grounds.

    Textual's light themes write yellow on white, and its muted text is «automatic», which comes out white
    wherever the ground is not known. The sixteen colours of a terminal are its user's: they stay.
    """
    ground, front = variables["background"], variables["foreground"]
    if "ansi" in ground or "ansi" in front:
        return dict(variables)
    grounds = [Color.parse(ground)]
    grounds += [grounds[0] + Color.parse(variables[name]) for name in _GROUNDS]
    text = Color.parse(front)
    found = dict(variables)
    for name in _COLOURED:
        found[f"text-{name}"] = _readable(Color.parse(variables[name]), text, grounds).hex6
    muted = variables["text-muted"]
    faint = grounds[0].blend(text, 0.65, 1) if muted.startswith("auto") else Color.parse(muted)
    found["text-muted"] = _readable(faint, text, grounds).hex6
    cursor = Color.parse(variables["block-cursor-background"])
    if variables["block-cursor-foreground"].startswith("auto"):
        found["block-cursor-foreground"] = max((WHITE, BLACK), key=lambda each: contrast(each, cursor)).hex6
    return found


def _readable(colour: Color, text: Color, grounds: list[Color]) -> Color:
    """That colour, or as little as will do on the way from it to black or white, whichever is nearer text."""
    end = WHITE if text.brightness > 0.5 else BLACK
    for step in range(_STEPS):
        seen = colour.blend(end, step / _STEPS, 1)
        if all(contrast(seen, ground) >= ENOUGH for ground in grounds):
            return seen
    return end


@lru_cache(maxsize=256)
def legible(front: RichColor, ground: RichColor) -> bool:
    """Whether a sign of that colour is seen on that ground; nobody knows it of a terminal's own colours."""
    known = (front.triplet, ground.triplet)
    if known[0] is None or known[1] is None:
        return True
    return contrast(Color(*known[0]), Color(*known[1])) >= ENOUGH_FOR_SIGNS


def legible_on(look: Style, base: Style) -> Style:
    """The look, without its colour where that would not be seen on the ground of `base`."""
    if look.color is None or base.bgcolor is None or legible(look.color, base.bgcolor):
        return look
    return look.without_color


def contrast(one: Color, other: Color) -> float:
    """From 1 (the same) to 21 (black and white)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
