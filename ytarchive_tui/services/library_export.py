"""The library's list for other programs: CSV for spreadsheets, ids for yt-dlp, JSON for everything else."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.db.library import LibraryPages
from ytarchive_tui.db.library_rows import LibraryRow
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain

FIELDS = (
    "id", "title", "channel", "published", "added", "seconds", "height", "offered_height", "bytes", "state",
    "url", "archive", "folder",
)  # fmt: skip
_CHUNK = 512
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(NamedTuple):
    """How a list is written."""

    begin: str
    lines: Callable[[Sequence[LibraryRow], bool], str]
    """The text of some copies; true for the first of all."""
    end: str
    empty_end: str = ""
    """What stands for `end` when there is nothing."""


def kind_of(target: Path) -> str:
    """One of `KINDS`, by the ending; raises `UsageError` for another."""
    try:
        return _ENDINGS[target.suffix.lower()]
    except KeyError:
        raise UsageError("the name must end with .csv, .json, or .txt (yt-dlp's archive of ids)") from None


async def export(
    pages: LibraryPages, ids: Sequence[int], target: Path, told: Callable[[int], None] = lambda done: None
) -> int:
    """Write those copies in that order; returns how many were written.

    The ending says which kind. Text in CSV can't begin a formula. Raises `UsageError` for another ending or
    a file that is there already, and `OSError`.
    """
    return await write_new(pages, ids, target, kind_of(target), told)


async def write_new(
    pages: LibraryPages, ids: Sequence[int], target: Path, kind: str,
    told: Callable[[int], None] = lambda done: None,
) -> int:  # fmt: skip
    """Like `export`, with the kind given."""
    try:
        handle = await asyncio.to_thread(
            os.open, target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
        )
    except FileExistsError as error:
        raise UsageError(f"{target} is there already") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            written = await export_to(pages, ids, KINDS[kind], file.write, told)
            await asyncio.to_thread(_to_disk, file.fileno(), file.flush)
    except BaseException:
        with suppress(OSError):
            await asyncio.to_thread(target.unlink)
        raise
    return written


async def export_to(
    pages: LibraryPages, ids: Sequence[int], kind: Kind, write: Callable[[str], object],
    told: Callable[[int], None] = lambda done: None,
) -> int:  # fmt: skip
    """Hand those copies to `write`, piece by piece; returns how many there were."""
    written = 0
    await asyncio.to_thread(write, kind.begin)
    for start in range(0, len(ids), _CHUNK):
        asked = ids[start : start + _CHUNK]
        rows = {row.id: row for row in await pages.rows(asked)}
        shown = [rows[copy_id] for copy_id in asked if copy_id in rows]
        await asyncio.to_thread(write, kind.lines(shown, not written))
        written += len(shown)
        told(written)
    await asyncio.to_thread(write, kind.end if written else kind.empty_end)
    return written


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def _csv(rows: Sequence[LibraryRow], first: bool) -> str:
    buffer = StringIO()
    lines = csv.writer(buffer)
    for row in rows:
        lines.writerow(
            harmless(plain(value)) if isinstance(value, str) else value for _, value in _values(row)
        )
    return buffer.getvalue()


def _json(rows: Sequence[LibraryRow], first: bool) -> str:
    """Pieces of one array; escapes all that is not ASCII, so nothing in it can act on a terminal."""
    pieces = [json.dumps(dict(_values(row))) for row in rows]
    return "".join(("\n" if first and n == 0 else ",\n") + piece for n, piece in enumerate(pieces))


def _ytdlp(rows: Sequence[LibraryRow], first: bool) -> str:
    """As yt-dlp's --download-archive has it."""
    return "".join(f"youtube {row.video_id}\n" for row in rows)


KINDS = {
    "csv": Kind(",".join(FIELDS) + "\r\n", _csv, ""),
    "json": Kind("[", _json, "\n]\n", "]\n"),
    "yt-dlp": Kind("", _ytdlp, ""),
}
_ENDINGS = {".csv": "csv", ".json": "json", ".txt": "yt-dlp"}


def _values(row: LibraryRow) -> Iterator[tuple[str, str | int | float | None]]:
    published = None if row.published is None else _moment(row.published)
    values = (
        row.video_id, row.title, row.channel, published, _moment(row.added), row.seconds, row.height,
        row.offered, row.size, row.state, row.url, row.archive, row.folder,
    )  # fmt: skip
    return zip(FIELDS, values, strict=True)


def _moment(us: int) -> str:
    return (_EPOCH + timedelta(microseconds=us)).isoformat(timespec="seconds")


def _to_disk(descriptor: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)
