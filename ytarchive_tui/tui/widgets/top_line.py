"""The top line: where one is, where one can go, how fast it goes and how much room is left."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from ytarchive_tui.tui.bridge import EngineState, Pulse
from ytarchive_tui.tui.registry import Tab, tabs
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.wording import size, sparkline

NAME = " ytarchive "


class TopLine(Widget):
    """One line; a click on a tab goes there."""

    DEFAULT_CSS = """
    TopLine {
        height: 1;
        background: $panel;
        color: $foreground;
    }
    """

    def __init__(self, pulse: Pulse, here: str) -> None:
        super().__init__()
        self._pulse = pulse
        self._here = here
        self._ends: list[tuple[int, str]] = []

    def render(self) -> Content:
        """Tabs at the left, figures at the right; the figures give way first."""
        parts: list[Content | tuple[str, str] | str] = []
        wide = self.size.width
        used = 0
        if wide >= 100:
            parts.append((NAME, "bold $text-accent"))
            used = cell_len(NAME)
        self._ends = []
        for tab in tabs():
            text = f" {tab.key} {tab.title}{self._number(tab)} "
            parts.append((text, "bold $block-cursor-foreground on $block-cursor-background")
                         if tab.name == self._here else (text, "$text-muted"))  # fmt: skip
            used += cell_len(text)
            self._ends.append((used, tab.name))
        for right in self._figures():
            width = sum(cell_len(text) for text, _ in right)
            if used + width + 1 <= wide:
                parts.append(" " * (wide - used - width))
                parts.extend(right)
                break
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Go to the tab that was clicked."""
        for end, name in self._ends:
            if event.x < end:
                shell(self).go_to(name)
                break

    def _number(self, tab: Tab) -> str:
        figures = self._pulse.figures
        number = tab.number(figures) if figures else 0
        return f" {number:,}" if number else ""

    def _figures(self) -> list[list[tuple[str, str]]]:
        """What stands at the right, the longest form first."""
        pulse, glyphs = self._pulse, shell(self).glyphs
        free = "" if pulse.disk_free is None else f"{glyphs.disk} {size(pulse.disk_free)}"
        held = [(" on hold ", "bold $text-warning")] if pulse.wishes and pulse.wishes.on_hold else []
        if not held and pulse.standing and (why := pulse.standing.short()):
            held = [(f" {why} ", "bold $text-warning")]
        if not held and pulse.line and (why := pulse.line.short()):
            held = [(f" {why} ", "bold $text-warning")]
        match pulse.state:
            case EngineState.STARTING:
                state = [("starting… " if not shell(self).ascii else "starting ", "$text-muted")]
                return [state]
            case EngineState.FAILED:
                return [[("the engine did not start ", "bold $text-error")]]
            case EngineState.REMOTE:
                remote = [*held, ("remote ", "bold $text-warning")]
                return [[*remote, (f"{free} ", "$text-muted")], remote]
            case EngineState.ALONE:
                return [[("nothing runs ", "bold $text-error")]]
            case _:
                pass
        speed = [(f" {size(pulse.speed)}/s ", "bold" if pulse.speed else "$text-muted")]
        disk = [(f" {free} ", "$text-muted")] if free else []
        spark = [(sparkline(pulse.speeds, 16, glyphs.bars), "$text-primary")] if any(pulse.speeds) else []
        if held:
            # What runs may need a moment to stop; after that the speed has nothing to tell.
            return [held + speed + disk, held + disk, held] if pulse.speed else [held + disk, held]
        return [spark + speed + disk, speed + disk, speed]
