"""The queue as workers see it that ask the site: it hands out nothing while the site is to be left alone."""

from __future__ import annotations

from ytarchive_tui.domain.models import (
    Claim,
    ItemMetadata,
    Job,
    JobKind,
    ListPage,
    Stage,
    StagedDownload,
    StageOutcome,
    Status,
)
from ytarchive_tui.domain.policy import Transition
from ytarchive_tui.domain.ports import JobQueue
from ytarchive_tui.workers.bandwidth import Bandwidth
from ytarchive_tui.workers.site import Site


class SiteQueue:
    """`JobQueue` that asks the site's breaker and budget before each claim, and tells them each end.

    With a `bandwidth`, downloads begin and go on only while it lets them.
    """

    def __init__(self, queue: JobQueue, site: Site, bandwidth: Bandwidth | None = None) -> None:
        self._queue = queue
        self._site = site
        self._bandwidth = bandwidth
        self._turn_in_s: float | None = None
        """How long the claim that just ended was told to wait; read by the same worker before it yields."""

    async def claim(self, stage: Stage, kind: JobKind, owner: str) -> Claim | None:
        """As the queue's; None also while the site may not be asked. Storage asks nothing of it."""
        if stage is Stage.STORAGE:
            return await self._queue.claim(stage, kind, owner)
        async with self._site.turns:
            self._turn_in_s = None
            line = self._bandwidth if stage is Stage.DOWNLOAD else None
            if wait := (line.wait_s() if line else 0.0) or await self._site.wait_s(stage):
                self._turn_in_s = wait
                return None
            claim = await self._queue.claim(stage, kind, owner)
            if claim is not None:
                await self._site.begun(claim)
            self._turn_in_s = None
            return claim

    async def wait_for_work(self, stage: Stage, kind: JobKind, timeout_s: float) -> None:
        """As the queue's; not longer than until the site may be asked."""
        turn, self._turn_in_s = self._turn_in_s, None
        if turn is None:
            await self._queue.wait_for_work(stage, kind, timeout_s)
        else:
            # Not for what is due: it stays due until somebody may claim, and would be no wait at all.
            await self._queue.wait_for_change(min(timeout_s, turn))

    async def wait_for_change(self, timeout_s: float) -> None:
        """As the queue's."""
        await self._queue.wait_for_change(timeout_s)

    async def finish(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> bool:
        """As the queue's, after the site's breaker and budget have learned from it."""
        return await self._queue.finish(claim, outcome, await self._site.ended(claim, outcome, transition))

    async def heartbeat(self, claim: Claim) -> Job | None:
        """As the queue's."""
        job = await self._queue.heartbeat(claim)
        if job is None:
            self._site.given_up(claim)
            return None
        held = self._bandwidth.held if self._bandwidth and claim.job.stage is Stage.DOWNLOAD else None
        if held and not job.cancel_requested:
            return job.model_copy(update={"status": Status.PAUSED, "reason": held})
        return job

    async def add_page(self, claim: Claim, page: ListPage) -> bool:
        """As the queue's; each page was a request."""
        await self._site.paged(claim)
        return await self._queue.add_page(claim, page)

    async def record(self, claim: Claim, metadata: ItemMetadata) -> bool:
        """As the queue's."""
        return await self._queue.record(claim, metadata)

    async def staged(self, job_id: int) -> StagedDownload | None:
        """As the queue's."""
        return await self._queue.staged(job_id)

    async def wait_for_wish(self, timeout_s: float) -> None:
        """As the queue's."""
        await self._queue.wait_for_wish(timeout_s)
