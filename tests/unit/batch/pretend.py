"""A queue and a runtime that play a script instead of downloading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ytarchive_tui.db.wishes import Wishes
from ytarchive_tui.domain.events import EventKind, JournalEntry
from ytarchive_tui.domain.models import JobOptions, Stage, Status, Submission, Submitted
from ytarchive_tui.services.queue_lines import LiveLine, Overview, PreviewLine
from ytarchive_tui.services.quota import Detour
from ytarchive_tui.services.site import Standing

SOURCE = 1


def job_line(job_id: int, video_id: str | None, url: str, title: str | None, **known: Any) -> LiveLine:
    """A job that was just queued, unless `known` says otherwise."""
    nothing = dict.fromkeys(LiveLine.model_fields)
    new = {"stage": Stage.METADATA, "status": Status.QUEUED, "attempts": 0, "channel": "Tidewrack Films"}
    named = {"job_id": job_id, "video_id": video_id, "url": url, "title": title}
    return LiveLine.model_construct(**(nothing | new | named | known))


def overview(**counts: Any) -> Overview:
    """Counts that are 0 unless they are given."""
    return Overview.model_validate(
        dict.fromkeys(Overview.model_fields, 0) | {"next_due_s": None, "hidden": {}} | counts
    )


def preview_line(video_id: str, title: str, **known: Any) -> PreviewLine:
    """What would be done with an item of which no more than `known` is known."""
    nothing = {"duration_s": None, "size": None, "height": None}
    return PreviewLine.model_validate({"video_id": video_id, "url": "u", "title": title} | nothing | known)


Script = Callable[["Queue"], Awaitable[None]]


@dataclass
class Queue:
    jobs: dict[int, LiveLine] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    submitted: list[Submission] = field(default_factory=list)
    noted: dict[int, tuple[str, ...]] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    damaged: int = 0
    retried: int = 0
    held: bool = False
    wished: Wishes = field(default_factory=Wishes)
    previews: tuple[PreviewLine, ...] = ()
    looks: list[set[int]] = field(default_factory=list)
    """Jobs whose lines were asked for, look by look."""
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, kind: EventKind, job_id: int | None, *, item_id: int | None = None, **data: Any) -> None:
        now = datetime.now(UTC)
        entry = JournalEntry(
            id=len(self.journal) + 1,
            at=now,
            kind=kind,
            job_id=job_id,
            item_id=item_id,
            source_id=SOURCE,
            data=data,
        )
        self.journal.append(entry)
        self.changed.set()

    def become(self, job_id: int, kind: EventKind, **changes: Any) -> None:
        self.jobs[job_id] = self.jobs[job_id].model_copy(update=changes)
        end = {"status": changes.get("status", Status.DONE), "reason": changes.get("reason")}
        self.note(kind, job_id, **end, **({"stage": "download"} if kind is EventKind.STAGE_STARTED else {}))

    def archive(self, job_id: int, **changes: Any) -> None:
        known = {"status": Status.DONE, "size": 3_100_000, "duration_s": 62.0, "height_obtained": 1080}
        self.become(job_id, EventKind.ITEM_ARCHIVED, **(known | changes))

    def fail(self, job_id: int, status: Status, reason: str, due_s: float | None = None) -> None:
        run_after = datetime.now(UTC) + timedelta(seconds=due_s) if due_s is not None else None
        self.become(job_id, EventKind.STAGE_FAILED, status=status, reason=reason, run_after=run_after)

    async def submit(self, submissions: Sequence[Submission]) -> tuple[Submitted, ...]:
        self.submitted += submissions
        for number, each in enumerate(submissions, 1):
            if number not in self.jobs:
                self.jobs[number] = job_line(number, each.video_id, each.address, f"Film {number}")
        return tuple(Submitted(source_id=SOURCE, job_id=number) for number in self.jobs)

    async def retry_failed(self, source_ids: Sequence[int]) -> int:
        self.retried += 1
        return 2

    async def end_hold(self) -> bool:
        held, self.held = self.held, False
        return held

    async def forget_downloads(self) -> None:
        self.wished = self.wished.model_copy(update={"downloads": None})

    async def wishes(self) -> Wishes:
        return self.wished

    async def overview(self, source_ids: Sequence[int]) -> Overview:
        states = [line.status for line in self.jobs.values()]
        dues = [line.run_after for line in self.jobs.values() if line.run_after is not None]
        due = (min(dues) - datetime.now(UTC)).total_seconds() if dues else None
        return overview(
            total=len(states), done=states.count(Status.DONE), queued=states.count(Status.QUEUED),
            running=states.count(Status.RUNNING), waiting=states.count(Status.WAITING),
            blocked=states.count(Status.BLOCKED), failed=states.count(Status.FAILED),
            next_due_s=due, hidden=self.hidden, damaged=self.damaged,
            bytes_archived=sum(line.size or 0 for line in self.jobs.values()),
        )  # fmt: skip

    async def lines(self, source_ids: Sequence[int], job_ids: Collection[int]) -> tuple[LiveLine, ...]:
        self.looks.append(set(job_ids))
        self.looked.set()
        return tuple(line for line in self.jobs.values() if line.job_id in job_ids)

    async def standing(self, source_ids: Sequence[int], statuses: Collection[Status]) -> tuple[LiveLine, ...]:
        return tuple(line for line in self.jobs.values() if line.status in statuses)

    async def done(self, source_ids: Sequence[int]) -> frozenset[int]:
        items = (line for line in self.jobs.values() if line.video_id is not None)
        return frozenset(line.job_id for line in items if line.status is Status.DONE)

    async def notes(self, job_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        return {job_id: self.noted[job_id] for job_id in job_ids if job_id in self.noted}

    async def live(self) -> tuple[LiveLine, ...]:
        return tuple(line for line in self.jobs.values() if line.status is Status.RUNNING)

    async def entries(self, after_id: int, limit: int = 500) -> tuple[JournalEntry, ...]:
        return tuple(self.journal[after_id : after_id + limit])

    async def last_entry(self) -> int:
        return len(self.journal)

    async def preview(self, source_ids: Sequence[int]) -> tuple[PreviewLine, ...]:
        return self.previews

    async def wait_for_change(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self.changed.wait(), timeout_s)
        except TimeoutError:
            return
        self.changed.clear()


class Site:
    standing_now = Standing()

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def standing(self) -> Standing:
        self.asked.set()
        return self.standing_now


class Quota:
    def __init__(self) -> None:
        self.detour_now: Detour | None = None
        self.asked = asyncio.Event()

    async def detour(self) -> Detour | None:
        self.asked.set()
        return self.detour_now


async def next_look(at: Site | Quota) -> None:
    """Return when the run has looked at it after this moment."""
    at.asked.clear()
    await at.asked.wait()


class Runtime:
    """Plays `script` once started; `drain` lets it end, `stop` does not."""

    def __init__(self, queue: Queue, script: Script) -> None:
        self.queue = queue
        self.site = Site()
        self.quota = Quota()
        self.bandwidth = None
        self.calls: list[str] = []
        self._script = script
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Runtime]:
        try:
            yield self
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task})
                if not self._task.cancelled() and (error := self._task.exception()):
                    raise error

    def start(self) -> None:
        self.calls.append("start")

        async def play() -> None:
            await self._script(self.queue)

        self._task = asyncio.create_task(play())

    @property
    def failure(self) -> BaseException | None:
        task = self._task
        return task.exception() if task is not None and task.done() and not task.cancelled() else None

    async def drain(self) -> None:
        self.calls.append("drain")
        if self._task is not None:
            await asyncio.wait({self._task})

    async def stop(self) -> None:
        self.calls.append("stop")

    async def check_options(self, options: JobOptions) -> str | None:
        return "no such format" if options.quality == "nonsense[" else None
