"""The library: what lies in the archive, found again, looked at, verified and listed for other programs."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.library import LibraryPages, note_check
from ytarchive_tui.db.library_rows import FACETS, Counted, LibraryDetails, LibraryWord, Value
from ytarchive_tui.domain.models import ArchivedCopy
from ytarchive_tui.domain.search_words import search_words
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.library_changes import LibraryChanges
from ytarchive_tui.storage.archive import open_archive
from ytarchive_tui.storage.manifest import check

log = logging.getLogger(__name__)
T = TypeVar("T")

Chosen = Mapping[str, tuple[Value, ...]]
"""For some of the facets the values of which one must hold."""


class FacetValue(NamedTuple):
    """One line below a facet's name."""

    value: Value
    n: int
    """Copies that would be shown if this were chosen beside what is chosen of other facets."""


class Facets(NamedTuple):
    """What a search has found, divided."""

    n: int
    size: int
    values: Mapping[str, tuple[FacetValue, ...]]
    """For each of `FACETS`; channels by their number, the others from high to low."""


class Verifying(NamedTuple):
    """How far a verification is."""

    nth: int
    of: int
    title: str
    done: int
    """Bytes of the copies before this one."""
    total: int


class Verified(NamedTuple):
    """What a verification has found, in numbers of copies."""

    whole: int
    changed: int
    missing: int
    stopped: bool


class LibraryService:
    """Reads on connections of its own; opens one that writes when the first result has to be kept."""

    def __init__(self, database: Path) -> None:
        self.pages = LibraryPages(database)
        """For what a user asks for."""
        self.behind = LibraryPages(database)
        """For keeping up with changes, so that no question of a user waits for that."""
        self.changes = LibraryChanges(database)
        """Fetching again, deleting, finding what was moved."""
        self._path = database
        self._db: Database | None = None
        self._stop = False

    async def close(self) -> None:
        """Close all connections; a verification ends without waiting for the file it reads."""
        self._stop = True
        await self.pages.close()
        await self.behind.close()
        await self.changes.close()
        if self._db is not None:
            await self._db.close()

    async def details(self, copy_id: int) -> LibraryDetails | None:
        """Everything that is known of a copy and its item."""
        return await self.pages.details(copy_id)

    async def verify(self, copy_ids: Sequence[int], told: Callable[[Verifying], None]) -> Verified:
        """Read copies to their last byte, one after the other, and keep what is found.

        Nothing is judged while the archive's disk is away: that raises `StageError`.
        """
        self._stop = False
        sizes = {row.id: row.size for row in await self.pages.rows(copy_ids)}
        found: Counter[str] = Counter()
        done = 0
        for n, copy_id in enumerate(copy_ids, 1):
            details = await self.pages.details(copy_id)
            if details is None:
                continue
            told(
                Verifying(
                    n, len(copy_ids), details.row.title or details.row.video_id, done, sum(sizes.values())
                )
            )
            problems = await _in_a_thread(lambda copy=details.copy: examine(copy))  # type: ignore[misc]
            judged = judge(problems)
            if self._db is None:
                self._db = await Database.open(self._path)
            await note_check(self._db, copy_id, judged, problems)
            log.log(
                logging.INFO if judged == "whole" else logging.WARNING,
                "verified %s: %s", details.row.video_id, "; ".join([judged, *problems]),
            )  # fmt: skip
            found[judged] += 1
            done += sizes.get(copy_id, 0)
            if self._stop:
                break
        return Verified(found["whole"], found["changed"], found["missing"], found.total() < len(sizes))

    def stop_verifying(self) -> None:
        """End the verification after the copy that is being read."""
        self._stop = True


def parse_search(text: str) -> tuple[LibraryWord, ...]:
    """What was typed, as words that must be there and words that must not."""
    return tuple(
        LibraryWord(cleaned, word.wanted)
        for word in search_words(text)
        if (cleaned := plain(word.text).strip())
    )


def facets(counted: Iterable[Counted], chosen: Chosen) -> Facets:
    """Divide what was counted; each facet is counted as if nothing of itself were chosen."""
    wanted = [frozenset(chosen[name]) if chosen.get(name) else None for name in FACETS]
    tallies: list[Counter[Value]] = [Counter() for _ in FACETS]
    n = size = 0
    for values, copies, bytes_ in counted:
        against = [i for i, of in enumerate(wanted) if of is not None and values[i] not in of]
        if not against:
            n += copies
            size += bytes_
            for tally, value in zip(tallies, values, strict=True):
                tally[value] += copies
        elif len(against) == 1:
            tallies[against[0]][values[against[0]]] += copies
    for tally, of in zip(tallies, wanted, strict=True):
        # What is chosen stays in sight, so that it can be given up.
        tally.update(dict.fromkeys(of or (), 0))
    return Facets(n, size, {name: _sorted(name, tally) for name, tally in zip(FACETS, tallies, strict=True)})


def _sorted(name: str, tally: Counter[Value]) -> tuple[FacetValue, ...]:
    values = [FacetValue(value, n) for value, n in tally.items()]
    if name in ("channel", "state"):
        return tuple(sorted(values, key=lambda each: (-each.n, str(each.value))))
    return tuple(sorted(values, key=lambda each: -int(each.value or 0)))


def examine(copy: ArchivedCopy) -> list[str]:
    """What is wrong with a copy; raises `StageError` when its archive is not there at all."""

    def archive_is_there() -> None:
        with open_archive(copy.archive, {copy.archive: copy.archive_uuid}):
            pass

    archive_is_there()
    problems = check(copy)
    if problems:
        # A disk that was pulled out meanwhile is no reason to call its files missing.
        archive_is_there()
    return problems


def judge(problems: Sequence[str]) -> str:
    """`whole`, `changed` or `missing`, by what `check` says."""
    if not problems:
        return "whole"
    gone = os.strerror(errno.ENOENT)
    return "missing" if any(problem.endswith(gone) for problem in problems) else "changed"


async def _in_a_thread(work: Callable[[], T]) -> T:
    """Like `asyncio.to_thread`, but leaving the program does not wait for the end of it."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if result.cancelled():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value: T | None = None
        error: BaseException | None = None
        try:
            value = work()
        except Exception as raised:
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name="verify", daemon=True).start()
    return await result
