"""What somebody could write into titles, reasons and logs, and a queue, archive and log full of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.domain.models import FileRole, Format, JobOptions, Manifest, ManifestFile
from ytarchive_tui.settings.paths import Paths

PIECES = (
    # Each sequence has a number or a shape that Textual never writes, so that one that got through is seen.
    "\x1b]52;c;ZWNobw==\x07", "\x1b]0;owned\x07", "\x1b]8;;http://x\x1b\\", "\x1b]22;wait", "\x1b[6;66m",
    "\x1b[9999;9999H", "\x1b[?47h", "\x1b[?1049;1049l", "\x1b[2J\x1b[H", "\x1b[6n", "\x1b[c", "\x1bc",
    "\x1b", "\x1b[",
    "\x1bP+q544e\x1b\\", "\x1b_Ga=d\x1b\\", "\x1b^x\x1b\\", "\x1bX", "\x1b(0", "\x1b#8",
    "\x9b31m", "\x9d0;x\x9c", "\x90q\x9c", "\x9f", "\x84\x85\x8d",
    "\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u2028", "\u2029", "\ufeff", "\u200b", "\u2060",
    "\u00ad",
    "[/b]", "[/", "[bold]", "[@click=app.quit]x[/]", "[red]", "[link=http://x]y[/link]", "[", "\\[", "$x",
    "{{}}", "%s",
    "\r\n", "\t", "\n\n", "\x00", "\x07", "\x08" * 9, "\x0b\x0c", "\x0e", "\x0f", "\x1a", "\x7f",
    "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "1️⃣", "港町の朝市", "שלום", "สวัสดี", "ﷺ", "\U000e0041", "\ue000", "\U0010ffff",
    "a", " ", "z" * 60, "\u0301" * 300, "\u0e33", "\u1160" * 20, "\u3164",
)  # fmt: skip
MARK = "t{:06}"
"""Begins each text, so that one can see that it was drawn."""
STATUSES = ("paused", "failed", "blocked", "done", "cancelled")
CLASSES = ("auth", "geo", "gone", "format", "unsupported", "incomplete", "unknown", "bug")
"""None of those that the program takes up by itself: rows that run leave their place."""


def texts(number: int, seed: int = 7) -> Iterator[str]:
    """Marked hostile texts; one in a thousand is 10,000 characters long."""
    chance = random.Random(seed)
    for n in range(number):
        body = "".join(chance.choices(PIECES, k=chance.randint(1, 12)))
        yield f"{MARK.format(n)} {body * (10_000 // len(body)) if n % 1000 == 999 else body}"


async def fill(folder: Path, number: int) -> None:
    """That many items: each in the queue, in a playlist and in the archive; and as many lines of log."""
    paths = Paths.private((folder / "own").absolute())
    paths.make()
    async with await Database.open(paths.database) as db, db.write() as tx:
        await _rows(tx, folder / "archive", number)
    with (paths.log_dir / "ytarchive.log").open("w") as log:
        for n, text in enumerate(texts(number, seed=8)):
            surrogate = "\ud800" if n % 50 == 0 else ""
            line = {
                "at": "2026-11-22T10:00:00.000+00:00", "level": ("info", "warning", "error")[n % 3],
                "source": "child" if n % 2 else text[8:40], "job": n, "task": text[8:50],
                "text": text + surrogate,
            }  # fmt: skip
            log.write(json.dumps(line | ({"trace": [text, text]} if n % 20 == 0 else {})) + "\n")


async def _rows(tx: Transaction, archive: Path, number: int) -> None:
    options = JobOptions(archive=archive).model_dump_json()
    chance = random.Random(9)
    await tx.run("INSERT INTO archives (id, path) VALUES (900, ?)", (str(archive),))
    await tx.run("INSERT INTO options (id, data) VALUES (900, ?)", (options,))
    await tx.run(
        "INSERT INTO sources (id, url, address, archive_id, kind, title, options_id, created_at, "
        "refreshed_at, listed_from) "
        "VALUES (900, ?, 'https://www.youtube.com/playlist?list=PLhostile', 900, 'playlist', ?, 900, 1, ?, "
        "1)",
        ("".join(PIECES), "".join(PIECES), tx.now),
    )
    items, listed, jobs, attempts, copies = [], [], [], [], []
    for n, text in enumerate(texts(number)):
        item, status, failure = n + 1, STATUSES[n % len(STATUSES)], CLASSES[n % len(CLASSES)]
        video, other = f"hostil{n:05}", "".join(chance.choices(PIECES, k=6))
        troubled = failure if status in ("failed", "blocked") else None
        items.append(
            (item, video, f"https://www.youtube.com/watch?v={video}", text, other, 60.0, tx.now, tx.now)
        )
        listed.append((item, n))
        jobs.append((item, item, status, item, troubled, other, tx.now, tx.now))
        attempts.append((item, tx.now, tx.now, troubled, other, json.dumps({"message": other})))
        manifest = _manifest(archive, video, text, other)
        copies.append((item, f"{n % 100}/{video}", manifest))
    for table, columns, values, rows in (
        ("items", "id, extractor, video_id, url, title, channel, duration_s, archived_at, created_at",
         "?, 'youtube', ?, ?, ?, ?, ?, ?, ?", items),
        ("source_items", "source_id, item_id, position, seen_at", "900, ?, ?, 2", listed),
        ("jobs", "id, kind, item_id, archive_id, options_id, stage, status, position, failure_class, reason, "
         "created_at, updated_at, fence", "?, 'item', ?, 900, 900, 'download', ?, ?, ?, ?, ?, ?, 1", jobs),
        ("attempts", "job_id, fence, stage, n, owner, started_at, ended_at, outcome, failure_class, message, "
         "evidence", "?, 1, 'download', 1, 'x', ?, ?, 'failed', ?, ?, ?", attempts),
        ("copies", "item_id, archive_id, folder, quality, offered_height, obtained_height, size, "
         "archived_at, manifest", "?, 900, ?, 'best', 1080, 720, 1000, 1, ?", copies),
    ):  # fmt: skip
        await tx.many(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)


NO_NAME = {ord("/"): "\u2215", 0: "\u2400"}
"""What a manifest's names can't hold, and so no database."""


def _manifest(archive: Path, video: str, text: str, other: str) -> str:
    return Manifest(
        extractor="youtube", video_id=video, job=1, archived_at=datetime.now(UTC), title=text, channel=other,
        quality="best", offered_height=1080, obtained_height=720,
        obtained=(Format(format_id=other[:20], ext="mp4", height=720, vcodec=other[:9]),),
        files=(
            ManifestFile(name=other.translate(NO_NAME), role=FileRole.MEDIA, size=1000, sha256="0" * 64),
        ),
        notes=(other,),
    ).model_dump_json()  # fmt: skip
