"""The line below the table: how many jobs stand where, how fast it goes, what the view is narrowed to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content
from textual.widget import Widget

from ytarchive_tui.tui.bridge import EngineState, Pulse
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.wording import count, duration, size, sparkline


class TotalsLine(Widget):
    """One line; the pace gives way first, then the counts, to `note`: the filter, the marks, a freeze."""

    DEFAULT_CSS = """
    TotalsLine { height: 1; color: $text-muted; }
    """

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse
        self.note: list[tuple[str, str]] = []

    def render(self) -> Content:
        """Counts that are not 0, and the note."""
        pulse = self._pulse
        if pulse.problem and (pulse.state is not EngineState.REMOTE or pulse.figures is None):
            return Content.assemble((f" {self._pulse.problem}", "bold $text-warning"))
        figures = pulse.figures
        parts: list[tuple[str, str]] = []
        if figures is not None:
            for number, word, look in (
                (figures.running, "running", "$text-primary"),
                (figures.queued, "queued", ""),
                (figures.waiting, "waiting", "$text-warning"),
                (figures.blocked, "needs you" if figures.blocked == 1 else "need you", "$text-accent"),
                (figures.paused, "paused", ""),
                (figures.failed, "failed", "$text-error"),
                (figures.done, "done", "$text-success"),
                (figures.cancelled, "cancelled", ""),
            ):
                if number:
                    parts += [(f" {number:,} ", f"bold {look}"), (f"{word} ", "")]
        room = self.size.width - 1 - _width(parts) - _width(self.note)
        if room < 0:
            return Content.assemble(*self.note) if self.note else Content.assemble(*parts)
        pace: list[tuple[str, str]] = []
        for texts, look in self._pace():
            if fits := next((text for text in texts if len(text) <= room), None):
                pace.append((fits, look))
                room -= len(fits)
        return Content.assemble(*parts, " " * room, *pace, *self.note)

    def _pace(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """How much at a time, how fast, how long; what was wished stands out. The most telling first.

        Each in one wording or several, of which the longest that fits is shown.
        """
        pulse, settings = self._pulse, shell(self).settings
        wishes = pulse.wishes
        if wishes is None:
            return
        site = pulse.standing
        if site and (banner := site.banner()):
            yield (f" {banner} ",), "bold $text-warning"
        if pulse.line and (why := pulse.line.why() or pulse.line.warning()):
            yield (f" {why} ",), "bold $text-warning"
        if pulse.quota:
            yield tuple(f" {each} " for each in pulse.quota), "$text-warning"
        number = wishes.downloads or settings.engine.downloads
        yield (f" {number} at a time ",), "$text-muted" if wishes.downloads is None else "bold $text-primary"
        wished = wishes.limit_bps is not None
        if limit := wishes.limit_bps if wished else settings.network.limit_bytes_per_s:
            yield (f" {size(limit)}/s each at most ",), "bold $text-primary" if wished else "$text-muted"
        if pulse.line and pulse.line.total_bps:
            yield (f" {size(pulse.line.total_bps)}/s together at most ",), "$text-muted"
        if pulse.left_s is not None and not wishes.on_hold:
            yield (f" about {duration(pulse.left_s)} left ",), ""
        if site:
            yield (f" {site.gauge()} ",), "$text-warning" if site.slowed else "$text-muted"
        if pulse.problem:
            yield (f" {pulse.problem} ",), "$text-warning"
        if pulse.state is EngineState.RUNNING and any(pulse.speeds):
            glyphs = shell(self).glyphs
            yield (f" {sparkline(pulse.speeds, 24, glyphs.bars)} ",), "$text-primary"


def _width(parts: Iterable[tuple[str, str]]) -> int:
    return sum(len(text) for text, _ in parts)


def marked(number: int) -> list[tuple[str, str]]:
    """The note for marked rows."""
    return [(f" {count(number, 'row')} marked ", "bold $text-accent")] if number else []
