"""The signs that stand for states and amounts, in Unicode and in ASCII."""

from __future__ import annotations

from typing import NamedTuple

from ytarchive_tui.tui.wording import ASCII_BARS, BARS


class Glyphs(NamedTuple):
    """One set; every sign is one cell wide."""

    spinner: str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    status: tuple[tuple[str, str], ...] = (
        ("queued", "○"),
        ("waiting", "◷"),
        ("blocked", "◆"),
        ("paused", "▮"),
        ("done", "✓"),
        ("failed", "✗"),
        ("cancelled", "–"),
    )
    bar: str = "━"
    bar_parts: str = "╸"
    bar_rest: str = "─"
    bars: str = BARS
    mark: str = "▌"
    up: str = "▲"
    down: str = "▼"
    rule: str = "─"
    more: str = "…"
    dot: str = "·"
    disk: str = "⛁"
    boxes: tuple[str, str, str] = ("□", "◧", "■")
    """None, some, all."""
    folded: str = "▸"
    unfolded: str = "▾"

    def of_status(self, status: str, frame: int = 0) -> str:
        """The sign of a status; a running job's turns with the frame."""
        if status == "running":
            return self.spinner[frame % len(self.spinner)]
        return dict(self.status).get(status, "?")

    def progress(self, share: float, width: int) -> tuple[str, str]:
        """A bar of that many cells, as its filled part and its rest."""
        share = min(max(share, 0.0), 1.0)
        steps = len(self.bar_parts) + 1
        whole, part = divmod(int(share * width * steps), steps)
        filled = self.bar * whole + (self.bar_parts[part - 1] if part else "")
        return filled, self.bar_rest * (width - len(filled))


UNICODE = Glyphs()
ASCII = Glyphs(
    spinner="|/-\\",
    status=(
        ("queued", "."),
        ("waiting", "~"),
        ("blocked", "!"),
        ("paused", "="),
        ("done", "+"),
        ("failed", "x"),
        ("cancelled", "-"),
    ),
    bar="#",
    bar_parts="",
    bar_rest=".",
    bars=ASCII_BARS,
    mark=">",
    up="^",
    down="v",
    rule="-",
    more="~",
    dot="-",
    disk="disk",
    boxes=("o", "%", "x"),
    folded="+",
    unfolded="-",
)
