"""`add URL…`: queue without running to the end; a running engine takes it up, else the next one does."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ytarchive_tui.batch.wording import count
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.commands.source import opened
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.domain.amounts import duration
from ytarchive_tui.domain.errors import EngineBusyError, UsageError
from ytarchive_tui.domain.models import Choice, Job, JobKind, Source, Stage, Status, Submission
from ytarchive_tui.domain.rules import BadRule, fields, parse
from ytarchive_tui.domain.selection import Candidate, Selection, facts_of, kind_of
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.sources import TABS, Wish, submissions
from ytarchive_tui.settings.paths import Paths

if TYPE_CHECKING:
    from ytarchive_tui.settings.model import Settings

_SHOWN = 20
_SAID = 100


def add(
    options: Mapping[str, Any], urls: Sequence[str], *, tabs: str | None, rules: Sequence[str], order: str,
    limit: int | None, preview: bool, as_json: bool,
) -> None:  # fmt: skip
    """Store and queue, or only tell what would be; raises `UsageError`."""
    rule = " and ".join(f"({each})" for each in rules) if len(rules) > 1 else "".join(rules) or None
    try:
        if rule:
            parse(rule)
    except BadRule as error:
        raise UsageError(f"the rule can't be used: {error}") from None
    chosen = _tabs(tabs)
    if rule and not chosen and "kind" in fields(rule):
        # Only the tab on which a video stands tells its kind.
        chosen = ("videos", "shorts", "live")
    settings, paths = settings_of(options).settings, paths_of(options)
    wanted = submissions(
        urls, settings.archive.options(), Wish(chosen, Choice(rule=rule, order=order, most=limit))
    )
    videos = [one.address for one in wanted if one.video_id is not None]
    if videos and (tabs or rules or limit or order != "newest"):
        other = f" and {count(len(videos) - 1, 'other')}" if len(videos) > 1 else ""
        click.echo(
            f"{videos[0]}{other}: by itself; tabs, rules, order and limit are for lists",
            err=True,
        )
    if preview:
        asyncio.run(_preview(wanted, settings, paths, as_json=as_json))
        return

    async def run() -> None:
        async with opened(options) as (service, _):
            answers = await service.add(wanted)
        for one, answer in zip(wanted, answers, strict=True):
            told = {"source": answer.source_id, "job": answer.job_id, "address": one.address,
                    "already": answer.already_archived}  # fmt: skip
            what = "already archived" if answer.already_archived else "queued"
            click.echo(json.dumps(told) if as_json else f"{what}: {one.address}")
        if not as_json:
            click.echo(_who_works(paths), err=True)

    asyncio.run(run())


def _tabs(text: str | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(each.strip().lower() for each in (text or "").split(",") if each.strip()))
    if unknown := [each for each in names if each not in TABS]:
        raise UsageError(f"a channel has no tab «{plain(unknown[0], 40)}»; there are {', '.join(TABS)}")
    return names


def _who_works(paths: Paths) -> str:
    lock = EngineLock(paths.state_dir)
    try:
        lock.acquire()
    except EngineBusyError:
        return "the running program takes it up"
    lock.release()
    return "nothing runs now: open the screen, or run `ytarchive-tui daemon`, to have it archived"


async def _preview(wanted: Sequence[Submission], settings: Settings, paths: Paths, *, as_json: bool) -> None:
    """Read the lists and tell what the rule keeps of them; nothing is stored."""
    from ytarchive_tui.outside import children_of, extraction_config
    from ytarchive_tui.settings.tools import find_tools
    from ytarchive_tui.ytdlp.adapters import YtdlpLister

    tools = find_tools(settings.tools, os.environ, paths.cache_dir)
    config = extraction_config(settings, paths.cache_dir, tools)
    async with AsyncExitStack() as stack:
        lister = YtdlpLister(await stack.enter_async_context(children_of(settings, config)), config)
        for one in wanted:
            if one.video_id is None:
                await _tell(one, lister, as_json=as_json)
            elif not as_json:
                click.echo(f"{one.address}: a single video, kept")


async def _tell(one: Submission, lister: Any, *, as_json: bool) -> None:
    assert one.choice is not None
    chosen = Selection.of(one.choice.rule, one.choice.order, one.choice.most)
    kind = kind_of(one.address)
    found = [entry async for page in lister.pages(_as_job(one)) for entry in page.entries]
    candidates = [
        Candidate(number, number, facts_of(entry, kind), entry.at_source)
        for number, entry in enumerate(found)
    ]
    kept = [found[number] for number in chosen.pick(candidates)]
    unsure = sum(chosen.admits(facts_of(entry, kind)) is None for entry in kept)
    if as_json:
        for entry in kept:
            click.echo(
                json.dumps(
                    {"video_id": entry.video_id, "title": entry.title, "duration_s": entry.duration_s,
                     "decided": chosen.admits(facts_of(entry, kind)) is True}
                )
            )  # fmt: skip
        return
    click.echo(f"{one.address}: keeps {len(kept):,} of {count(len(found), 'video')}")
    if unsure:
        click.echo(f"  of {unsure:,} the list does not tell enough: these are decided one by one")
    for entry in kept[:_SHOWN]:
        click.echo(f"  {duration(entry.duration_s):>8}  {plain(entry.title or entry.video_id, _SAID)}")
    if len(kept) > _SHOWN:
        click.echo(f"  and {len(kept) - _SHOWN:,} more")


def _as_job(one: Submission) -> Job:
    """A job that is stored nowhere, as the lister wants one."""
    now = datetime.now(UTC)
    source = Source(
        id=0, url=one.url, address=one.address, kind=one.kind, options=one.options, created_at=now
    )
    return Job(
        id=0,
        kind=JobKind.SOURCE,
        stage=Stage.METADATA,
        status=Status.RUNNING,
        options=one.options,
        source=source,
        created_at=now,
        updated_at=now,
    )
