"""The shapes of what Browse shows: views, entries, the tree's nodes, sums."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class EntryState(StrEnum):
    """How an entry of a list stands against the archive."""

    HAVE = "have"
    QUEUED = "queued"
    """A job brings it, or waits, or needs someone."""
    MISSING = "missing"
    FAILED = "failed"
    PRIVATE = "private"
    REMOVED = "removed"
    LEFT = "left"
    """It is no longer in the list."""


class EntryOrder(StrEnum):
    """What entries are sorted by."""

    PLACE = "place"
    STATE = "state"
    TITLE = "title"
    LENGTH = "length"
    DATE = "date"


class EntryWord(NamedTuple):
    """One part of a filter; every part has to hold."""

    field: str | None
    """`state` or None, which looks at title, channel and id."""
    text: str
    wanted: bool


class EntryView(NamedTuple):
    """Which entries of which source, in which order."""

    source_id: int
    order: EntryOrder = EntryOrder.PLACE
    reverse: bool = False
    words: tuple[EntryWord, ...] = ()


class Entry(NamedTuple):
    """One line of a list; moments are microseconds since 1970, UTC."""

    id: int
    """Of the item."""
    position: int
    state: EntryState
    status: str | None
    """Of its job."""
    reason: str | None
    title: str | None
    channel: str | None
    seconds: float | None
    published: int | None
    at_source: str
    height: int | None
    """Of the copy."""
    size: int | None
    """Bytes of the copy."""
    url: str


class Node(NamedTuple):
    """One source of the tree."""

    id: int
    depth: int
    kind: str
    title: str | None
    address: str
    listed_at: int | None
    """When it was last read to its end."""
    entries: int
    told: int | None
    """Entries as the list above it tells; before it is read itself."""
    parent: bool
    """Whether something lies below it."""
    opened: bool
    job_id: int | None
    listing: str | None
    status: str | None
    reason: str | None
    run_after: int | None
    next_at: int | None = None
    """When its schedule wants it read; None when it is not followed."""
    result: str | None = None
    """JSON of what its newest reading found."""
    marked: int = 0
    """Whether none (0), some (1) or all (2) entries are marked; of one without any, those right below it."""


class Sums(NamedTuple):
    """What some entries are together."""

    n: int = 0
    seconds: float = 0.0
    """Of those whose length is known and that would be fetched."""
    unknown: int = 0
    """Would be fetched, of unknown length."""
    have: int = 0
    queued: int = 0

    @property
    def wanted(self) -> int:
        """How many would be fetched."""
        return self.n - self.have - self.queued
