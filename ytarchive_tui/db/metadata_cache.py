"""What providers told, kept until it is too old or the room is needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import seconds

_TOUCH = seconds(3600)
"""A use is noted at most once an hour: a look must not cost a write."""
_TRIMMED = 0.9
_ROW = 100
"""Bytes that a row and its index need beside its text, about."""


class Kept(NamedTuple):
    """One answer as it was kept."""

    data: str | None
    etag: str | None
    fresh: bool
    """False: too old to be believed, good enough to ask «has it changed?»."""


class MetadataCache:
    """Answers by kind and name; the least recently used ones go when `limit_bytes` is passed."""

    def __init__(self, db: Database, *, limit_bytes: int) -> None:
        self._db = db
        self._limit = limit_bytes

    async def find(self, kind: str, names: Collection[str]) -> dict[str, Kept]:
        """What is kept under these names, old or not."""
        now = self._db.now()
        rows = await self._db.fetch(
            "SELECT name, data, etag, expires, used FROM metadata_cache WHERE kind = ? "
            "AND name IN (SELECT value FROM json_each(?))",
            (kind, json.dumps(list(names))),
        )
        if any(row["used"] < now - _TOUCH for row in rows):
            async with self._db.write() as tx:
                await tx.many(
                    "UPDATE metadata_cache SET used = ? WHERE kind = ? AND name = ?",
                    [(tx.now, kind, row["name"]) for row in rows],
                )
        return {row["name"]: Kept(row["data"], row["etag"], row["expires"] > now) for row in rows}

    async def keep(
        self, kind: str, answers: Mapping[str, str | None], lifetime_s: float, *, etag: str | None = None
    ) -> None:
        """Keep answers by name, in place of older ones."""
        async with self._db.write() as tx:
            await tx.many(
                "INSERT INTO metadata_cache (kind, name, data, etag, expires, used, size) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET data = excluded.data, "
                "etag = excluded.etag, expires = excluded.expires, used = excluded.used, "
                "size = excluded.size",
                [
                    (kind, name, data, etag, tx.now + seconds(lifetime_s), tx.now, _size(name, data))
                    for name, data in answers.items()
                ],
            )
            await self._trim(tx)

    async def prolong(self, kind: str, names: Collection[str], lifetime_s: float) -> None:
        """Believe what is kept for another lifetime: it was asked for, and has not changed."""
        async with self._db.write() as tx:
            await tx.run(
                "UPDATE metadata_cache SET expires = ?, used = ? WHERE kind = ? "
                "AND name IN (SELECT value FROM json_each(?))",
                (tx.now + seconds(lifetime_s), tx.now, kind, json.dumps(list(names))),
            )

    async def forget(self, kind: str, names: Collection[str]) -> None:
        """Drop what is kept under these names."""
        async with self._db.write() as tx:
            await tx.run(
                "DELETE FROM metadata_cache WHERE kind = ? AND name IN (SELECT value FROM json_each(?))",
                (kind, json.dumps(list(names))),
            )

    async def _trim(self, tx: Transaction) -> None:
        size = await tx.one("SELECT bytes FROM metadata_cache_size")
        assert size is not None, "a migration put it there"
        if size["bytes"] <= self._limit:
            return
        left = int(self._limit * _TRIMMED)
        await tx.run(
            "DELETE FROM metadata_cache WHERE (kind, name) IN (SELECT kind, name FROM (SELECT kind, name, "
            "sum(size) OVER (ORDER BY used DESC, kind, name) AS upto FROM metadata_cache) WHERE upto > ?)",
            (left,),
        )


async def upcoming(db: Database, most: int) -> list[str]:
    """Videos whose jobs wait for their metadata, the next ones first, that the cache can't tell of."""
    rows = await db.fetch(
        "SELECT i.video_id FROM jobs j JOIN items i ON i.id = j.item_id WHERE j.status = 'queued' "
        "AND j.stage = 'metadata' AND j.kind = 'item' AND i.extractor = 'youtube' AND NOT EXISTS "
        "(SELECT 1 FROM metadata_cache c WHERE c.kind IN ('video', 'absent') AND c.name = i.video_id "
        "AND c.expires > ?) ORDER BY j.priority DESC, j.position LIMIT ?",
        (db.now(), most),
    )
    return [row["video_id"] for row in rows]


def _size(name: str, data: str | None) -> int:
    return _ROW + len(name) + len((data or "").encode())
