"""Looking around at the source: lists are read without queueing, and what is chosen of them is queued."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.db.browser import Opened, open_source
from ytarchive_tui.db.browser_pages import BrowserPages
from ytarchive_tui.db.browser_rows import EntryWord, Sums
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import select
from ytarchive_tui.domain.addresses import Recognised
from ytarchive_tui.domain.models import JobOptions, SourceKind, Status
from ytarchive_tui.domain.search_words import search_words

FRESH_S = 12 * 3600
"""A list that was read less long ago is not read again by itself."""
_TYPICAL = {
    144: 18_000, 240: 32_000, 360: 60_000, 480: 100_000, 720: 190_000, 1080: 340_000, 1440: 800_000,
    2160: 1_800_000,
}  # fmt: skip
"""Height → bytes a second of picture and sound of an ordinary video; a rule of thumb."""
_TYPICAL_AUDIO = 16_000
_ORDINARY = 1080
"""What `best` is taken for."""


class Selected(NamedTuple):
    """What became of the items that were chosen."""

    queued: int
    already: int
    """In the archive, or on their way."""


class Rate(NamedTuple):
    """Bytes that a second of video needs."""

    bytes_per_s: float
    measured: int
    """On how many items; 0 is a rule of thumb."""


class BrowserService:
    """Opens sources and queues what is chosen of them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._control = Control(db)

    async def open(self, found: Recognised, options: JobOptions, *, again: bool = False) -> Opened:
        """Look at a list; it is read unless that was done lately. `again`: whether or not.

        Its entries come page by page. A listing that the end of the program interrupts starts over when it
        is next started: what was listed stays meanwhile. Raises `ValueError` for a video.
        """
        if found.kind is SourceKind.VIDEO:
            raise ValueError("that is a video, not a list")
        opened = await open_source(self._db, found.address, found.kind, options, fresh_s=FRESH_S, again=again)
        if again and opened.job_id is not None and opened.rests:
            if opened.status is Status.PAUSED:
                await self._control.resume([opened.job_id])
            else:
                await self._control.retry([opened.job_id])
        return opened

    async def stop(self, job_id: int) -> bool:
        """End a listing; False when it was over."""
        return await self._control.cancel([job_id]) > 0

    async def select(self, source_id: int, item_ids: Sequence[int], options: JobOptions) -> Selected:
        """Queue items that were seen in a list, in this order, in one transaction."""
        return Selected(*await select(self._db, source_id, item_ids, options))


async def weigh(
    pages: BrowserPages, item_ids: Collection[int], archive: Path, quality: str
) -> tuple[Sums, Rate]:
    """What the items are together, and the bytes a second to reckon with at that quality."""
    return await pages.sums(item_ids, archive), await rate(pages, quality)


async def rate(pages: BrowserPages, quality: str) -> Rate:
    """By the newest items that were archived or measured at that quality, else by rule of thumb."""
    height = int(quality[:-1]) if quality[:-1].isdigit() and quality.endswith("p") else None
    if quality == "audio":
        height = 0
    size, seconds, number = await pages.measured(quality, height)
    if seconds > 0:
        return Rate(size / seconds, number)
    return Rate(_TYPICAL_AUDIO if height == 0 else typical(height), 0)


def typical(height: int | None) -> float:
    """Bytes a second of an ordinary video of that height; None is an ordinary height."""
    return _TYPICAL[min(_TYPICAL, key=lambda each: abs(each - (height or _ORDINARY)))]


def estimate(sums: Sums, rate: Rate) -> float:
    """Bytes that fetching them needs; items of unknown length count as the average of the others."""
    known = sums.wanted - sums.unknown
    seconds = sums.seconds * sums.wanted / known if known else 0.0
    return seconds * rate.bytes_per_s


def parse_entries(text: str) -> tuple[EntryWord, ...]:
    """`tide state:missing,failed -live` as words; any text is a filter."""
    return tuple(EntryWord(word.field, word.text, word.wanted) for word in search_words(text, ("state",)))
