"""When a site that has refused is asked again: pure decisions about one circuit breaker.

Closed: work goes on. Open: nothing asks the site until a moment. Then one job is let through as a probe: its
answer closes the breaker, its refusal opens it for longer. After that the window of jobs that may run at the
same time grows from one, doubling with each answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from ytarchive_tui.domain.errors import Failure, FailureClass
from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.models.jobs import Stage

YOUTUBE = "youtube"
NETWORK = "network"
"""The breaker of being offline: it stands before those of all sites."""
WIDE = 32
"""A window this wide bounds nothing: there are at most as many workers."""
LONGEST_WISH_S = 86_400.0
"""A site that asks for more than a day is asked again after a day."""


class CoolDown(Frozen):
    """How long an open breaker waits before it lets a probe through."""

    delays_s: tuple[float, ...]
    """Seconds after the first trip, the second in a row, and so on; the last one repeats."""
    jitter: float = 0.2
    """Each is stretched by up to this share."""

    def after(self, trips: int, chance: float) -> float:
        """Seconds after that many trips in a row (from 1); `chance` in [0, 1) spreads them."""
        return self.delays_s[min(trips, len(self.delays_s)) - 1] * (1 + self.jitter * chance)


class Says(StrEnum):
    """What the end of a stage tells of the site."""

    ANSWERED = "answered"
    """It spoke as it does to a welcome guest, be it that a video is private."""
    REFUSED = "refused"
    """It has had enough of us."""
    BROKEN = "broken"
    """The network failed, here or there: only a look tells which."""
    NOTHING = "nothing"


_REFUSALS = frozenset({FailureClass.THROTTLED, FailureClass.BOT_CHECK})
_ANSWERS = frozenset(
    {
        *(FailureClass.AUTH, FailureClass.GEO, FailureClass.GONE, FailureClass.NOT_YET),
        *(FailureClass.UNSUPPORTED, FailureClass.FORMAT),
    }
)


def said_by(failure: Failure | None) -> Says:
    """What a stage that asked the site tells of it; None is a success."""
    if failure is None or failure.failure_class in _ANSWERS:
        return Says.ANSWERED
    if failure.failure_class in _REFUSALS:
        return Says.REFUSED
    return Says.BROKEN if failure.failure_class is FailureClass.NET_TRANSIENT else Says.NOTHING


class Breaker(Frozen):
    """One site under one account; stored at each change."""

    until: datetime | None = None
    """Open: when the next probe goes. None: closed."""
    since: datetime | None = None
    """Open: when it was closed last."""
    stage: Stage | None = None
    """Open: what was refused. Media may well come while the player refuses, so only this stage is a probe."""
    cause: FailureClass | None = None
    sentence: str = ""
    """What the site said last, for people."""
    trips: int = 0
    """How often in a row it opened, or stayed open after a probe."""
    lasts_s: float = 0.0
    """The newest cool-down."""
    closed_at: datetime | None = None
    window: int = WIDE
    """Closed: how many jobs may ask the site at the same time."""
    doubts: int = 0
    """Refusals of jobs that had been refused before, with no answer since."""

    @property
    def is_open(self) -> bool:
        """Whether the site is left alone."""
        return self.until is not None

    def probe_in_s(self, stage: Stage | None, now: datetime) -> float:
        """Seconds until a job of that stage may be the probe of an open breaker; 0 now.

        Another stage than the refused one only when no job of that one came for as long as the cool-down.
        """
        assert self.until is not None
        lasts = timedelta(seconds=self.lasts_s)
        if now < self.until - lasts:
            # The clock was set back since.
            return 0.0
        due = self.until if self.stage in (None, stage) else self.until + lasts
        return max(0.0, (due - now).total_seconds())

    def due_at_once(self) -> Breaker:
        """An open breaker whose cool-down is cut short by a person."""
        assert self.until is not None
        return self.model_copy(update={"until": self.until - timedelta(seconds=self.lasts_s)})


def refused(
    breaker: Breaker,
    failure: Failure,
    rules: CoolDown,
    *,
    now: datetime,
    chance: float,
    probe: bool,
    before: int,
    stage: Stage | None = None,
) -> Breaker:
    """After a refusal. `probe`: of the probing job; `before`: how often in a row that job was refused before.

    A job that is refused again while others get answers has a trouble of its own: one such refusal is borne.
    One that comes in while the breaker is open tells nothing new, its job had begun before.
    """
    if breaker.is_open and not probe:
        return breaker
    if before and not probe and not breaker.doubts:
        return breaker.model_copy(update={"doubts": 1})
    quick = breaker.closed_at is not None and (now - breaker.closed_at).total_seconds() < breaker.lasts_s
    trips = breaker.trips + 1 if probe or quick else 1
    lasts = rules.after(trips, chance)
    if (wish := failure.evidence.retry_after_s) is not None:
        wished = min(max(wish, 1.0), LONGEST_WISH_S) * (1 + rules.jitter * chance)
        # A site that refuses when the time it named has passed is not taken at its word again.
        lasts = wished if trips == 1 else max(wished, lasts)
    return Breaker(
        until=now + timedelta(seconds=lasts),
        since=breaker.since if breaker.is_open else now,
        stage=stage,
        cause=failure.failure_class,
        sentence=failure.sentence,
        trips=trips,
        lasts_s=lasts,
        closed_at=breaker.closed_at,
    )


def probing(breaker: Breaker, now: datetime) -> Breaker:
    """While a probe is under way: should the program die in it, the next one waits as long once more."""
    return breaker.model_copy(update={"until": now + timedelta(seconds=breaker.lasts_s)})


def unanswered(breaker: Breaker, now: datetime) -> Breaker:
    """After a probe that ended without a word of the site: another one may go when as long has passed."""
    return probing(breaker, now) if breaker.is_open else breaker


def answered(breaker: Breaker, *, now: datetime, probe: bool) -> Breaker:
    """After an answer: a probe's closes the breaker, any other widens the window."""
    if breaker.is_open:
        if not probe:
            return breaker
        return Breaker(
            closed_at=now, trips=breaker.trips, lasts_s=breaker.lasts_s, window=1, sentence=breaker.sentence
        )
    if breaker.window >= WIDE and not breaker.doubts:
        return breaker
    return breaker.model_copy(update={"window": min(WIDE, breaker.window * 2), "doubts": 0})
