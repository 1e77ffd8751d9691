"""Takes in what was archived elsewhere: yt-dlp's list of ids, or a whole archive of this program."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.db.adopting import adopt_copy
from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.restoring import copies_in
from ytarchive_tui.storage.archive import identity_at

_LINE = re.compile(r"(?P<site>[a-z0-9_:.+-]+)\s+(?P<id>\S+)(?:\s*#.*)?", re.IGNORECASE)
_YOUTUBE_ID = re.compile(r"[\w-]{11}", re.ASCII)


class Ids(NamedTuple):
    """What a list of ids holds."""

    youtube: tuple[str, ...]
    """Each once, in the order of the file."""
    others: int
    """Lines about other sites."""
    bad: tuple[tuple[int, str], ...]
    """Numbers and texts of lines that are neither."""


class Adopted(NamedTuple):
    """What became of an archive's items, in numbers."""

    new: int
    known: int


def read_ids(lines: Iterable[str]) -> Ids:
    """Read what yt-dlp's --download-archive writes: a site and an id on each line."""
    ids: dict[str, None] = {}
    others, bad = 0, list[tuple[int, str]]()
    for number, text in enumerate(lines, 1):
        line = text.strip().removeprefix("\ufeff")
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        youtube = found is not None and found["site"].lower() == "youtube"
        if found is not None and youtube and _YOUTUBE_ID.fullmatch(found["id"]):
            ids[found["id"]] = None
        elif found is None or youtube:
            bad.append((number, plain(line, 80)))
        else:
            others += 1
    return Ids(tuple(ids), others, tuple(bad))


async def adopt_archive(db: Database, root: Path, *, dry_run: bool = False) -> Adopted:
    """Write rows for every complete item in the archive at `root`; only while no engine works on the state.

    Raises `UsageError` when no archive lies there, and `StageError` when it is another one than it was.
    """
    if await asyncio.to_thread(identity_at, root) is None:
        raise UsageError(
            f"no archive of ytarchive-tui lies in {plain(str(root), 300)}; of what yt-dlp has fetched, "
            "import the file that its --download-archive writes"
        )
    copies = await asyncio.to_thread(copies_in, root, await known_archives(db))
    there = {copy.folder for copy in copies}
    if dry_run:
        rows = await db.fetch(
            "SELECT c.folder FROM copies c JOIN archives a ON a.id = c.archive_id WHERE a.path = ?",
            (str(root),),
        )
        new = len(there - {row["folder"] for row in rows})
    else:
        new = sum([await adopt_copy(db, copy, there) for copy in copies])
    return Adopted(new, len(copies) - new)
