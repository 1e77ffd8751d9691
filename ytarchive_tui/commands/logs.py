"""`logs`: the newest lines of the log on standard output, and what comes after them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ytarchive_tui.commands.setup import paths_of
from ytarchive_tui.services.log_filter import LogFilter, LogLine, parsed
from ytarchive_tui.services.log_lines import NAME, LogReader

_LOOK_S = 0.1
_AT_ONCE = 1000


def show(options: Mapping[str, Any], words: Sequence[str], *, follow: bool, most: int, as_json: bool) -> None:
    """Print the last `most` lines that pass the filter, and with `follow` all that come."""
    folder = paths_of(options).log_dir
    if not follow and not (folder / NAME).exists():
        click.echo(f"there is no log yet in {folder}", err=True)
        return
    for raw in _raw(folder, LogFilter(" ".join(words)), most, follow=follow):
        line = parsed(0, raw)
        click.echo(line.raw if as_json else _text(line))


def _raw(folder: Path, wanted: LogFilter, most: int, *, follow: bool) -> Iterator[bytes]:
    reader = LogReader(folder)
    reader.narrow(wanted)
    reader.start()
    try:
        while not reader.view.complete:
            time.sleep(_LOOK_S / 10)
        view, after = reader.view, None
        at = max(0, view.total - most)
        while True:
            for start in range(at, view.total, _AT_ONCE):
                places = range(start, min(start + _AT_ONCE, view.total))
                yield from (raw for _, raw in reader.raw(view, places))
            if not follow:
                return
            after = view.number(view.total - 1) if view.total else after
            while reader.view is view:
                time.sleep(_LOOK_S)
            view = reader.view
            # Places shift when an old file goes; numbers stay.
            at = 0 if after is None else view.place(after + 1)
    finally:
        reader.close()


def _text(line: LogLine) -> str:
    facts = "".join(f" {name}={value}" for name, value in line.facts)
    job = "" if line.job is None else f" job={line.job}"
    trace = "".join(f"\n    {each}" for each in line.trace)
    return f"{_moment(line.at)}  {line.level:<8} {line.source}: {line.text}{job}{facts}{trace}"


def _moment(at: str) -> str:
    """In the user's own time; as it stands when it is no moment."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return at
