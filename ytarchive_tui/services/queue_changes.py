"""What a person does to the queue, each step of it remembered so that it can be taken back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import NamedTuple

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control, Where
from ytarchive_tui.db.removing import put_back, remove
from ytarchive_tui.db.undo import last_change
from ytarchive_tui.db.undo import undo as undo_changes
from ytarchive_tui.db.wishes import wish
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import Container, Status

log = logging.getLogger(__name__)

_Back = Callable[[Database, int, int], Awaitable[int]]
"""Takes back what the journal's entries in (after, up to] tell; how many jobs."""


class Step(NamedTuple):
    """One change that can be taken back."""

    word: str
    """What was done, as in «undid the pause of 3 jobs»."""
    jobs: int
    """0 for what concerns the engine as a whole."""
    back: Callable[[], Awaitable[int]]
    """Takes it back; how much went back."""


class QueueChanges:
    """The verbs of the queue; each returns how many jobs it changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._control = Control(db)
        self._steps: list[Step] = []

    async def pause(self, job_ids: Collection[int]) -> int:
        """Hold jobs, a running one too."""
        return await self._step("pause", self._control.pause(job_ids))

    async def resume(self, job_ids: Collection[int]) -> int:
        """Let paused jobs go on."""
        return await self._step("resuming", self._control.resume(job_ids))

    async def retry(self, job_ids: Collection[int]) -> int:
        """Try again now what failed, is blocked, was cancelled or waits."""
        return await self._step("retry", self._control.retry(job_ids))

    async def retry_class(self, failure_class: FailureClass) -> int:
        """Try again everything that failed or is blocked for that reason; what waits keeps its time."""
        rows = await self._db.fetch(
            "SELECT id FROM jobs WHERE failure_class = ? AND status IN (?, ?) AND superseded = 0",
            (failure_class, Status.FAILED, Status.BLOCKED),
        )
        return await self._step("retry", self._control.retry([row["id"] for row in rows]))

    async def cancel(self, job_ids: Collection[int]) -> int:
        """End jobs."""
        return await self._step("cancelling", self._control.cancel(job_ids))

    async def remove(self, job_ids: Collection[int]) -> int:
        """Take jobs that have ended off the list; the archive keeps what it has."""
        return await self._step("removal", remove(self._db, job_ids), put_back)

    async def move(self, job_ids: Collection[int], where: Where) -> int:
        """Change the place in line."""
        return await self._step("move", self._control.move(job_ids, where))

    async def change_priority(self, job_ids: Collection[int], by: int) -> int:
        """Raise or lower priorities, each from what it is now."""
        changed = 0
        after = await last_change(self._db)
        rows = await self._db.fetch(
            "SELECT priority, json_group_array(id) AS ids FROM jobs "
            "WHERE id IN (SELECT value FROM json_each(?)) GROUP BY priority",
            (str(list(job_ids)),),
        )
        for row in rows:
            ids = [int(each) for each in row["ids"].strip("[]").split(",")]
            changed += await self._control.set_priority(ids, row["priority"] + by)
        await self._remember("change of priority", changed, after)
        return changed

    async def change_profile(
        self, job_ids: Collection[int], quality: str | None, container: Container | None
    ) -> int:
        """Another quality or container for jobs that neither run nor are done; None: as it is."""
        changing = self._control.change_profile(job_ids, quality=quality, container=container)
        return await self._step("change of profile", changing)

    async def hold(self, on: bool) -> None:
        """Hold everything, whatever the number of jobs, or let it go on."""
        await self._wish("hold" if on else "going on", on_hold=on)

    async def set_downloads(self, number: int | None) -> None:
        """Parallel downloads from now on; None: as the settings say."""
        await self._wish("number of downloads", downloads=number)

    async def set_limit(self, bps: int | None) -> None:
        """Bytes a second of each download from now on, 0 for no limit; None: as the settings say."""
        await self._wish("speed limit", limit_bps=bps)

    async def undo(self) -> Step | None:
        """Take back the last step that still can be, None when there is none; `jobs`: how many went back."""
        while self._steps:
            step = self._steps.pop()
            if restored := await step.back():
                return step._replace(jobs=restored if step.jobs else 0)
        return None

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._steps)

    async def _step(self, word: str, change: Awaitable[int], back: _Back = undo_changes) -> int:
        after = await last_change(self._db)
        changed = await change
        await self._remember(word, changed, after, back)
        return changed

    async def _remember(self, word: str, changed: int, after: int, back: _Back = undo_changes) -> None:
        if changed:
            upto = await last_change(self._db)
            self._steps.append(Step(word, changed, partial(back, self._db, after, upto)))

    async def _wish(self, word: str, **changes: int | None) -> bool:
        """Whether that changed anything."""
        before = await wish(self._db, **changes)
        former = {name: getattr(before, name) for name in changes}
        if former == changes:
            return False
        log.info("wished: %s", ", ".join(f"{name} {value}" for name, value in changes.items()))
        self._steps.append(Step(word, 0, partial(self._wish_back, former)))
        return True

    async def _wish_back(self, former: dict[str, int | None]) -> int:
        await wish(self._db, **former)
        return 1
