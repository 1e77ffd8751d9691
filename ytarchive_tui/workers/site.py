"""What all workers together know of the site: whether it may be asked, how fast, and what it said."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ytarchive_tui.domain import breaker as breakers
from ytarchive_tui.domain import governor
from ytarchive_tui.domain.breaker import NETWORK, YOUTUBE, Breaker, Says, said_by
from ytarchive_tui.domain.errors import Failure, FailureClass
from ytarchive_tui.domain.governor import Budget, SiteRules
from ytarchive_tui.domain.models import Claim, Resolved, Stage, StageOutcome, Status
from ytarchive_tui.domain.policy import Transition, after_release
from ytarchive_tui.domain.ports import SiteMemory

log = logging.getLogger(__name__)

SOON_S = 1.0
"""When it is worth asking again for a turn that another job has; its end tells earlier."""
STORE_EVERY = timedelta(seconds=5)
"""A kill forgets at most what was asked in this time."""
PROVED_S = 20.0
"""A job that has run for so long was not refused: a download of hours must not hold up the slow start."""
BLIND = 8
"""After so many looks in vain one job is let through: the way of the look may be barred, the job's not."""

_OFFLINE = Failure(failure_class=FailureClass.NET_TRANSIENT, sentence="offline: no way to the site")
_Key = tuple[int, int]


class _Turn(NamedTuple):
    cost: int
    begun: datetime
    asks_as: SiteMemory
    """Of the account under which it asks; its end tells nothing of another one."""


class Site:
    """One for all workers of an engine; `open` it before they begin, `close` it after they ended."""

    def __init__(
        self,
        memory: SiteMemory,
        rules: SiteRules,
        reachable: Callable[[], Awaitable[bool]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`reachable` looks whether there is a way to the site, without asking it anything."""
        self.turns = asyncio.Lock()
        """Held from `wait_s` to `begun`, so that no two jobs take the same turn."""
        self._memory = memory
        self._rules = rules
        self._reachable = reachable
        self._clock = clock
        self._breaker = Breaker()
        self._offline = Breaker()
        self._budget: Budget = governor.fresh(rules.pace, clock())
        self._stored = clock()
        self._asking: dict[_Key, _Turn] = {}
        """Running jobs that ask the site."""
        self._probe: _Key | None = None
        self._blind: _Key | None = None
        """The newest job that was let through although no look found a way."""
        self._vain_look: datetime | None = None

    async def open(self) -> None:
        """Remember what earlier runs learned."""
        self._breaker = await self._memory.breaker(YOUTUBE)
        self._offline = await self._memory.breaker(NETWORK)
        self._budget = await self._memory.budget(YOUTUBE) or self._budget
        self._keep_to_clock()

    async def switch(self, memory: SiteMemory, rules: SiteRules) -> None:
        """From now on ask under another account, with what is remembered of that one."""
        async with self.turns:
            await self.close()
            self._memory, self._rules = memory, rules
            self._budget = governor.fresh(rules.pace, self._clock())
            self._probe = self._blind = None
            await self.open()

    async def close(self) -> None:
        """Store what was asked since the last time."""
        await self._memory.keep_budget(YOUTUBE, self._budget)

    async def wait_s(self, stage: Stage) -> float:
        """0 when a job of that stage may begin now, else seconds until it is worth asking again."""
        # A person may have wished for a probe, from whichever process.
        if self._offline.is_open:
            self._offline = await self._memory.breaker(NETWORK)
            if self._offline.is_open and (wait := await self._look()):
                return wait
        if self._breaker.is_open:
            self._breaker = await self._memory.breaker(YOUTUBE)
        now = self._keep_to_clock()
        if self._breaker.is_open:
            if self._probe is not None:
                return SOON_S
            return self._breaker.probe_in_s(stage, now)
        if self._breaker.window < breakers.WIDE and self._unproved(now) >= self._breaker.window:
            return SOON_S
        return governor.wait_s(self._budget, self._rules.pace, governor.cost_of(stage), now)

    async def begun(self, claim: Claim) -> None:
        """A job has its turn."""
        now = self._clock()
        cost = governor.cost_of(claim.job.stage, claim.job.options)
        self._asking[_key(claim)] = _Turn(cost, now, self._memory)
        if self._offline.is_open:
            self._blind = _key(claim)
        await self.asked(cost)
        if self._breaker.is_open:
            self._probe = _key(claim)
            log.info("%s is asked whether it answers again", YOUTUBE, extra={"job": claim.job.id})
            await self._keep(breakers.probing(self._breaker, now))

    async def asked(self, requests: int) -> None:
        """So many requests were made."""
        now = self._clock()
        self._budget = governor.spent(self._budget, self._rules.pace, requests, now)
        if now - self._stored > STORE_EVERY:
            self._stored = now
            await self._memory.keep_budget(YOUTUBE, self._budget)

    async def paged(self, claim: Claim) -> None:
        """A page of a job's list came: one more request, unless it is another account's."""
        turn = self._asking.get(_key(claim))
        if turn is None or turn.asks_as is self._memory:
            await self.asked(1)

    def given_up(self, claim: Claim) -> None:
        """A job's end will not be told: its lease was lost."""
        self._asking.pop(_key(claim), None)
        if self._probe == _key(claim):
            self._probe = None

    async def ended(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> Transition:
        """Learn from the end of a stage; what follows for its job may change by that."""
        turn = self._asking.get(_key(claim))
        if turn is None:
            return transition
        says = _says(outcome, transition)
        reachable = says is not Says.BROKEN or await self._is_reachable()
        async with self.turns:
            # Under the lock: who has got a turn but no job yet is not taken for the probe.
            self._asking.pop(_key(claim), None)
            probe = self._probe == _key(claim)
            if probe:
                self._probe = None
            if not reachable and not self._offline.is_open:
                log.warning("offline: everything that needs the network waits until there is one")
                await self._keep_offline(self._tripped_offline())
            # What was to be forgotten with its staging can't go on.
            if says is Says.BROKEN and transition.forget == "nothing" and self._was_offline_since(turn.begun):
                transition = after_release(claim.job, _OFFLINE.sentence)
            if turn.asks_as is not self._memory:
                return transition
            if says is Says.ANSWERED:
                await self._answered(turn.cost, probe, self._blind == _key(claim))
            elif says is Says.REFUSED:
                transition = await self._refused(claim, transition, probe)
            elif probe:
                await self._keep(breakers.unanswered(self._breaker, self._clock()))
        return transition

    def _keep_to_clock(self) -> datetime:
        """The moment. Where the clock was set back, the budget fills from here on, not once it caught up."""
        now = self._clock()
        if self._budget.at > now:
            self._budget = self._budget.model_copy(update={"at": now})
        self._stored = min(self._stored, now)
        return now

    async def _answered(self, cost: int, probe: bool, blind: bool) -> None:
        now = self._clock()
        self._budget = governor.after_answer(self._budget, self._rules.pace, cost)
        await self._keep(breakers.answered(self._breaker, now=now, probe=probe))
        if self._offline.is_open and blind:
            await self._back_online()

    async def _refused(self, claim: Claim, transition: Transition, probe: bool) -> Transition:
        failure, job, now = transition.failure, claim.job, self._clock()
        assert failure is not None
        before = job.repeated if job.failure_class == failure.failure_class else 0
        new = breakers.refused(
            self._breaker, failure, self._rules.refusal, now=now, chance=random.random(), probe=probe,
            before=before, stage=job.stage,
        )  # fmt: skip
        if new.is_open and not self._breaker.is_open and new.trips == 1:
            # Later ones tell that the refusal lasts, not that we were too fast.
            self._budget = governor.after_refusal(self._budget, self._rules.pace, now)
            await self._memory.keep_budget(YOUTUBE, self._budget)
        if new.is_open and new.trips != self._breaker.trips:
            log.warning("%s is left alone for %.0f s: %s", YOUTUBE, new.lasts_s, new.sentence)
        await self._keep(new)
        if not new.is_open or before or transition.status is not Status.WAITING:
            # A job that is refused again waits by its own rules, or two such would be every probe in turn.
            return transition
        # The site's trouble, not the job's: it goes on soon after the site does. Not first, lest a video that
        # alone is refused be every probe.
        return transition.model_copy(update={"delay_s": 1.5 * _until(new, now)})

    def _unproved(self, now: datetime) -> int:
        """Running jobs of the slow start of which nobody knows yet whether the site bears them."""
        start = max(self._breaker.closed_at or now, now - timedelta(seconds=PROVED_S))
        return sum(turn.begun >= start and turn.asks_as is self._memory for turn in self._asking.values())

    def _was_offline_since(self, begun: datetime) -> bool:
        """Whether there was no network at some time since: what broke then is no fault of the job."""
        closed = self._offline.closed_at
        return self._offline.is_open or (closed is not None and begun <= closed)

    async def _look(self) -> float:
        """While offline: look when it is time; seconds until the next one, 0 when there is a way again."""
        now = self._clock()
        if wait := self._offline.probe_in_s(None, now):
            return wait
        if await self._is_reachable():
            await self._back_online()
            return 0.0
        await self._keep_offline(self._tripped_offline())
        return (
            0.0
            if self._offline.trips % BLIND == 0 and not self._asking
            else _until(self._offline, self._clock())
        )

    async def _back_online(self) -> None:
        log.info("back online")
        await self._keep_offline(breakers.answered(self._offline, now=self._clock(), probe=True))

    def _tripped_offline(self) -> Breaker:
        rules, chance = self._rules.offline, random.random()
        before = self._offline if self._offline.is_open else Breaker()
        return breakers.refused(
            before, _OFFLINE, rules, now=self._clock(), chance=chance, probe=before.is_open, before=0
        )

    async def _is_reachable(self) -> bool:
        """Look, unless somebody just has in vain; a way that was found may be gone a moment later."""
        vain = self._vain_look
        if vain is not None and abs((self._clock() - vain).total_seconds()) < SOON_S / 2:
            return False
        found = await self._reachable()
        self._vain_look = None if found else self._clock()
        return found

    async def _keep(self, new: Breaker) -> None:
        if new != self._breaker:
            self._breaker = new
            await self._memory.keep_breaker(YOUTUBE, new)

    async def _keep_offline(self, new: Breaker) -> None:
        self._offline = new
        await self._memory.keep_breaker(NETWORK, new)


def _says(outcome: StageOutcome | None, transition: Transition) -> Says:
    if transition.failure is not None:
        return said_by(transition.failure)
    if outcome is None or (isinstance(outcome, Resolved) and outcome.metadata.provider == "youtube_api"):
        return Says.NOTHING
    return Says.ANSWERED


def _until(breaker: Breaker, now: datetime) -> float:
    assert breaker.until is not None
    return max(0.05, (breaker.until - now).total_seconds())


def _key(claim: Claim) -> _Key:
    return claim.job.id, claim.fence
