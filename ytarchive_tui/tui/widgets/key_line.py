"""The footer: the keys that are of use now, and only as many as fit."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from ytarchive_tui.tui.acting import Doer
from ytarchive_tui.tui.actions import Action
from ytarchive_tui.tui.shell import shell


class KeyLine(Widget):
    """One line; a click does what the key does."""

    DEFAULT_CSS = """
    KeyLine {
        height: 1;
        background: $panel;
        color: $text-muted;
    }
    """

    def __init__(self, of: Doer) -> None:
        super().__init__()
        self._of = of
        self._places: list[tuple[int, Doer, Action]] = []

    def render(self) -> Content:
        """The app's own keys stand at the right and stay when there is little room."""
        last = self._entries(shell(self))
        room = self.size.width - sum(width for width, *_ in last)
        parts: list[tuple[str, str] | str] = []
        self._places = []
        used = 0
        for width, home, action, pieces in self._entries(self._of):
            if used + width > room:
                break
            parts.extend(pieces)
            used += width
            self._places.append((used, home, action))
        parts.append(" " * max(room - used, 0))
        used = max(room, used)
        for width, home, action, pieces in last:
            parts.extend(pieces)
            used += width
            self._places.append((used, home, action))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Do what stands there."""
        for end, home, action in self._places:
            if event.x < end:
                if home.can(action.verb):
                    home.action_do(action.verb)
                break

    def _entries(self, of: Doer) -> list[tuple[int, Doer, Action, list[tuple[str, str]]]]:
        found = []
        for action in of.actions():
            key = shell(self).key_of(action)
            if action.footer and key and of.can(action.verb):
                pieces = [(f" {key}", "bold $text-accent"), (f" {action.footer} ", "")]
                found.append((sum(cell_len(text) for text, _ in pieces), of, action, pieces))
        return found
