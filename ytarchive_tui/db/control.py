"""What a person does to jobs: in bulk, journalled with what was before, so that it can be undone."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Literal

from ytarchive_tui.db.archives import options_id
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.jobs import FINAL
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Container, JobOptions

Where = Literal["front", "back", "up", "down"]

BEFORE = (
    "json_object('stage', stage, 'status', status, 'priority', priority, 'position', position, 'run_after', "
    "run_after, 'failure_class', failure_class, 'failed_stage', failed_stage, 'repeated', repeated, "
    "'reason', "
    "reason, 'cancel_requested', cancel_requested, 'pause_requested', pause_requested, 'options_id', "
    "options_id)"
)
THESE = "id IN (SELECT value FROM json_each(:ids))"

AGAIN = (
    "status = 'queued', run_after = NULL, failure_class = NULL, failed_stage = NULL, repeated = 0, "
    "attempt = 0, reason = NULL, stage = iif(stage = 'storage' AND NOT EXISTS "
    "(SELECT 1 FROM staged WHERE job_id = jobs.id), 'download', stage)"
)
"""From the start of its stage, without blame; what storage would need may have been discarded meanwhile."""


class Control:
    """The verbs of the queue screen and of the command line. Each returns how many jobs it changed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def retry(self, job_ids: Collection[int]) -> int:
        """Queue failed, blocked, cancelled and waiting jobs again, now."""
        return await self._change(
            "retry",
            f"superseded = 0 AND status IN ('failed', 'blocked', 'cancelled', 'waiting') AND {THESE}",
            AGAIN,
            ids=_list(job_ids),
        )

    async def retry_failed(
        self,
        source_ids: Collection[int] | None = None,
        classes: Collection[FailureClass] | None = None,
    ) -> int:
        """Queue what failed or needs someone again: all, or of some sources, or of some failure classes."""
        condition = "superseded = 0 AND status IN ('failed', 'blocked')"
        if source_ids is not None:
            condition += (
                " AND (source_id IN (SELECT value FROM json_each(:sources)) OR EXISTS (SELECT 1 FROM "
                "source_items m JOIN sources s ON s.id = m.source_id WHERE m.item_id = jobs.item_id "
                "AND s.archive_id = jobs.archive_id AND s.id IN (SELECT value FROM json_each(:sources))))"
            )
        if classes is not None:
            condition += " AND failure_class IN (SELECT value FROM json_each(:classes))"
        return await self._change(
            "retry", condition, AGAIN, sources=_list(source_ids or ()), classes=_list(classes or ())
        )

    async def pause(self, job_ids: Collection[int] | None = None) -> int:
        """Hold queued and waiting jobs; a running one stops soon and stays at its stage. None: all."""
        return await self._change(
            "pause",
            f"status IN ('queued', 'waiting', 'running') AND pause_requested = 0 AND {_among(job_ids)}",
            "pause_requested = (status = 'running'), reason = iif(status = 'running', reason, "
            "'paused by you'), "
            "status = iif(status = 'running', status, 'paused')",
            ids=_list(job_ids or ()),
        )

    async def resume(self, job_ids: Collection[int] | None = None) -> int:
        """Let paused jobs go on; one that was waiting waits for its time. None: all."""
        return await self._change(
            "resume",
            f"(status = 'paused' OR (status = 'running' AND pause_requested)) AND {_among(job_ids)}",
            "pause_requested = 0, reason = NULL, status = CASE WHEN status = 'running' THEN status "
            "WHEN run_after IS NULL THEN 'queued' ELSE 'waiting' END",
            ids=_list(job_ids or ()),
        )

    async def cancel(self, job_ids: Collection[int]) -> int:
        """End jobs; a running one is told at its next heartbeat."""
        return await self._change(
            "cancel",
            f"status NOT IN {FINAL} AND cancel_requested = 0 AND {THESE}",
            "cancel_requested = (status = 'running'), run_after = NULL, "
            "reason = iif(status = 'running', reason, 'cancelled by you'), "
            "status = iif(status = 'running', status, 'cancelled')",
            ids=_list(job_ids),
        )

    async def set_priority(self, job_ids: Collection[int], priority: int) -> int:
        """Higher goes first."""
        return await self._change(
            "priority",
            f"status NOT IN {FINAL} AND priority <> :priority AND {THESE}",
            "priority = :priority",
            ids=_list(job_ids),
            priority=priority,
        )

    async def change_profile(
        self, job_ids: Collection[int], *, quality: str | None = None, container: Container | None = None
    ) -> int:
        """Another quality or container for jobs that neither run nor are done; None: as it is.

        The site is not asked again: formats are chosen anew by the download.
        """
        wanted = {"quality": quality, "container": container}
        update = {name: value for name, value in wanted.items() if value is not None}
        changed = 0
        async with self._db.write() as tx:
            profiles = await tx.fetch(
                "SELECT o.id, o.data, json_group_array(j.id) AS ids FROM jobs j JOIN options o ON o.id = "
                "j.options_id WHERE j.superseded = 0 AND j.status NOT IN ('running', 'done') "
                f"AND j.{THESE} GROUP BY o.id",
                {"ids": _list(job_ids)},
            )
            for profile in profiles:
                before = JobOptions.model_validate_json(profile["data"])
                after = before.model_copy(update=update)
                if after != before:
                    await self._note(tx, "profile", profile["ids"])
                    changed += await self._take(tx, profile["ids"], await options_id(tx, after))
            if changed:
                tx.announce()
        return changed

    async def _take(self, tx: Transaction, ids: str, options: int) -> int:
        """Give jobs a profile; what was chosen or fetched under the former one counts no more."""
        parameters = {"ids": ids, "options": options, "now": tx.now}
        await tx.run("DELETE FROM staged WHERE job_id IN (SELECT value FROM json_each(:ids))", parameters)
        await tx.run(
            "UPDATE metadata SET selected_height = NULL, selected_bytes = NULL "
            f"WHERE item_id IN (SELECT item_id FROM jobs WHERE {THESE})",
            parameters,
        )
        return await tx.run(
            "UPDATE jobs SET options_id = :options, stage = iif(stage = 'storage', 'download', stage), "
            f"updated_at = :now WHERE {THESE}",
            parameters,
        )

    async def move(self, job_ids: Collection[int], where: Where) -> int:
        """Change the place in line among jobs of the same priority; the moved ones keep their order."""
        async with self._db.write() as tx:
            chosen = await tx.fetch(
                f"SELECT id, priority, position FROM jobs WHERE status NOT IN {FINAL} "
                "AND id IN (SELECT value FROM json_each(?)) ORDER BY priority DESC, position",
                (_list(job_ids),),
            )
            ids = [row["id"] for row in chosen]
            if where in ("front", "back"):
                return await self._to_the_end(tx, ids, where)
            return await self._by_one(tx, ids, where)

    async def _to_the_end(self, tx: Transaction, ids: list[int], where: Where) -> int:
        ends = await tx.one(
            "SELECT (SELECT min(position) FROM jobs) AS low, (SELECT max(position) FROM jobs) AS high"
        )
        if not ids or ends is None:
            return 0
        await self._note(tx, f"move {where}", _list(ids))
        first = ends["low"] - len(ids) if where == "front" else ends["high"] + 1
        await tx.many(
            "UPDATE jobs SET position = ?, updated_at = ? WHERE id = ?",
            [(first + n, tx.now, job_id) for n, job_id in enumerate(ids)],
        )
        tx.announce()
        return len(ids)

    async def _by_one(self, tx: Transaction, ids: list[int], where: Where) -> int:
        """Swap each job with its neighbour, beginning on the side towards which they move.

        A neighbour that is itself among them could not move, so those behind it stay as well.
        """
        compare, direction = ("<", "DESC") if where == "up" else (">", "ASC")
        moved = 0
        for job_id in ids if where == "up" else reversed(ids):
            pair = await tx.one(
                "SELECT j.position AS here, n.id AS neighbour, n.position AS there FROM jobs j JOIN jobs n "
                f"ON n.priority = j.priority AND n.position {compare} j.position AND n.status NOT IN {FINAL} "
                f"WHERE j.id = ? ORDER BY n.position {direction} LIMIT 1",
                (job_id,),
            )
            if pair is None or pair["neighbour"] in ids:
                continue
            await self._note(tx, f"move {where}", _list((job_id, pair["neighbour"])))
            await tx.many(
                "UPDATE jobs SET position = ?, updated_at = ? WHERE id = ?",
                [(pair["there"], tx.now, job_id), (pair["here"], tx.now, pair["neighbour"])],
            )
            moved += 1
        if moved:
            tx.announce()
        return moved

    async def _change(self, action: str, condition: str, change: str, **parameters: Any) -> int:
        async with self._db.write() as tx:
            chosen = await tx.fetch(f"SELECT id, status FROM jobs WHERE {condition}", parameters)
            if not chosen:
                return 0
            parameters["ids"] = _list([row["id"] for row in chosen])
            await self._note(tx, action, parameters["ids"])
            await tx.run(
                f"UPDATE jobs SET {change}, updated_at = :now WHERE {THESE}", parameters | {"now": tx.now}
            )
            await tx.run(
                "DELETE FROM staged WHERE job_id IN (SELECT id FROM jobs WHERE status = 'cancelled' "
                f"AND {THESE})",
                parameters,
            )
            tx.announce(wish=any(row["status"] == "running" for row in chosen))
            return len(chosen)

    async def _note(self, tx: Transaction, action: str, ids: str) -> None:
        await tx.run(
            "INSERT INTO journal (at, kind, job_id, item_id, source_id, data) SELECT :now, :kind, "
            "id, item_id, "
            f"source_id, json_object('action', :action, 'before', {BEFORE}) FROM jobs WHERE {THESE} "
            "ORDER BY id",
            {"now": tx.now, "kind": EventKind.JOB_CHANGED, "action": action, "ids": ids},
        )


def _among(job_ids: Collection[int] | None) -> str:
    return "true" if job_ids is None else THESE


def _list(values: Collection[Any]) -> str:
    return json.dumps(list(values))
