"""A state database with any number of jobs, written by straight SQL into our own schema.

`python tests/bench/many_jobs.py 1000000 state.db`. Nothing in it is to be done at once: an engine that opens
it stays idle. The second word of a title is `#` and seven digits that count the jobs.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import string
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from ytarchive_tui.db.connection import Database

ARCHIVE = Path("/archive")
RARE = "oboe"
"""In the title of one job in ten thousand."""
_WORDS = (
    "harbour", "clocks", "lecture", "tide", "ferry", "dovetail", "evening", "garden", "winter",
    "morning", "river", "bridge", "market", "港町", "live", "session", "harpsichord", "slow", "hand",
    "repair", "walk", "city", "desert",
)  # fmt: skip
_SHARES = (("done", 30), ("paused", 50), ("failed", 12), ("waiting", 5), ("blocked", 2), ("cancelled", 1))
_BEGUN = 1_760_000_000_000_000
_NEVER = 4_000_000_000_000_000
_LIST = 5_000
"""Items of one channel."""
_STAGES = {"done": "storage", "failed": "download"}
_WHY: dict[str, tuple[int | None, str, str]] = {
    "waiting": (_NEVER, "net_transient", "connection reset"),
    "blocked": (None, "auth", "members only"),
    "failed": (None, "gone", "removed by the uploader"),
}
_TOLD = '{"published_at": "2024-05-12T10:00:00Z"}'


def build(path: Path, jobs: int, archive: Path = ARCHIVE) -> None:
    """Make the file; the same number of jobs gives the same rows."""
    asyncio.run(_schema(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "cache_size = -1000000"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN")
        _fill(db, jobs, archive)
        _describe(db)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _schema(path: Path) -> None:
    async with await Database.open(path):
        pass


def _fill(db: sqlite3.Connection, jobs: int, archive: Path) -> None:
    chance = random.Random(1)
    numbers = range(1, jobs + 1)
    lists = range(1, jobs // _LIST + 2)
    statuses = chance.choices([name for name, _ in _SHARES], [share for _, share in _SHARES], k=jobs)

    def insert(into: str, rows: Iterable[Sequence[object]]) -> None:
        places = ", ".join("?" * (into.count(",") + 1))
        db.executemany(f"INSERT INTO {into} VALUES ({places})", rows)

    insert("archives (id, path)", [(1, str(archive))])
    insert("options (id, data)", [(1, json.dumps({"archive": str(archive)}))])
    insert(
        "sources (id, url, address, archive_id, kind, title, options_id, created_at)",
        ((n, f"u{n}", f"https://x/@c{n}/videos", 1, "channel", f"Channel {n}", 1, _BEGUN) for n in lists),
    )
    insert(
        "items (id, extractor, video_id, url, title, channel, duration_s, created_at)",
        ((n, "youtube", _name(chance), f"https://x/{n}", _title(chance, n), f"Channel {_list(n)}",
          60 + n % 7200, _BEGUN) for n in numbers),
    )  # fmt: skip
    insert(
        "source_items (source_id, item_id, position, seen_at)",
        ((_list(n), n, n % _LIST, _BEGUN) for n in numbers),
    )
    columns = "source_id, archive_id, options_id, stage, status, position, created_at, updated_at"
    insert(
        f"jobs (kind, {columns})",
        (("source", n, 1, 1, "metadata", "done", n, _BEGUN, _BEGUN + n) for n in lists),
    )
    insert(
        f"jobs (kind, {columns}, item_id, run_after, failure_class, reason)",
        (("item", _list(n), 1, 1, _STAGES.get(status, "metadata"), status, len(lists) + n, _BEGUN,
          _BEGUN + chance.randrange(10**12), n, *_WHY.get(status, (None, None, None)))
         for n, status in zip(numbers, statuses, strict=True)),
    )  # fmt: skip
    insert(
        "metadata (item_id, provider, seen_at, offered_height, selected_height, selected_bytes, data)",
        ((n, "ytdlp", _BEGUN, 2160, 1080, chance.randrange(10**9), _TOLD)
         for n, status in zip(numbers, statuses, strict=True) if status in ("done", "failed")),
    )  # fmt: skip
    insert(
        "copies (item_id, archive_id, folder, quality, obtained_height, size, archived_at, manifest)",
        ((n, 1, f"Channel/{n}", "best", 1080, chance.randrange(10**9), _BEGUN + n, "{}")
         for n, status in zip(numbers, statuses, strict=True) if status == "done"),
    )  # fmt: skip


def _describe(db: sqlite3.Connection) -> None:
    """The index of texts, at once instead of piece by piece."""
    db.execute(
        "INSERT INTO items_search (rowid, text) "
        "SELECT id, title || ' ' || channel || ' ' || video_id FROM items"
    )
    db.execute("DELETE FROM items_unsearched")


def _list(n: int) -> int:
    return n // _LIST + 1


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=11))


def _title(chance: random.Random, n: int) -> str:
    words = chance.choices(_WORDS, k=4)
    if n % 10_000 == 0:
        words[2] = RARE
    return f"{words[0].capitalize()} #{n:07} {' '.join(words[1:])}"


if __name__ == "__main__":
    build(Path(sys.argv[2]), int(sys.argv[1]))
