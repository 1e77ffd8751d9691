"""`playlist info URL`: what a playlist or a channel is, and, if asked for, what stands in it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.commands.asking import Asking, addresses, asking
from ytarchive_tui.domain.addresses import Recognised
from ytarchive_tui.domain.amounts import date, duration, number
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import AtSource, SourceKind
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.playlist import Entry, ListInfo

_NAMES = {"ytdlp": "yt-dlp", "youtube_api": "the YouTube Data API"}
_TITLE = 80
_LONGEST = 300
_GONE = (AtSource.PRIVATE, AtSource.REMOVED)


def info(options: Mapping[str, Any], url: str, *, items: bool, refresh: bool, as_json: bool) -> ExitCode:
    """Tell of one list; raises `UsageError`, and `StageError` when it can't be read."""
    (found,) = addresses((url,))
    if found.kind is SourceKind.VIDEO:
        raise UsageError(
            "that is a video: `metadata` tells of it; `playlist info` takes a playlist or a channel"
        )
    return asyncio.run(_info(options, found, items=items, refresh=refresh, as_json=as_json))


async def _info(
    options: Mapping[str, Any], found: Recognised, *, items: bool, refresh: bool, as_json: bool
) -> ExitCode:
    async with asking(options) as services:
        told = await services.playlists.info(found, refresh=refresh)
        if as_json:
            click.echo(json.dumps(told.model_dump(mode="json")))
        else:
            _tell(told)
        if items:
            await _tell_items(services, found, refresh=refresh, as_json=as_json)
    return ExitCode.ALL_ARCHIVED


def _tell(told: ListInfo) -> None:
    click.echo(plain(told.title or told.address, _LONGEST))
    by = plain(told.channel or "", _LONGEST) if told.kind == "playlist" else ""
    seen = None if told.at_source is AtSource.UNKNOWN else str(told.at_source)
    for name, values in (
        (told.kind, (told.address,)),
        ("channel", (by,)),
        ("holds", (number(told.entries, "video"),)),
        ("followed", (number(told.subscribers, "subscriber"), number(told.view_count, "view"))),
        ("since", (date(told.published_at), seen)),
        ("about", (plain(told.description or "", _LONGEST),)),
        ("told by", (_NAMES[told.provider],)),
    ):
        if text := ", ".join(value for value in values if value):
            click.echo(f"  {name:<8}  {text}")


async def _tell_items(services: Asking, found: Recognised, *, refresh: bool, as_json: bool) -> None:
    total, known, entries = 0.0, 0, 0
    gone: Counter[str] = Counter()
    async for entry in services.playlists.entries(found, refresh=refresh):
        entries += 1
        click.echo(json.dumps(_facts(entry)) if as_json else _line(entry))
        if entry.item.at_source in _GONE:
            gone[entry.item.at_source] += 1
        if entry.duration_s is not None:
            total, known = total + entry.duration_s, known + 1
    if as_json:
        return
    unknown = entries - known - gone.total()
    parts = [f"{number(entries, 'video')}, {duration(total)} in all"]
    parts += [f"{count:,} {state}" for state, count in sorted(gone.items())]
    if unknown:
        parts.append(f"{unknown:,} of unknown length")
    click.echo(f"\n{', '.join(parts)}")


def _line(entry: Entry) -> str:
    item = entry.item
    published = entry.metadata.published_at if entry.metadata else None
    day = f"{published.astimezone():%Y-%m-%d}" if published else ""
    title = plain(item.title or "", _TITLE)
    return (
        f"{item.position:>6}  {item.video_id}  {duration(entry.duration_s):>8}  {day:<10}  {title}".rstrip()
    )


def _facts(entry: Entry) -> dict[str, Any]:
    metadata = entry.metadata
    return entry.item.model_dump(mode="json") | {
        "duration_s": entry.duration_s,
        "published_at": metadata.published_at.isoformat() if metadata and metadata.published_at else None,
        "view_count": metadata.view_count if metadata else None,
    }
