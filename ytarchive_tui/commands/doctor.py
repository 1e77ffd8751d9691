"""`doctor`: what the program depends on, and how to mend it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import click

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.doctor import render, run_checks
from ytarchive_tui.services.restoring import restore_state
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.tools import find_tools


def restore(options: Mapping[str, Any]) -> None:
    """Put the newest snapshot in the place of the state file; raises `EngineBusyError` and `StateError`."""
    done = asyncio.run(restore_state(paths_of(options), settings_of(options).settings.archive.root))
    click.echo(
        f"put {plain(str(done.snapshot), 300)} in place; "
        f"the old state is kept in {plain(str(done.damaged), 300)}"
    )
    click.echo(f"items that were archived since and are known again: {done.found}")
    for root in done.missing:
        click.echo(
            f"not looked at, because it can't be read now: {plain(str(root), 300)}; "
            "it is looked through before the next job that needs it",
            err=True,
        )


def run(options: Mapping[str, Any], *, as_json: bool) -> int:
    """Print the report and return its exit code; broken settings are part of it."""
    problem = None
    try:
        settings = settings_of(options).settings
    except UsageError as error:
        settings, problem = Settings(), str(error)
    paths = paths_of(options)
    tools = find_tools(settings.tools, os.environ, paths.cache_dir)
    report = asyncio.run(run_checks(settings, paths, tools, settings_problem=problem))
    click.echo(report.model_dump_json() if as_json else "\n".join(render(report)))
    return report.exit_code
