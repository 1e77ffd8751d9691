"""Two themes of our own beside Textual's: one to look at all day, one for those who need contrast."""

from __future__ import annotations

from textual.theme import Theme

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
