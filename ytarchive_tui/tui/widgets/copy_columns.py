"""The columns of the library's table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ytarchive_tui.db.library_rows import LibraryRow
from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.widgets.columns import Column, Piece
from ytarchive_tui.tui.wording import cells, duration, size

STATES = {
    "stored": "not read again since it was stored",
    "whole": "verified",
    "withheld": "a better picture may be withheld",
    "changed": "changed on disk",
    "missing": "missing on disk",
}
LOOKS = {"stored": "dim", "whole": "good", "withheld": "warn", "changed": "warn", "missing": "bad"}
_STATUS = {
    "stored": "queued",
    "whole": "done",
    "withheld": "waiting",
    "changed": "blocked",
    "missing": "failed",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day(us: int | None) -> str:
    """`2026-11-22`, in UTC as videos are dated; empty for None."""
    return "" if us is None else f"{_EPOCH + timedelta(microseconds=us):%Y-%m-%d}"


def sign(state: str, glyphs: Glyphs) -> str:
    """One cell for the state of a copy."""
    return glyphs.of_status(_STATUS[state])


def copy_columns(glyphs: Glyphs) -> list[Column[LibraryRow]]:
    """From the most to the least needed; narrow terminals drop the latter."""

    def state(row: LibraryRow, width: int) -> Sequence[Piece]:
        return [(sign(row.state, glyphs), LOOKS[row.state])]

    def height(row: LibraryRow, width: int) -> Sequence[Piece]:
        if row.height is None:
            return [("audio", "dim")]
        return [(f"{row.height}p", "text")]

    return [
        Column("state", "", state, 1, keep=9),
        Column(
            "title",
            "Title",
            lambda row, _: [(cells(row.title or row.video_id), "text")],
            28,
            share=3,
            keep=10,
        ),
        Column(
            "channel",
            "Channel",
            lambda row, _: [(cells(row.channel or ""), "dim")],
            14,
            share=1,
            most=32,
            keep=6,
        ),
        Column("published", "Published", lambda row, _: [(day(row.published), "dim")], 11, keep=4),
        Column(
            "length", "Length", lambda row, _: [(duration(row.seconds), "text")], 8, keep=5, justify="right"
        ),
        Column("height", "Height", height, 6, keep=3, justify="right"),
        Column("size", "Size", lambda row, _: [(size(row.size), "text")], 8, keep=7, justify="right"),
        Column("added", "Added", lambda row, _: [(day(row.added), "dim")], 10, keep=1),
    ]
