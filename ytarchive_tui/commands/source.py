"""`source list|show|refresh|follow|unfollow`: sources without a screen, also beside a running engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from ytarchive_tui.batch.wording import moment
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import Scan
from ytarchive_tui.domain.schedule import WEEK_S, BadSchedule, interval, parse_schedule
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services import source_words
from ytarchive_tui.services.sources import SourcesService, Wish, checked_zone, local_zone, submissions

if TYPE_CHECKING:
    from ytarchive_tui.db.sources import SourceRow
    from ytarchive_tui.services.sources import Happened
    from ytarchive_tui.settings.model import Settings

_SAID = 100


def list_sources(options: Mapping[str, Any], *, followed: bool, as_json: bool) -> None:
    """One source a line."""

    async def run() -> None:
        async with opened(options) as (service, _):
            found = await service.all(followed=followed)
        for each in found:
            click.echo(json.dumps(facts(each)) if as_json else _line(each))
        if not found and not as_json:
            none = "nothing is followed; `source follow` begins it"
            click.echo(none if followed else "there are no sources; `add` adds one", err=True)

    asyncio.run(run())


def show(options: Mapping[str, Any], name: str, *, limit: int, as_json: bool) -> None:
    """One source with its timeline; raises `UsageError`."""

    async def run() -> None:
        async with opened(options) as (service, settings):
            source = await service.find(name, settings.archive.root)
            happened = await service.timeline(source, limit)
        if as_json:
            click.echo(json.dumps(facts(source) | {"timeline": [_event(each) for each in happened]}))
            return
        click.echo(f"{source.id}: {_name(source)}\n{source.address}\n")
        click.echo(f"  in the list  {source.entries:,}; {source.have:,} archived, {source.missing:,} missing")
        click.echo(f"  last read    {moment(source.refreshed_at) or 'never'}: {_result(source)}")
        if source.doubted:
            click.echo("               something changed further down: the next reading is a whole one")
        click.echo(f"  next         {_next(source)}")
        if source.rule:
            click.echo(f"  rule         {plain(source.rule, 500)}")
        if happened:
            click.echo()
        for each in happened:
            what, text = source_words.line(each)
            click.echo(f"  {moment(each.entry.at):<16} {what:<9} {text}")

    asyncio.run(run())


def refresh(options: Mapping[str, Any], name: str, *, scan: str | None, as_json: bool) -> None:
    """Queue a reading of the source; raises `UsageError`."""

    async def run() -> None:
        async with opened(options) as (service, settings):
            source = await service.find(name, settings.archive.root)
            begun = await service.refresh(source, Scan(scan) if scan else None)
        if as_json:
            click.echo(json.dumps({"source": source.id, "scan": begun}))
        elif begun is None:
            click.echo(
                f"{_name(source)} is being read already, or waits for you: {source.reason or 'queued'}"
            )
        else:
            what = "the newest pages" if begun is Scan.DELTA else "the whole list"
            click.echo(f"queued: {what} of {_name(source)}")

    asyncio.run(run())


def follow(
    options: Mapping[str, Any], name: str, when: str, *, zone: str | None, jitter: str | None,
    full: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Read a source by a schedule, adding it if it is new; raises `UsageError`."""
    try:
        schedule = parse_schedule(
            when,
            zone=checked_zone(zone) if zone else local_zone(),
            jitter_s=interval(jitter) if jitter else None,
            full_every_s=interval(full) if full else WEEK_S,
        )
    except BadSchedule as error:
        swapped = "; the source comes before the time" if "youtu" in when or when.startswith("@") else ""
        raise UsageError(f"{error}{swapped}") from None

    async def run() -> None:
        async with opened(options) as (service, settings):
            try:
                source_id = (await service.find(name, settings.archive.root)).id
            except UsageError:
                if name.isdecimal():
                    raise
                added = await service.add(submissions([name], settings.archive.options(), Wish()))
                source_id = added[0].source_id
                if added[0].item_id is not None:
                    raise UsageError("a video can't be followed; give a playlist or a channel") from None
            first = await service.follow(source_id, schedule)
            source = await service.find(str(source_id))
        if as_json:
            click.echo(json.dumps(facts(source)))
        else:
            click.echo(f"following {_name(source)} ({source_words.when(schedule)}); next at {moment(first)}")
            click.echo("it is read while the screen, a batch or `ytarchive-tui daemon` runs", err=True)

    asyncio.run(run())


def unfollow(options: Mapping[str, Any], name: str, *, as_json: bool) -> None:
    """End a schedule; raises `UsageError`."""

    async def run() -> None:
        async with opened(options) as (service, settings):
            source = await service.find(name, settings.archive.root)
            ended = await service.unfollow(source)
        if as_json:
            click.echo(json.dumps({"source": source.id, "followed": False, "was_followed": ended}))
        else:
            click.echo(
                f"{_name(source)} is {'no longer' if ended else 'not'} followed; what it brought stays"
            )

    asyncio.run(run())


@asynccontextmanager
async def opened(options: Mapping[str, Any]) -> AsyncIterator[tuple[SourcesService, Settings]]:
    """The service on the user's own state, beside whatever engine runs on it."""
    settings, paths = settings_of(options).settings, paths_of(options)
    paths.make()
    async with await Database.open(paths.database) as db:
        yield SourcesService(db), settings


def facts(source: SourceRow) -> dict[str, Any]:
    """A source as JSON."""
    schedule = source.schedule
    return {
        "source": source.id, "address": source.address, "kind": source.kind, "title": source.title,
        "archive": source.archive, "rule": source.rule, "order": source.order, "limit": source.most,
        "entries": source.entries, "missing": source.missing, "archived": source.have,
        "followed": schedule is not None,
        "schedule": None if schedule is None else schedule.model_dump(exclude_none=True),
        "next_at": _time(source.run_at), "ran_at": _time(source.ran_at),
        "read_at": _time(source.refreshed_at), "read_whole_at": _time(source.whole_at),
        "doubted": source.doubted, "status": source.status, "reason": source.reason,
        "result": source.result,
    }  # fmt: skip


def _line(source: SourceRow) -> str:
    return f"{source.id:>5}  {source.entries:>7,}  {_name(source)}  ({_result(source)}; {_next(source)})"


def _name(source: SourceRow) -> str:
    return plain(source.title or source.address, _SAID)


def _result(source: SourceRow) -> str:
    """What the newest reading found."""
    return source_words.found(source.result) or "not read yet"


def _next(source: SourceRow) -> str:
    if source.status is not None:
        return f"{source.status}: {plain(source.reason, _SAID)}" if source.reason else str(source.status)
    if source.schedule is None:
        return "not followed"
    return f"next at {moment(source.run_at)}, {source_words.when(source.schedule)}"


def _event(happened: Happened) -> dict[str, Any]:
    entry = happened.entry
    return {"at": _time(entry.at), "event": entry.kind, "video_id": happened.video_id,
            "title": happened.title} | entry.data  # fmt: skip


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
