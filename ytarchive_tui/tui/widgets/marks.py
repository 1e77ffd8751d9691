"""Which rows of a table are marked."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator


class Marks:
    """Ids, kept over filters and orders; a range grows and shrinks with the cursor while it is open."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._before: set[int] = set()
        self.anchor: int | None = None
        """Where the open range began; None when there is none."""

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def add(self, ids: Iterable[int]) -> None:
        """Mark them, shown or not."""
        self._ids |= set(ids)

    def drop(self, ids: Iterable[int]) -> None:
        """Unmark them."""
        self._ids -= set(ids)

    def turn(self, row_id: int) -> None:
        """Mark it, or unmark it if it is marked."""
        self._ids ^= {row_id}

    def turn_all(self, ids: array[int]) -> None:
        """Mark everything in the view; if all of it is marked, drop all marks."""
        self.anchor = None
        everything = set(ids)
        self._ids = set() if everything <= self._ids else self._ids | everything

    def begin_range(self, ids: array[int], index: int) -> None:
        """Open a range at that row."""
        self.anchor = index
        self._before = set(self._ids)
        self.stretch(ids, index)

    def stretch(self, ids: array[int], index: int) -> None:
        """Let the open range end at that row."""
        if self.anchor is not None:
            first, last = sorted((self.anchor, index))
            self._ids = self._before | set(ids[first : last + 1])

    def end_range(self) -> None:
        """Keep what the open range marked."""
        self.anchor = None

    def clear(self) -> None:
        """Drop all marks."""
        self._ids.clear()
        self.anchor = None
