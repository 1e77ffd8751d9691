"""Channels, years, heights and states of what a search has found, with numbers, to choose among."""

from __future__ import annotations

from typing import NamedTuple

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ytarchive_tui.db.library_rows import FACETS, Value
from ytarchive_tui.services.library import Chosen, Facets, FacetValue
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.wording import cells, fit

TITLES = {"channel": "Channel", "year": "Year", "height": "Height", "state": "State"}
STATE_WORDS = {
    "stored": "not verified yet",
    "whole": "verified",
    "withheld": "better withheld",
    "changed": "changed",
    "missing": "missing",
}
NONE_WORDS = {"channel": "no channel", "year": "no date", "height": "audio", "state": ""}
FEW = 8
"""Values of a facet that are listed at first."""
MANY = 400


class _Line(NamedTuple):
    facet: str
    value: Value
    more: bool = False


class FacetPane(Acting, OptionList):
    """Tells with `Turned` what was chosen or given up; shows what it is given."""

    ACTIONS_OF = "facets"
    BINDINGS = bindings(ACTIONS["facets"])
    DEFAULT_CSS = """
    FacetPane {
        border: none;
        padding: 0;
        height: 1fr;
        background: $surface;
        scrollbar-size-vertical: 1;
        &:focus { border: none; background-tint: $foreground 0%; }
    }
    """

    class Turned(Message):
        """A value was chosen, or given up if it was chosen."""

        def __init__(self, facet: str, value: Value) -> None:
            super().__init__()
            self.facet = facet
            self.value = value

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)
        self._entries: list[_Line | None] = []
        self._open: set[str] = set()
        self._shown: tuple[Facets, Chosen] | None = None

    def show(self, found: Facets, chosen: Chosen) -> None:
        """List these values; the cursor stays on its value."""
        at = self._entry_at(self.highlighted)
        self._shown = found, chosen
        self._entries, options = [], []
        for facet in FACETS:
            options.append(Option(Content.styled(f" {TITLES[facet]}", "bold $text-accent"), disabled=True))
            self._entries.append(None)
            values = found.values[facet]
            most = MANY if facet in self._open else FEW
            listed = [
                *values[:most],
                *(each for each in values[most:] if each.value in chosen.get(facet, ())),
            ]
            for each in listed:
                options.append(Option(self._text(facet, each, each.value in chosen.get(facet, ()))))
                self._entries.append(_Line(facet, each.value))
            if len(values) > len(listed):
                options.append(
                    Option(Content.styled(f"   {len(values) - len(listed):,} more", "$text-muted"))
                )
                self._entries.append(_Line(facet, None, more=True))
        self.set_options(options)
        if at in self._entries:
            self.highlighted = self._entries.index(at)

    def begin(self) -> None:
        """Put the cursor on the first value, unless it is on one already."""
        if self._entry_at(self.highlighted) is None:
            self.highlighted = next((n for n, each in enumerate(self._entries) if each is not None), None)

    def on_resize(self) -> None:
        """Another width for the numbers."""
        if self._shown is not None:
            self.show(*self._shown)

    def do_down(self) -> None:
        self.action_cursor_down()

    def do_up(self) -> None:
        self.action_cursor_up()

    def do_choose(self) -> None:
        self.action_select()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        line = self._entry_at(event.option_index)
        if line is None or self._shown is None:
            return
        if line.more:
            self._open.add(line.facet)
            self.show(*self._shown)
        else:
            self.post_message(self.Turned(line.facet, line.value))

    def _entry_at(self, index: int | None) -> _Line | None:
        return self._entries[index] if index is not None and index < len(self._entries) else None

    def _text(self, facet: str, each: FacetValue, chosen: bool) -> Content:
        glyphs = shell(self).glyphs
        number = f"{each.n:,}"
        room = max(self.size.width - 4 - len(number) - 1, 6)
        name = fit(value_words(facet, each.value), room, more=glyphs.more)
        sign = glyphs.of_status("done") if chosen else " "
        return Content.assemble(
            (f" {sign} ", "bold $text-accent"), (name, "bold" if chosen else ""), (f" {number}", "dim")
        )


def value_words(facet: str, value: Value) -> str:
    """One value as people read it."""
    if value is None:
        return NONE_WORDS[facet]
    if facet == "height":
        return f"{value}p"
    return STATE_WORDS[str(value)] if facet == "state" else cells(str(value))
