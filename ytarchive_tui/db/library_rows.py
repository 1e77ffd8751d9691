"""What is asked of the library table, and what it tells: views, rows, counts, and a copy's whole story."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ytarchive_tui.domain.events import JournalEntry
from ytarchive_tui.domain.models import ArchivedCopy, AtSource, ItemMetadata

FACETS = ("channel", "year", "height", "state")

Value = str | int | None
Combination = tuple[Value, Value, Value, Value]
"""One value of each of `FACETS`."""


class LibrarySort(StrEnum):
    """What the library is sorted by."""

    ADDED = "added"
    PUBLISHED = "published"
    TITLE = "title"
    CHANNEL = "channel"
    SIZE = "size"
    LENGTH = "length"


class LibraryWord(NamedTuple):
    """One word that must be there, or must not."""

    text: str
    wanted: bool = True


class LibraryView(NamedTuple):
    """Which copies, in which order."""

    sort: LibrarySort = LibrarySort.ADDED
    reverse: bool = False
    words: tuple[LibraryWord, ...] = ()
    chosen: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    """For a facet the values of which one must hold; a facet that is not named excludes nothing."""


class LibraryRow(NamedTuple):
    """What one line of the library shows; moments are microseconds since 1970, UTC."""

    id: int
    """The copy's."""
    video_id: str
    title: str | None
    channel: str | None
    published: int | None
    height: int | None
    offered: int | None
    seconds: float | None
    size: int
    added: int
    state: str
    """`stored` (not read again since), `whole`, `withheld`, `changed` or `missing`."""
    url: str
    archive: str
    folder: str


class LibraryTotals(NamedTuple):
    """All copies, counted."""

    n: int
    size: int
    version: int
    """Another number means that something changed."""


class Counted(NamedTuple):
    """Copies that share their facets' values."""

    values: Combination
    n: int
    size: int


class Check(NamedTuple):
    """What was found when a copy was read again."""

    at: datetime
    found: str
    problems: tuple[str, ...]


class Outlook(NamedTuple):
    """What is still tried for a copy."""

    tries: int
    next_at: datetime | None
    """None when it is given up, or not planned yet."""
    why: str
    """As the site or the tool said it; may be hostile."""


class LibraryDetails(NamedTuple):
    """One copy with its item's story."""

    row: LibraryRow
    copy: ArchivedCopy
    metadata: ItemMetadata | None
    """Without the formats that were offered, which are not kept."""
    at_source: AtSource
    at_source_seen_at: datetime | None
    journal: tuple[JournalEntry, ...]
    """Of the item's jobs, oldest first."""
    checks: tuple[Check, ...]
    """Oldest first."""
    sidecars: Outlook | None = None
    """Of what it lacks; None when it lacks nothing."""
    withheld: Outlook | None = None
    """Of a better picture; None when there is no suspicion of one."""
