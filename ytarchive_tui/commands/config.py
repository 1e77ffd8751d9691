"""`config show` and `config path`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.show import shown


def show(options: Mapping[str, Any], *, origin: bool, as_json: bool) -> None:
    """Print every setting; raises `UsageError` when they can't be loaded."""
    rows = shown(settings_of(options))
    if as_json:
        for row in rows:
            more = {"origin": row.origin} if origin else {}
            click.echo(json.dumps({"name": row.name, "value": row.value, **more}))
        return
    width = max(len(row.name) for row in rows)
    for row in rows:
        line = f"{row.name:<{width}}  {plain(row.value)}"
        click.echo(f"{line}  ({plain(row.origin)})" if origin else line)


def path(options: Mapping[str, Any]) -> None:
    """Print where the settings file is looked for."""
    click.echo(paths_of(options).config_file)
