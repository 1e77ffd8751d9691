"""`status`: how everything stands, in a few lines; also beside a running program."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import click

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import NAME as LOCK
from ytarchive_tui.db.lock import is_free
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.reach import reach
from ytarchive_tui.domain.amounts import size
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.domain.reach import Reach
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.bandwidth import BandwidthService, Line
from ytarchive_tui.services.queue import Figures, QueueService
from ytarchive_tui.services.reaching import DIRECT
from ytarchive_tui.services.site import SiteService, Standing
from ytarchive_tui.settings.redact import redact

_WORDS = ("running", "queued", "waiting", "blocked", "paused", "failed", "done", "cancelled")


def show(options: Mapping[str, Any], *, as_json: bool) -> None:
    """Print it; asks nothing of the network. Raises `UsageError` and the database's own errors."""
    settings, paths = settings_of(options).settings, paths_of(options)

    async def look() -> tuple[bool, bool, Figures, Standing, Line, Reach]:
        paths.make()
        async with await Database.open(paths.database) as db:
            queue = QueueService(db, Queue(db), MemoryBoard())
            wishes = await queue.wishes()
            runs = (paths.state_dir / LOCK).exists() and not is_free(paths.state_dir)
            site = await SiteService(db, settings).standing()
            line, way = await BandwidthService(db).line(), await reach(db)
            return runs, wishes.on_hold, await queue.figures(), site, line, way

    runs, on_hold, figures, site, line, way = asyncio.run(look())
    reached = {
        "cookies": str(way.cookies_file or way.cookies_browser) if way.own_cookies else None,
        "proxy": None if way.proxy is None else redact(way.proxy) or DIRECT,
    }
    if as_json:
        click.echo(json.dumps(_facts(runs, on_hold, figures, site, line) | {"instead_of_settings": reached}))
        return
    click.echo("a program runs and archives" if runs else "no program runs: nothing goes on by itself")
    counts = [f"{number:,} {word}" for word in _WORDS if (number := getattr(figures, word))]
    click.echo(", ".join(counts) or "the queue is empty")
    if on_hold:
        click.echo("everything is on hold")
    for text in (site.banner(), site.gauge(), line.why()):
        if text:
            click.echo(text)
    if line.total_bps:
        click.echo(f"all downloads together take {size(line.total_bps)}/s at most")
    for cap in line.caps:
        click.echo(cap.sentence())
    for word, value in reached.items():
        if value is not None:
            click.echo(f"{word}, instead of what the settings say: {plain(value)}")


def _facts(runs: bool, on_hold: bool, figures: Figures, site: Standing, line: Line) -> dict[str, Any]:
    return {
        "running_engine": runs,
        "on_hold": on_hold,
        "jobs": figures.model_dump(),
        "site": site.model_dump(mode="json"),
        "bandwidth": line.model_dump(mode="json") | {
            "why": line.why(),
            "warning": line.warning(),
            "caps": [
                cap.model_dump(mode="json") | {"reached": cap.reached, "near": cap.near} for cap in line.caps
            ],
        },
    }  # fmt: skip
