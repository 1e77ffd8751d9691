"""The columns of a list that is looked at: what each says of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ytarchive_tui.db.browser_rows import Entry, EntryState
from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.widgets.columns import Column, Piece
from ytarchive_tui.tui.wording import cells, duration, size

LOOKS = {
    EntryState.HAVE: "good", EntryState.QUEUED: "info", EntryState.MISSING: "text", EntryState.FAILED: "bad",
    EntryState.PRIVATE: "warn", EntryState.REMOVED: "warn", EntryState.LEFT: "warn",
}  # fmt: skip
WORDS = {EntryState.LEFT: "not listed"}
_AT_SOURCE = {
    "private": "private at source", "removed": "removed at source", "members": "members only",
    "upcoming": "not out yet", "unlisted": "unlisted",
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EntryColumns:
    """Makes the columns."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self.frame = 0
        """Turns the spinners."""

    def columns(self, *, mixed: bool) -> tuple[Column[Entry], ...]:
        """In their order on screen; `mixed`: the entries may be of several channels."""
        found = (
            Column("position", "#", self._position, width=5, keep=2, justify="right"),
            Column("state", "State", self._state, width=10, keep=8),
            Column("title", "Title", self._title, width=22, share=6, keep=9),
            Column("length", "Length", self._length, width=8, keep=6, justify="right"),
            Column("channel", "Channel", self._channel, width=14, share=1, most=24, keep=1),
            Column("date", "Date / note", self._note, width=24, share=2, most=60, keep=4),
        )
        return tuple(each for each in found if mixed or each.name != "channel")

    def _position(self, row: Entry, width: int) -> Sequence[Piece]:
        return [(str(row.position), "dim")]

    def _state(self, row: Entry, width: int) -> Sequence[Piece]:
        look = LOOKS[row.state]
        word = WORDS.get(row.state, row.state.value)
        if row.state is EntryState.QUEUED:
            status = row.status or "queued"
            return [(self._glyphs.of_status(status, self.frame), look), (f" {status}", look)]
        sign = {
            EntryState.HAVE: self._glyphs.of_status("done"),
            EntryState.FAILED: self._glyphs.of_status("failed"),
            EntryState.MISSING: self._glyphs.dot,
        }.get(row.state, self._glyphs.of_status("cancelled"))  # fmt: skip
        return [(sign, look), (f" {word}", look)]

    def _title(self, row: Entry, width: int) -> Sequence[Piece]:
        known = cells(row.title or "").strip()
        hidden = row.state in (EntryState.PRIVATE, EntryState.REMOVED, EntryState.LEFT)
        return [(known or cells(row.url).rpartition("=")[2], "dim" if hidden or not known else "text")]

    def _length(self, row: Entry, width: int) -> Sequence[Piece]:
        return [(duration(row.seconds), "text")]

    def _channel(self, row: Entry, width: int) -> Sequence[Piece]:
        return [(cells(row.channel or ""), "dim")]

    def _note(self, row: Entry, width: int) -> Sequence[Piece]:
        """When it came out, and what else is known: the copy, the reason, how it stands at the source."""
        pieces = self._more(row)
        if row.published is None:
            return pieces
        date = f"{_EPOCH + timedelta(microseconds=row.published):%Y-%m-%d}"
        return [(date + (" " if pieces else ""), "dim"), *pieces]

    def _more(self, row: Entry) -> list[Piece]:
        hidden = _AT_SOURCE.get(row.at_source, "")
        if row.state is EntryState.HAVE:
            facts = " ".join(filter(None, (f"{row.height}p" if row.height else "", size(row.size))))
            return [(facts, "dim"), (f" {self._glyphs.dot} {hidden}" if hidden else "", "warn")]
        if row.state in (EntryState.QUEUED, EntryState.FAILED) and row.reason:
            return [(cells(row.reason), "bad" if row.state is EntryState.FAILED else "dim")]
        told = not hidden or row.state in (EntryState.PRIVATE, EntryState.REMOVED)
        return [] if told else [(hidden, "dim")]
