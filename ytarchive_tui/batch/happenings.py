"""What a run tells as it goes: the journal's entries about its own jobs, with the words to show them.

The journal says what became true and in which order; the lines of the queue say how the job
looks now. Only the lines of what happened are read and none is kept, and no more often than is cheap:
a batch may have a million jobs.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from ytarchive_tui.domain.events import EventKind, JournalEntry
from ytarchive_tui.domain.models import Status

if TYPE_CHECKING:
    from ytarchive_tui.services.queue import QueueService
    from ytarchive_tui.services.queue_lines import JobLine

_PAGE = 500
_SHARE = 30
"""An answer that took a second is asked for again thirty seconds later at the earliest."""

T = TypeVar("T")


class Kind(StrEnum):
    """What happened to a job."""

    LISTED = "listed"
    STARTED = "started"
    ARCHIVED = "archived"
    ALREADY = "already"
    """It was in the archive before this run."""
    WAITING = "waiting"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"


_BY_STATUS = {
    Status.WAITING: Kind.WAITING,
    Status.BLOCKED: Kind.BLOCKED,
    Status.FAILED: Kind.FAILED,
    Status.CANCELLED: Kind.CANCELLED,
}
_HIDDEN = frozenset({"private", "removed", "not_wanted"})
"""Reasons for which an entry of a list gets no job though it is not in the archive."""
_HELD = (Status.WAITING, Status.BLOCKED)
TROUBLE = frozenset({Kind.BLOCKED, Kind.FAILED, Kind.CANCELLED})


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that became true."""

    kind: Kind
    at: datetime
    line: JobLine
    entries: int | None = None
    """For `listed`: how many items the list has."""
    hidden: Mapping[str, int] = field(default_factory=dict)
    """For `listed`: how many of them get no job, by reason."""
    notes: Sequence[str] = ()
    """For `archived`: what was refused, withheld or left out."""


class Paced:
    """Asks a question again only when that costs at most a thirtieth of the time."""

    def __init__(self, least_s: float = 0.0) -> None:
        """`least_s`: the shortest time between two answers."""
        self._next = 0.0
        self._least_s = least_s

    @property
    def due(self) -> bool:
        """Whether the question may be asked now."""
        return time.monotonic() >= self._next

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask, and note how long the answer took."""
        started = time.monotonic()
        answer = await question()
        now = time.monotonic()
        self._next = now + max(self._least_s, _SHARE * (now - started))
        return answer


class Follower:
    """Reads the news of some sources from the queue."""

    def __init__(self, queue: QueueService) -> None:
        self._queue = queue
        self._sources: Sequence[int] = ()
        self._last = 0
        self._pending: list[JournalEntry] = []
        self._told: set[int] = set()
        """Jobs that were archived since the beginning, or told of as done before."""
        self._hidden: defaultdict[int | None, dict[int | None, str]] = defaultdict(dict)
        """Reasons by source and item; a listing may start over and pass an item a second time."""
        self._look = Paced()
        self._looked = False
        self.held: Sequence[JobLine] = ()
        """The jobs that wait or need someone, as they were at the last look."""

    async def skip_history(self) -> None:
        """Forget what the journal holds from earlier runs."""
        self._last = await self._queue.last_entry()

    def follow(self, sources: Sequence[int]) -> None:
        """Name the sources whose jobs are of interest."""
        self._sources = sources

    async def news(self, *, at_once: bool = False) -> list[Happening]:
        """What happened since the last call, in order.

        Often nothing, because it waits until a look is cheap; not so with `at_once`.
        """
        await self._read()
        if not (at_once or self._look.due):
            return []
        ripe, self._pending = self._pending, []
        if not ripe and self._looked and not at_once:
            return []
        self._looked = True
        return await self._look.ask(lambda: self._told_of(ripe))

    async def _told_of(self, ripe: Sequence[JournalEntry]) -> list[Happening]:
        archived = [each.job_id for each in ripe if each.kind is EventKind.ITEM_ARCHIVED and each.job_id]
        lines, self.held, notes = await asyncio.gather(
            self._lines({entry.job_id for entry in ripe if entry.job_id is not None}),
            self._queue.standing(self._sources, _HELD),
            self._queue.notes(archived),
        )
        already = await self._already()
        happened = (self._happening(entry, lines, notes) for entry in ripe)
        return [*already, *filter(None, happened)]

    async def _lines(self, job_ids: Collection[int]) -> dict[int, JobLine]:
        return {line.job_id: line for line in await self._queue.lines(self._sources, job_ids)}

    async def _read(self) -> None:
        while page := await self._queue.entries(self._last, _PAGE):
            self._last = page[-1].id
            self._pending += page
            self._told |= {
                entry.job_id for entry in page if entry.kind is EventKind.ITEM_ARCHIVED and entry.job_id
            }
            for entry in page:
                if entry.kind is EventKind.ITEM_SKIPPED and (reason := entry.data.get("reason")) in _HIDDEN:
                    self._hidden[entry.source_id][entry.item_id] = reason

    async def _already(self) -> list[Happening]:
        """Items that were done when they were first seen: nothing in this run archived them."""
        done = await self._queue.done(self._sources)
        # After that look, so that whatever it found done has been read of if this run did it.
        await self._read()
        found = done - self._told
        self._told |= found
        now = datetime.now(UTC)
        return (
            [Happening(Kind.ALREADY, now, line) for line in (await self._lines(found)).values()]
            if found
            else []
        )

    def _happening(
        self, entry: JournalEntry, lines: Mapping[int, JobLine], notes: Mapping[int, Sequence[str]]
    ) -> Happening | None:
        line = lines.get(entry.job_id) if entry.job_id is not None else None
        if line is None:
            return None
        match entry.kind:
            case EventKind.ITEM_ARCHIVED:
                return Happening(Kind.ARCHIVED, entry.at, line, notes=notes.get(line.job_id, ()))
            case EventKind.SOURCE_LISTED:
                hidden = Counter(self._hidden.pop(entry.source_id, {}).values())
                return Happening(Kind.LISTED, entry.at, line, entry.data.get("entries"), hidden)
            case EventKind.STAGE_STARTED if entry.data.get("stage") == "download":
                return Happening(Kind.STARTED, entry.at, line)
            case EventKind.STAGE_FAILED | EventKind.STAGE_FINISHED:
                return _ended(entry, line)
            case EventKind.JOB_CHANGED if line.status is Status.CANCELLED:
                return Happening(Kind.CANCELLED, entry.at, line)
            case _:
                return None


def _ended(entry: JournalEntry, line: JobLine) -> Happening | None:
    """A stage's bad end as it was then; the job may have moved on since."""
    status, delay = Status(entry.data["status"]), entry.data.get("delay_s")
    if status not in _BY_STATUS:
        return None
    then = {
        "status": status,
        "reason": entry.data.get("reason"),
        "failure_class": entry.data.get("failure_class"),
        "run_after": None if delay is None else entry.at + timedelta(seconds=delay),
    }
    return Happening(_BY_STATUS[status], entry.at, line.model_copy(update=then))
