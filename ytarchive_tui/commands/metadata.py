"""`metadata URL…`: what is known of videos, without archiving them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import click

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.commands.asking import Asking, addresses, asking
from ytarchive_tui.domain.addresses import Recognised
from ytarchive_tui.domain.amounts import date, duration, number
from ytarchive_tui.domain.errors import StageError, UsageError
from ytarchive_tui.domain.merging import teller
from ytarchive_tui.domain.models import ItemMetadata, SourceKind
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.metadata import Told

_NAMES = {"ytdlp": "yt-dlp", "youtube_api": "the YouTube Data API"}
_LIVE = {
    "is_upcoming": "announced", "is_live": "now", "was_live": "it was a live stream",
    "post_live": "it has just ended",
}  # fmt: skip
_LONGEST = 300
_MOST_TOLD = 12


def run(
    options: Mapping[str, Any], given: tuple[str, ...], *, refresh: bool, formats: bool, captions: bool,
    as_json: bool,
) -> ExitCode:  # fmt: skip
    """Tell of every video that the addresses lead to; raises `UsageError` and `StageError`."""
    found = addresses(tuple(_from_input(given)))
    if not found:
        raise UsageError("there is no address to ask for")
    return asyncio.run(
        _run(options, found, refresh=refresh, formats=formats, captions=captions, as_json=as_json)
    )


async def _run(
    options: Mapping[str, Any], found: list[Recognised], *, refresh: bool, formats: bool, captions: bool,
    as_json: bool,
) -> ExitCode:  # fmt: skip
    told_by: Counter[str] = Counter()
    missing = 0
    async with asking(options) as services:
        ids = _ids(services, found)
        async for told in services.metadata.describe(ids, refresh=refresh, formats=formats):
            if captions and told.metadata is not None:
                told = await _with_subtitles(services, told)
            if told.metadata is None:
                missing += 1
            else:
                told_by[told.metadata.provider] += 1
            click.echo(json.dumps(_facts(told)) if as_json else "\n".join(_lines(told)))
        if services.metadata.detour is not None:
            said = services.metadata.detour.sentence
            instead = number(told_by["ytdlp"], "video")
            print(f"note: the Data API did not answer: {said}. yt-dlp told {instead}", file=sys.stderr)
    return ExitCode.NOT_ALL_ARCHIVED if missing else ExitCode.ALL_ARCHIVED


async def _ids(services: Asking, found: Iterable[Recognised]) -> AsyncIterator[str]:
    for each in found:
        if each.kind is SourceKind.VIDEO:
            assert each.video_id is not None
            yield each.video_id
        else:
            async for items in services.playlists.pages(each):
                for item in items:
                    yield item.video_id


async def _with_subtitles(services: Asking, told: Told) -> Told:
    assert told.metadata is not None
    if told.metadata.subtitles:
        return told
    try:
        languages = await services.metadata.captions(told.video_id)
    except StageError as error:
        print(f"note: subtitles of {told.video_id}: {plain(str(error), _LONGEST)}", file=sys.stderr)
        return told
    return told._replace(metadata=told.metadata.model_copy(update={"subtitles": languages}))


def _from_input(given: tuple[str, ...]) -> Iterable[str]:
    """The arguments, with the lines of standard input in the place of `-`."""
    for text in given:
        if text != "-":
            yield text
            continue
        lines = (line.strip() for line in sys.stdin)
        yield from (line for line in lines if line and not line.startswith("#"))


def _facts(told: Told) -> dict[str, Any]:
    address = f"https://www.youtube.com/watch?v={told.video_id}"
    if told.metadata is None:
        assert told.failure is not None
        failure = told.failure
        return {"video_id": told.video_id, "url": address, "found": False, "class": failure.failure_class,
                "reason": failure.sentence}  # fmt: skip
    facts = told.metadata.model_dump(mode="json")
    return {"video_id": told.video_id, "url": address, "found": True, "cached": told.cached} | facts


def _lines(told: Told) -> Iterable[str]:
    """One video as a block of lines."""
    if told.metadata is None:
        assert told.failure is not None
        yield f"{told.video_id}: {plain(told.failure.sentence, _LONGEST)}"
        return
    it = told.metadata
    yield plain(it.title or it.video_id, _LONGEST)
    yield f"  https://www.youtube.com/watch?v={it.video_id}"
    for name, values in (
        ("channel", (it.channel,)),
        ("length", (duration(it.duration_s),)),
        ("live", (_LIVE.get(it.live_status or ""),)),
        ("published", (date(it.published_at), None if it.at_source == "unknown" else str(it.at_source))),
        ("seen", (number(it.view_count, "view"), number(it.like_count, "like"),
                  number(it.comment_count, "comment"))),
        ("about", (*it.categories, *it.topics)),
        ("rules", tuple(_rules(it))),
        ("formats", (_formats(it),)),
        ("subtitles", it.subtitles),
        ("chapters", (number(len(it.chapters), "chapter") if it.chapters else "",)),
        ("told by", (_tellers(it),)),
    ):  # fmt: skip
        if text := _joined(values):
            yield f"  {name:<9}  {text}"


def _rules(it: ItemMetadata) -> Iterable[str]:
    if it.age_limit:
        yield f"from {it.age_limit} years on"
    if it.made_for_kids:
        yield "made for children"
    if it.regions_allowed:
        yield f"shown in {_some(it.regions_allowed)} only"
    if it.regions_blocked:
        yield f"not shown in {_some(it.regions_blocked)}"
    if it.licence == "creativeCommon":
        yield "Creative Commons"
    if it.embeddable is False:
        yield "can't be embedded"


def _formats(it: ItemMetadata) -> str:
    if not it.offered:
        return ""
    best = max((one.height or 0 for one in it.offered), default=0)
    return f"{len(it.offered)}, up to {best}p" if best else f"{len(it.offered)}"


def _tellers(it: ItemMetadata) -> str:
    """The main provider, and the fields that the other one filled."""
    others = sorted(field.replace("_", " ") for field in it.filled if teller(it, field) != it.provider)
    if not others:
        return _NAMES[it.provider]
    other = next(name for provider, name in _NAMES.items() if provider != it.provider)
    return f"{_NAMES[it.provider]}; by {other}: {_some(others)}"


def _joined(values: Iterable[str | None]) -> str:
    return ", ".join(plain(value, _LONGEST) for value in values if value)


def _some(values: Iterable[str]) -> str:
    told = list(values)
    more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return ", ".join(told[:_MOST_TOLD]) + more
