"""`status`: how everything stands, also beside a running program."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.library import LibraryPages
from ytarchive_tui.db.library_rows import LibraryTotals
from ytarchive_tui.db.lock import is_free
from ytarchive_tui.db.reach import reach
from ytarchive_tui.domain.amounts import number, size
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.bandwidth import Line
from ytarchive_tui.services.reaching import DIRECT
from ytarchive_tui.settings.redact import redact
from ytarchive_tui.storage.free import free_bytes

if TYPE_CHECKING:
    from ytarchive_tui.domain.reach import Reach
    from ytarchive_tui.runtime import Runtime
    from ytarchive_tui.settings.model import Settings
    from ytarchive_tui.settings.paths import Paths

_OPEN = ("running", "queued", "waiting", "blocked", "paused", "failed")
_WORDS = {"blocked": "need you", "paused": "paused by you"}


def show(options: Mapping[str, Any], *, as_json: bool) -> None:
    """Print it; raises `UsageError` and `StateError`."""
    settings, paths = settings_of(options).settings, paths_of(options)
    told = asyncio.run(_facts(settings, paths))
    click.echo(json.dumps(told) if as_json else "\n".join(_lines(told)))


async def _facts(settings: Settings, paths: Paths) -> dict[str, Any]:
    from ytarchive_tui.runtime import Runtime

    paths.make()
    async with Runtime.attach(settings, paths) as runtime:
        library = LibraryPages(paths.database)
        try:
            kept = await library.totals()
        finally:
            await library.close()
        async with await Database.open(paths.database) as db:
            way = await reach(db)
        works = (paths.state_dir / "engine.lock").exists() and not is_free(paths.state_dir)
        return await _told(runtime, kept, settings.archive.root, way, works=works)


async def _told(
    runtime: Runtime, kept: LibraryTotals, root: Path, way: Reach, *, works: bool
) -> dict[str, Any]:
    figures, wishes = await runtime.queue.figures(), await runtime.queue.wishes()
    site = await runtime.site.standing()
    line = await runtime.bandwidth.line() if runtime.bandwidth else Line()
    quota = await runtime.quota.report() if runtime.quota else None
    return {
        "archive": str(root), "archived": kept.n, "bytes": kept.size, "free_bytes": free_bytes(root),
        "works": works, "on_hold": wishes.on_hold,
        "jobs": figures.model_dump(),
        "site": {"held": site.held, "offline": site.offline,
                 "until": site.until.isoformat() if site.held and site.until else None,
                 "sentence": site.banner() or site.gauge()},
        "instead_of_settings": {
            "cookies": str(way.cookies_file or way.cookies_browser) if way.own_cookies else None,
            "proxy": None if way.proxy is None else redact(way.proxy) or DIRECT,
        },
        "bandwidth": {
            "held": line.held_until is not None,
            "until": line.held_until.isoformat() if line.held_until else None,
            "limit_bps": line.total_bps,
            "caps": [cap.model_dump(mode="json") | {"reached": cap.reached, "near": cap.near}
                     for cap in line.caps],
            "sentences": list(_of_the_line(line)),
        },
        "data_api": None if quota is None or not quota.keys else {
            "asked": not (quota.detour or quota.broken), "spent": quota.spent, "left": quota.left,
            "sentence": quota.sentence or f"Data API: {quota.left:,} units left today",
        },
    }  # fmt: skip


def _lines(told: Mapping[str, Any]) -> list[str]:
    free = told["free_bytes"]
    room = "its disk is not there" if free is None else f"{size(free)} free"
    jobs = [f"{told['jobs'][name]:,} {_WORDS.get(name, name)}" for name in _OPEN if told["jobs"][name]]
    if told["on_hold"]:
        who = "everything is on hold"
    elif told["works"]:
        who = "a program works on it"
    else:
        who = "nothing works on it now: open the screen, or run `ytarchive-tui daemon`"
    lines = [
        f"archive   {number(told['archived'], 'video')}, {size(told['bytes'])}; {room}",
        f"          {plain(told['archive'], 300)}",
        f"work      {', '.join(jobs) or 'nothing to do'}",
        f"          {who}",
        f"site      {told['site']['sentence']}",
    ]
    for word, value in told["instead_of_settings"].items():
        if value is not None:
            lines.append(f"          {word}, instead of what the settings say: {plain(value)}")
    lines += [f"line      {sentence}" for sentence in told["bandwidth"]["sentences"]]
    if told["data_api"]:
        lines.append(f"data api  {told['data_api']['sentence']}")
    if told["jobs"]["blocked"] or told["jobs"]["failed"]:
        lines.append("          `ytarchive-tui recovery list` tells what failed and what helps")
    return lines


def _of_the_line(line: Line) -> Iterator[str]:
    if why := line.why():
        yield why
    if line.total_bps:
        yield f"all downloads together take {size(line.total_bps)}/s at most"
    for cap in line.caps:
        yield cap.sentence()
