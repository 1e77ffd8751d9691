"""`remove WORD…`: what has ended leaves the queue's list, also beside a running engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ytarchive_tui.batch.wording import count
from ytarchive_tui.commands.setup import paths_of
from ytarchive_tui.commands.shell_words import as_filter
from ytarchive_tui.db import removing
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.filters import parse


def remove(options: Mapping[str, Any], words: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    """Remove what has ended and fits the words, or only tell how much that is."""

    async def run() -> int:
        paths = paths_of(options)
        paths.make()
        async with await Database.open(paths.database) as db:
            found = await removing.ended(db, parse(as_filter(words)))
            return len(found) if dry_run else await removing.remove(db, found)

    jobs = asyncio.run(run())
    if as_json:
        click.echo(json.dumps({"jobs": jobs, "removed": not dry_run}))
    else:
        click.echo(f"{count(jobs, 'job')} {'would be removed' if dry_run else 'removed'}")
