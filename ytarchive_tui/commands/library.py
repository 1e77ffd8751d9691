"""`verify` and `export`: the library without a screen, also beside a running program."""

from __future__ import annotations

import asyncio
import json
import sys
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.wording import count
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.library_rows import LibrarySort, LibraryView
from ytarchive_tui.domain.amounts import size
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.library import LibraryService, Verifying, parse_search
from ytarchive_tui.services.library_export import KINDS, export_to, kind_of, write_new

_SAID = 100


def verify(options: Mapping[str, Any], words: Sequence[str], *, as_json: bool) -> ExitCode:
    """Read the copies and tell which are not whole; raises `StageError` while their disk is away."""

    async def run() -> ExitCode:
        async with _library(options) as service:
            ids = await _found(service, words)
            found = await service.verify(ids, _progress if sys.stderr.isatty() else lambda _: None)
            bad = []
            for row in await service.pages.rows(ids):
                if row.state in ("changed", "missing") and (details := await service.details(row.id)):
                    bad.append(
                        {"video_id": row.video_id, "title": row.title, "found": row.state,
                         "path": str(Path(row.archive, row.folder)),
                         "problems": list(details.checks[-1].problems)}
                    )  # fmt: skip
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)
        for each in bad:
            click.echo(json.dumps({"event": "damaged"} | each) if as_json else _damaged(each))
        if as_json:
            told = {"whole": found.whole, "changed": found.changed, "missing": found.missing}
            click.echo(json.dumps({"event": "summary"} | told))
        else:
            click.echo(
                f"{found.whole:,} whole, {found.changed:,} changed, {found.missing:,} missing"
                + ("; the screen's Library fetches again what is damaged" if bad else "")
            )
        return ExitCode.NOT_ALL_ARCHIVED if bad else ExitCode.ALL_ARCHIVED

    return asyncio.run(run())


def export(
    options: Mapping[str, Any], file: str, words: Sequence[str], *, kind: str | None, as_json: bool
) -> None:
    """Write the list; raises `UsageError` for an unknown ending or a file that is there already."""
    to_stdout = file == "-"
    chosen = kind or ("json" if to_stdout else kind_of(Path(file)))
    target = Path(file).expanduser().absolute()

    async def run() -> int:
        async with _library(options) as service:
            ids = await _found(service, words)
            if to_stdout:
                return await export_to(service.pages, ids, KINDS[chosen], sys.stdout.write)
            return await write_new(service.pages, ids, target, chosen)

    written = asyncio.run(run())
    if to_stdout:
        sys.stdout.flush()
    elif as_json:
        click.echo(json.dumps({"file": str(target), "written": written}))
    else:
        click.echo(f"{count(written, 'video')} written to {plain(str(target), 300)}", err=True)


@asynccontextmanager
async def _library(options: Mapping[str, Any]) -> AsyncIterator[LibraryService]:
    settings_of(options)
    paths = paths_of(options)
    if not paths.database.exists():
        raise UsageError(f"nothing was archived yet: there is no {plain(str(paths.database), 300)}")
    # Also brings a file of an earlier version up to date.
    async with await Database.open(paths.database):
        service = LibraryService(paths.database)
        try:
            yield service
        finally:
            await service.close()


async def _found(service: LibraryService, words: Sequence[str]) -> array[int]:
    """The copies that the words find, the oldest first; raises `UsageError` when words find nothing."""
    found = await service.pages.whole(
        LibraryView(sort=LibrarySort.ADDED, reverse=True, words=parse_search(" ".join(words)))
    )
    if words and not found:
        raise UsageError(f"nothing in the archive fits «{plain(' '.join(words), _SAID)}»")
    return found


def _progress(at: Verifying) -> None:
    share = f"{at.done / at.total:.0%}" if at.total else ""
    line = f"{at.nth:,} of {at.of:,}  {share} of {size(at.total)}  {plain(at.title, 50)}"
    click.echo(f"\r\x1b[K{line}", nl=False, err=True)


def _damaged(each: Mapping[str, Any]) -> str:
    problems = "; ".join(plain(problem, 200) for problem in each["problems"][:3])
    more = len(each["problems"]) - 3
    return f"{each['found']:<8} {plain(each['title'] or each['video_id'], _SAID)}: {problems}" + (
        f"; and {more} more" if more > 0 else ""
    )
