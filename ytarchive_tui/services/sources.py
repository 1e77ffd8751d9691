"""Sources that stay in step with the site: added with a choice, followed by schedules, read again, shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.sources import SourceRow, Sources
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.addresses import BadAddress, Recognised, recognise
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.events import JournalEntry
from ytarchive_tui.domain.models import Choice, JobOptions, Scan, SourceKind, Submission, Submitted
from ytarchive_tui.domain.schedule import WEEK_S, BadSchedule, Schedule
from ytarchive_tui.domain.text import plain

TABS = {"videos": "videos", "shorts": "shorts", "live": "streams", "playlists": "playlists"}
"""What people call a channel's tabs → the site's own word for them."""


class Wish(NamedTuple):
    """What is wanted of the lists that are added."""

    tabs: tuple[str, ...] = ()
    """Of channels; empty for all their uploads."""
    choice: Choice | None = None
    """None leaves it as it was."""


class Happened(NamedTuple):
    """One line of a source's timeline."""

    entry: JournalEntry
    video_id: str | None
    title: str | None


class SourcesService:
    """Everything about sources; works beside a running engine as well."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sources = Sources(db)

    async def add(self, submissions: Sequence[Submission]) -> tuple[Submitted, ...]:
        """Store addresses and queue them, in one transaction and before anything is asked of the network."""
        return await submit(self._db, submissions)

    async def all(self, *, followed: bool = False) -> list[SourceRow]:
        """Every list that is archived or followed, or only the followed ones."""
        return await self._sources.all(followed=followed)

    async def find(self, name: str, archive: Path | None = None) -> SourceRow:
        """The source of that number or address; raises `UsageError` when it is none, or several."""
        found = await self._sources.named(_address(name))
        if len(found) > 1 and archive is not None:
            found = [each for each in found if each.archive == str(archive)] or found
        if not found:
            raise UsageError(
                f"there is no source «{plain(name, 100)}»; `source list` tells what there is, `add` adds one"
            )
        if len(found) > 1:
            numbers = ", ".join(str(each.id) for each in found)
            raise UsageError(f"«{name}» is archived to several folders; name the source by number: {numbers}")
        return found[0]

    async def refresh(self, source: SourceRow, scan: Scan | None = None) -> Scan | None:
        """Read the source now, as it is due or as told; which scan, or None when it is being read already."""
        full_every = source.schedule.full_every_s if source.schedule else WEEK_S
        return await self._sources.refresh(source.id, scan, full_every)

    async def follow(self, source_id: int, schedule: Schedule) -> datetime:
        """Read the source by that schedule from now on; the first occurrence."""
        planned = schedule.after(from_us(self._db.now()))
        await self._sources.follow(source_id, schedule, planned)
        return schedule.run_at(planned, source_id)

    async def unfollow(self, source: SourceRow) -> bool:
        """End the schedule; False when there was none."""
        return await self._sources.unfollow(source.id)

    async def timeline(self, source: SourceRow, limit: int = 50) -> list[Happened]:
        """What changed in a source and its entries, newest first."""
        return [Happened(*each) for each in await self._sources.timeline(source.id, limit)]

    async def history(self, item_id: int) -> list[JournalEntry]:
        """Earlier titles, descriptions, pictures and visibility of one item, oldest first."""
        return await self._sources.history(item_id)


def submissions(texts: Iterable[str], options: JobOptions, wish: Wish) -> list[Submission]:
    """What is handed to the queue for these addresses; raises `UsageError` for one that can't be used."""
    made = []
    for text in texts:
        try:
            found = recognise(text)
        except BadAddress as error:
            raise UsageError(_said(text, error)) from None
        for each in _lists(found, wish):
            made.append(
                Submission(
                    url=text,
                    address=each.address,
                    kind=each.kind,
                    extractor=each.extractor,
                    video_id=each.video_id,
                    options=options,
                    choice=None if each.video_id else wish.choice,
                )
            )
    return made


def _lists(found: Recognised, wish: Wish) -> list[Recognised]:
    """The lists that one address stands for: a channel may be taken tab by tab."""
    if found.kind is not SourceKind.CHANNEL or not wish.tabs:
        return [found]
    return [
        found.model_copy(update={"kind": SourceKind.TAB, "address": f"{found.address}/{TABS[tab]}"})
        for tab in wish.tabs
    ]


def _address(name: str) -> str:
    if name.isdecimal() and len(name) < 10:
        return name
    try:
        return recognise(name).address
    except BadAddress as error:
        raise UsageError(_said(name, error)) from None


def local_zone() -> str:
    """The IANA name of this machine's time zone; `UTC` where it can't be found."""
    target = os.path.realpath("/etc/localtime")
    name = os.environ.get("TZ") or target.partition("/zoneinfo/")[2] or "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return name


def checked_zone(name: str) -> str:
    """A time zone that this machine knows; raises `BadSchedule`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(
            f"this machine knows no time zone «{name}»; write one such as Europe/Berlin"
        ) from None
    return name


def _said(text: str, error: BadAddress) -> str:
    """What is wrong with what was typed or pasted."""
    return f"{shown}: {error.reason}" if (shown := plain(text, 100).strip()) else error.reason
