"""`import PATH`: what was archived elsewhere is known here."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.wording import count
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.copying import copy_state, is_current
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.passed_by import pass_by
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.importing import adopt_archive, read_ids
from ytarchive_tui.settings.paths import Paths

MOST_BYTES = 256 * 1024**2
"""A list of ten million ids; what is longer is something else."""
_NAMED = 20


def run(options: Mapping[str, Any], path: Path, *, dry_run: bool, as_json: bool) -> ExitCode:
    """Take it in, or only tell what that would do; raises `UsageError` and `EngineBusyError`."""
    settings_of(options)
    paths = paths_of(options)
    if not dry_run:
        paths.make()
    would = "would be " if dry_run else ""
    if path.is_dir():
        adopted = asyncio.run(_adopt(paths, path.absolute(), dry_run=dry_run))
        if as_json:
            click.echo(json.dumps({"archive": str(path.absolute()), **adopted._asdict(), "dry_run": dry_run}))
        else:
            click.echo(
                f"{count(adopted.new, 'video')} {would}taken in, {adopted.known:,} known already; "
                "`verify` reads their files"
            )
        return ExitCode.ALL_ARCHIVED
    found = read_ids(_text(path).splitlines())
    for number, text in found.bad[:_NAMED]:
        click.echo(f"{path}:{number}: neither a site with an id nor a comment: {text}", err=True)
    if len(found.bad) > _NAMED:
        click.echo(f"and {len(found.bad) - _NAMED:,} more such lines", err=True)
    if not found.youtube:
        raise UsageError(
            f"{path} names no video of YouTube; lines look like `youtube dQw4w9WgXcQ`, as yt-dlp's "
            "--download-archive writes them (addresses to fetch are given to `--batch` or `add`)"
        )
    passed = asyncio.run(_pass_by(paths, found.youtube, dry_run=dry_run))
    if as_json:
        told = passed._asdict() | {"others": found.others, "bad_lines": len(found.bad), "dry_run": dry_run}
        click.echo(json.dumps({"file": str(path)} | told))
    else:
        click.echo(f"{count(passed.new, 'video')} {would}passed by when a list names them")
        for number, what in (
            (passed.before, "passed by already"), (passed.archived, "in the archive"),
            (passed.active, "on their way, which goes on"), (found.others, "of other sites, left out"),
        ):  # fmt: skip
            if number:
                click.echo(f"  {number:,} {what}")
    return ExitCode.NOT_ALL_ARCHIVED if found.bad else ExitCode.ALL_ARCHIVED


async def _adopt(paths: Paths, root: Path, *, dry_run: bool) -> Any:
    with nullcontext() if dry_run else EngineLock(paths.state_dir), _state(paths, dry_run) as file:
        async with await Database.open(file) as db:
            return await adopt_archive(db, root, dry_run=dry_run)


async def _pass_by(paths: Paths, ids: tuple[str, ...], *, dry_run: bool) -> Any:
    with _state(paths, dry_run) as file:
        async with await Database.open(file) as db:
            return await pass_by(db, ids, dry_run=dry_run)


@contextmanager
def _state(paths: Paths, dry_run: bool) -> Iterator[Path]:
    """The state file; for a dry run one that goes again, where there is none or only an older one."""
    if not dry_run or is_current(paths.database):
        yield paths.database
        return
    with tempfile.TemporaryDirectory(prefix="ytarchive-dry-run-") as folder:
        scratch = Path(folder) / "state.db"
        if paths.database.exists():
            copy_state(paths.database, scratch)
        yield scratch


def _text(path: Path) -> str:
    """What the file holds; what is no UTF-8 makes bad lines."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {plain(str(path), 300)}: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise UsageError(f"{plain(str(path), 300)} is larger than {MOST_BYTES // 1024**2} MiB")
    return data.decode("utf-8", "replace")
