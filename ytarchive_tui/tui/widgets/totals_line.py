"""The line below the table: how many jobs stand where, and what the view is narrowed to."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from ytarchive_tui.tui.bridge import Pulse
from ytarchive_tui.tui.wording import count


class TotalsLine(Widget):
    """One line; `note` stands at the right: the filter, the marks, a freeze."""

    DEFAULT_CSS = """
    TotalsLine { height: 1; color: $text-muted; }
    """

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse
        self.note: list[tuple[str, str]] = []

    def render(self) -> Content:
        """Counts that are not 0, and the note."""
        if self._pulse.problem:
            return Content.assemble((f" {self._pulse.problem}", "bold $warning"))
        figures = self._pulse.figures
        parts: list[tuple[str, str]] = []
        if figures is not None:
            for number, word, look in (
                (figures.running, "running", "$primary"),
                (figures.queued, "queued", ""),
                (figures.waiting, "waiting", "$warning"),
                (figures.blocked, "needs you" if figures.blocked == 1 else "need you", "$accent"),
                (figures.paused, "paused", ""),
                (figures.failed, "failed", "$error"),
                (figures.done, "done", "$success"),
                (figures.cancelled, "cancelled", ""),
            ):
                if number:
                    parts += [(f" {number:,} ", f"bold {look}"), (f"{word} ", "")]
        used = sum(len(text) for text, _ in parts)
        note = sum(len(text) for text, _ in self.note)
        room = self.size.width - used - note - 1
        if room < 0:
            return Content.assemble(*self.note) if self.note else Content.assemble(*parts)
        return Content.assemble(*parts, " " * room, *self.note)


def marked(number: int) -> list[tuple[str, str]]:
    """The note for marked rows."""
    return [(f" {count(number, 'row')} marked ", "bold $accent")] if number else []
