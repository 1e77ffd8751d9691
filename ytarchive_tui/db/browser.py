"""Sources that someone looks at: opened with what lies below them, and listed without queueing an item."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from ytarchive_tui.db import journal
from ytarchive_tui.db.archives import archive_id, options_id
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.times import seconds
from ytarchive_tui.domain.addresses import BadAddress, recognise
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import JobOptions, ListedList, Listing, SourceKind, Status

PRIORITY = 100
"""Someone waits for it; such a listing queues no items that could inherit this."""
TABS = ("videos", "shorts", "streams", "playlists")
"""What a channel may have below it."""
_RESTING = (Status.WAITING, Status.BLOCKED, Status.PAUSED, Status.FAILED)


class Opened(NamedTuple):
    """A source that is looked at, and its job."""

    source_id: int
    job_id: int | None
    status: Status | None
    """Of that job; None when what was listed is still good."""

    @property
    def rests(self) -> bool:
        """Whether the job goes on only if it is retried."""
        return self.status in _RESTING


async def open_source(
    db: Database, address: str, kind: SourceKind, options: JobOptions, *, fresh_s: float, again: bool
) -> Opened:
    """Keep the source, and queue a listing unless the last whole one is younger than `fresh_s` seconds.

    `again`: however young. A listing that is on its way is only moved to the front of the line, and one
    for the archive that rests or has failed is left as it is: its failure must not be lost.
    """
    async with db.write() as tx:
        archive = await archive_id(tx, options.archive)
        source = await _keep(tx, address, kind, archive, await options_id(tx, options))
        if kind is SourceKind.CHANNEL:
            for position, tab in enumerate(TABS, 1):
                child = await _keep(tx, f"{address}/{tab}", SourceKind.TAB, archive, source["options_id"])
                await _place(tx, source["id"], child["id"], position, None)
        job = await tx.one(
            "SELECT * FROM jobs WHERE kind = 'source' AND superseded = 0 AND source_id = ?", (source["id"],)
        )
        tx.announce()
        if job is not None and _stays(job):
            await tx.run(
                "UPDATE jobs SET position = (SELECT min(position) - 1 FROM jobs) "
                "WHERE id = ? AND status = 'queued'",
                (job["id"],),
            )
            return Opened(source["id"], job["id"], Status(job["status"]))
        listed = source["refreshed_at"]
        if listed is not None and not again and tx.now - listed < seconds(fresh_s):
            return Opened(source["id"], None, None)
        return Opened(source["id"], await _queue_listing(tx, source), Status.QUEUED)


async def add_lists(tx: Transaction, job: sqlite3.Row, lists: Sequence[ListedList]) -> None:
    """Keep the lists that the source of `job` (a row of jobs) names; foreign addresses are left out."""
    for each in lists:
        try:
            found = recognise(each.url)
        except BadAddress:
            continue
        child = await _keep(tx, found.address, found.kind, job["archive_id"], job["options_id"], each.title)
        await _place(tx, job["source_id"], child["id"], each.position, each.entries)


def _stays(job: sqlite3.Row) -> bool:
    """Whether nothing is queued beside that job."""
    status = Status(job["status"])
    return not status.is_final or (status is Status.FAILED and job["listing"] == Listing.ARCHIVE)


async def _keep(
    tx: Transaction, address: str, kind: SourceKind, archive: int, options: int, title: str | None = None
) -> sqlite3.Row:
    """The row of a source; the options of one that is there already stay."""
    row = await tx.one(
        "INSERT INTO sources (url, address, archive_id, kind, title, options_id, created_at) "
        "VALUES (:address, :address, :archive, :kind, :title, :options, :now) "
        "ON CONFLICT (address, archive_id) DO UPDATE SET title = coalesce(title, excluded.title) RETURNING *",
        {
            "address": address,
            "archive": archive,
            "kind": kind,
            "title": title,
            "options": options,
            "now": tx.now,
        },
    )
    assert row is not None
    return row


async def _place(tx: Transaction, parent: int, child: int, position: int, entries: int | None) -> None:
    await tx.run(
        "INSERT INTO source_children (parent_id, child_id, position, entries) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (parent_id, child_id) DO UPDATE SET position = excluded.position, "
        "entries = excluded.entries",
        (parent, child, position, entries),
    )


async def _queue_listing(tx: Transaction, source: sqlite3.Row) -> int:
    await tx.run(
        "UPDATE jobs SET superseded = 1 WHERE kind = 'source' AND superseded = 0 AND source_id = ?",
        (source["id"],),
    )
    job = await tx.one(
        "INSERT INTO jobs (kind, source_id, archive_id, options_id, stage, status, listing, priority, "
        "position, created_at, updated_at) "
        "VALUES ('source', :source, :archive, :options, 'metadata', 'queued', :listing, "
        ":priority, (SELECT coalesce(min(position), 1) - 1 FROM jobs), :now, :now) RETURNING id",
        {
            "source": source["id"],
            "archive": source["archive_id"],
            "options": source["options_id"],
            "listing": Listing.BROWSE,
            "priority": PRIORITY,
            "now": tx.now,
        },
    )
    assert job is not None
    await journal.append(tx, EventKind.JOB_QUEUED, job_id=job["id"], source_id=source["id"])
    return int(job["id"])
