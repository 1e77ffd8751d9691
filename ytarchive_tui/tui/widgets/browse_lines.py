"""The two lines of Browse: how the list stands, and what is marked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from ytarchive_tui.db.browser_rows import EntryState, Node, Sums
from ytarchive_tui.services import source_words
from ytarchive_tui.services.browser import Rate, estimate
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.entry_columns import WORDS
from ytarchive_tui.tui.widgets.source_tree import name_of
from ytarchive_tui.tui.wording import cells, count, duration, fit, moment, size

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKS = {
    EntryState.HAVE: "$text-success", EntryState.QUEUED: "$text-primary", EntryState.FAILED: "$text-error",
    EntryState.PRIVATE: "$text-warning", EntryState.REMOVED: "$text-warning",
    EntryState.LEFT: "$text-warning",
}  # fmt: skip
_NAME = 10
"""Cells that a list's name gets at least."""
Pieces = list[tuple[str, str]]
NOTHING_YET = Content.assemble(
    ("Nothing to browse yet\n\n", "bold"),
    (" o ", "bold $text-accent"), "  look at any channel, tab or playlist: address, id or @handle\n",
    ("   ", ""), "  or paste its address right here\n\n",
    ("Nothing is queued until you choose what you want of it.", "$text-muted"),
)  # fmt: skip
"""In place of tree and list."""


class ListLine(Widget):
    """The list's name, and whether it is read, being read, or why it can't be."""

    DEFAULT_CSS = "ListLine { height: 1; background: $surface; }"

    node: Node | None = None
    narrowed: str = ""
    """The filter, and how many it lets through."""
    frame = 0

    def render(self) -> Content:
        """The name gives way before what is said about it."""
        if self.node is None:
            return Content("")
        name, said = name_of(self.node._replace(depth=0)), self._said(self.node)
        if self.narrowed:
            narrowed = (f" {self.narrowed}", "bold $text-primary")
            said = [*said, narrowed] if self._room([*said, narrowed]) >= cell_len(name) else [narrowed]
        room = max(self._room(said), _NAME)
        if cell_len(name) > room:
            name = fit(name, room, more=shell(self).glyphs.more)
        return Content.assemble((f" {name} ", "bold"), *said)

    def _room(self, said: Pieces) -> int:
        return self.size.width - 3 - sum(cell_len(text) for text, _ in said)

    def _followed(self, node: Node) -> Pieces:
        """What the newest reading found, and when the next one comes; nothing if it is not followed."""
        if node.next_at is None:
            return []
        words = source_words.found(json.loads(node.result or "{}"))
        at = _EPOCH + timedelta(microseconds=node.next_at)
        return [(f": {words}" if words else "", "$text-muted"), (f", next {moment(at)}", "$text-success")]

    def _said(self, node: Node) -> Pieces:
        reason = cells(node.reason or "")
        number = count(node.entries, "entry", "entries") if node.entries else ""
        sofar = [(f" {number}", "")] if number else []
        match node.status:
            case "running":
                sign = shell(self).glyphs.of_status("running", self.frame)
                return [
                    (f" {sign} reading", "$text-primary"),
                    (f", {node.entries:,} so far" if number else "", ""),
                ]
            case "queued":
                return [*sofar, (" in line to be read", "$text-muted")]
            case "waiting":
                at = _EPOCH + timedelta(microseconds=node.run_after or 0)
                return [*sofar, (f" again at {moment(at)}: {reason}", "$text-warning")]
            case "blocked":
                return [*sofar, (f" needs you: {reason}", "$text-accent")]
            case "paused":
                return [*sofar, (" reading is paused", "$text-muted")]
            case "failed":
                return [*sofar, (f" {reason}", "$text-error")]
            case _ if node.listed_at is not None:
                at = _EPOCH + timedelta(microseconds=node.listed_at)
                empty = "its lists stand below it" if node.parent else "nothing in it"
                return [
                    (f" {number or empty}", ""),
                    (f" read {moment(at)}", "$text-muted"),
                    *self._followed(node),
                ]
            case _ if number:
                return [*sofar, (" not read to its end, r goes on", "$text-warning")]
            case _:
                return [(" not read yet, Enter reads it", "$text-muted")]


class SumLine(Widget):
    """What the list holds, by state; at the right what is marked, how long and how large it is."""

    DEFAULT_CSS = "SumLine { height: 1; color: $text-muted; }"

    problem: str | None = None
    states: Mapping[EntryState, int] = {}
    marked: Sums = Sums()
    rate: Rate | None = None
    quality: str = ""

    def render(self) -> Content:
        """What is marked goes first when there is little room."""
        if self.problem:
            return Content.assemble((f" {self.problem}", "bold $text-warning"))
        left: Pieces = []
        for state in EntryState:
            if number := self.states.get(state):
                left.append((f" {number:,} ", f"bold {_LOOKS.get(state, '')}"))
                left.append((f"{WORDS.get(state, state.value)} ", ""))
        for right in self._marked():
            used = sum(cell_len(text) for text, _ in (*left, *right))
            if used <= self.size.width:
                return Content.assemble(*left, " " * (self.size.width - used), *right)
        return Content.assemble(*self._marked()[0])

    def _marked(self) -> Sequence[Pieces]:
        """The longest form first."""
        if not self.marked.n or self.rate is None:
            return [[]]
        number: Pieces = [(f" {self.marked.n:,} marked ", "bold $text-accent")]
        weight: Pieces = [(f"{weight_words(self.marked, self.rate)} ", "")]
        at: Pieces = [(f"at {self.quality} ", "")]
        idle = self.marked.have + self.marked.queued
        here: Pieces = [(f"+ {idle:,} had or queued ", "")] if idle else []
        return [number + weight + at + here, number + weight, number]


def weight_words(sums: Sums, rate: Rate) -> str:
    """`3:12:40, about 4.1 GB`: what is still to be fetched."""
    if not sums.wanted:
        return "nothing to fetch"
    length = duration(sums.seconds) if sums.seconds else ""
    more = "+" if sums.unknown and length else ""
    bytes_ = estimate(sums, rate)
    if not bytes_:
        return "of unknown length"
    about = "about" if rate.measured else "very roughly"
    return f"{length}{more}, {about} {size(bytes_)}"
