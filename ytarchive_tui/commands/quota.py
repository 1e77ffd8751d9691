"""`quota`: what the keys of the Data API have spent today, and what can still be done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import click

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.amounts import date, number
from ytarchive_tui.domain.quota import COSTS, KeyStanding
from ytarchive_tui.domain.text import plain
from ytarchive_tui.outside import quota_service
from ytarchive_tui.services.quota import QuotaReport

_BAR = 20


def show(options: Mapping[str, Any], *, as_json: bool) -> None:
    """Tell how each key stands; it asks nothing of the network. Raises `UsageError`."""
    settings, paths = settings_of(options).settings, paths_of(options)

    async def report() -> QuotaReport:
        paths.make()
        async with await Database.open(paths.database) as db:
            return await quota_service(settings, db).report()

    found = asyncio.run(report())
    if as_json:
        click.echo(json.dumps(_facts(found)))
        return
    if not found.keys:
        click.echo("no API key is set, so yt-dlp tells all metadata; docs/metadata.md says how to get a key")
        return
    for key in found.keys:
        click.echo("\n".join(_lines(key)))
    if found.broken:
        click.echo(f"\nthe API is left alone until {date(found.broken.until)}: {found.broken.reason}")
    click.echo(f"\nrenewed at {date(found.renewed_at)} (midnight Pacific time)")
    if found.reserve:
        click.echo(f"{found.reserve:,} units of each key are kept for what you ask for yourself")
    click.echo("\nwhat is left today would be enough for one of:")
    for each in found.enough_for:
        click.echo(f"  {each.things:>9,} {each.what}  ({number(each.calls, 'call')} of {each.call})")


def _lines(key: KeyStanding) -> list[str]:
    full = min(_BAR, round(_BAR * key.spent / key.limit)) if key.limit else _BAR
    bar = "#" * full + "." * (_BAR - full)
    lines = [f"key {key.key}  [{bar}]  {key.spent:,} of {key.limit:,} units spent, {key.left:,} left"]
    lines += [
        f"  {call:<19}  {number(count, 'call')}, {number(count * COSTS[call], 'unit')}"
        for call, count in key.calls.items()
    ]
    if key.resting_until is not None:
        lines.append(f"  rests until {date(key.resting_until)}: {plain(key.why or '', 200)}")
    return lines


def _facts(found: QuotaReport) -> dict[str, Any]:
    return found.model_dump(mode="json") | {
        "spent": found.spent,
        "left": found.left,
        "sentence": found.sentence,
        "broken": found.broken._asdict() | {"until": found.broken.until.isoformat()}
        if found.broken
        else None,
        "keys": [key.model_dump(mode="json") | {"left": key.left} for key in found.keys],
        "enough_for": [each._asdict() for each in found.enough_for],
    }
