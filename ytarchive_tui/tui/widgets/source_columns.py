"""The columns of the lists that are archived or followed."""

from __future__ import annotations

from collections.abc import Sequence

from ytarchive_tui.db.sources import SourceRow
from ytarchive_tui.services import source_words
from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.widgets.columns import Column, Piece
from ytarchive_tui.tui.widgets.source_tree import short_name
from ytarchive_tui.tui.wording import cells, moment

_LOOKS = {"running": "info", "waiting": "warn", "blocked": "accent", "failed": "bad"}


class SourceColumns:
    """Makes the columns."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self.frame = 0
        """Turns the spinners."""

    def columns(self) -> tuple[Column[SourceRow], ...]:
        """In their order on screen."""
        return (
            Column("title", "List", self._title, width=14, share=3, keep=9),
            Column("entries", "Entries", self._entries, width=8, keep=2, justify="right"),
            Column("last", "Last run", self._last, width=12, keep=6),
            Column("result", "Found", self._found, width=12, share=2, keep=5),
            Column("next", "Next run", self._next, width=12, share=3, most=44, keep=8),
        )

    def _title(self, row: SourceRow, width: int) -> Sequence[Piece]:
        return [(title_of(row), "text")]

    def _entries(self, row: SourceRow, width: int) -> Sequence[Piece]:
        return [(f"{row.entries:,}" if row.entries else "", "dim")]

    def _last(self, row: SourceRow, width: int) -> Sequence[Piece]:
        return [(moment(row.refreshed_at) or "never", "dim")]

    def _found(self, row: SourceRow, width: int) -> Sequence[Piece]:
        if row.doubted:
            return [("changed further down", "warn")]
        words = source_words.found(row.result)
        return [(words, "dim" if words == "no change" else "text")]

    def _next(self, row: SourceRow, width: int) -> Sequence[Piece]:
        if row.status is not None:
            look = _LOOKS.get(row.status, "dim")
            why = f": {cells(row.reason)}" if row.reason else ""
            return [(f"{self._glyphs.of_status(row.status, self.frame)} {row.status}{why}", look)]
        if row.schedule is None:
            return [("not followed", "dim")]
        return [(f"{moment(row.run_at)}", "good"), (f"  {source_words.when(row.schedule)}", "dim")]


def title_of(row: SourceRow) -> str:
    """What it is called; a channel's tab with its channel."""
    named = cells(row.title or "").strip()
    return named if named and row.kind != "tab" else short_name(row.address)
