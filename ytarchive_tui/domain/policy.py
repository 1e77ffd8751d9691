"""What follows a finished stage: pure functions from (job, outcome) to a transition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ytarchive_tui.domain.classification import is_unreachable
from ytarchive_tui.domain.errors import Failure, FailureClass
from ytarchive_tui.domain.models import (
    Downloaded,
    Frozen,
    ItemMetadata,
    Job,
    Listed,
    Manifest,
    Resolved,
    Stage,
    StageOutcome,
    Status,
    Stored,
    Supplied,
)
from ytarchive_tui.domain.selection import leaves_out
from ytarchive_tui.domain.strategy import Past, Strategies, Strategy, StrategyName, next_delay_s

Forget = Literal["nothing", "extraction", "staging"]


class Transition(Frozen):
    """Where a job goes next, and what of its staging must not be reused."""

    stage: Stage
    status: Status
    delay_s: float | None = None
    """For `waiting`: seconds from now; the queue turns it into `run_after` inside its transaction."""
    failure: Failure | None = None
    reason: str | None = None
    """One sentence for people: why it waits, is blocked or failed."""
    forget: Forget = "nothing"


class RetryRules(Frozen):
    """Delays in seconds before each further try; when they run out the rule of the class decides."""

    network_s: tuple[float, ...] = (5, 15, 60, 300, 1800)
    """A connection broke, or the site has an error of its own: then the job has failed. Where none came
    about, the last delay repeats: being offline is no fault of the job."""
    throttled_s: tuple[float, ...] = (3600, 7200, 14400, 28800, 86400)
    """The site says that it is too much, or asks for proof of a human; the last delay repeats."""
    expired_s: tuple[float, ...] = (1, 5)
    """A media address was refused and is asked for anew; then it counts as throttling."""
    incomplete_s: tuple[float, ...] = (1, 30)
    """A file was not what it should be and is downloaded from its start; then a person is asked."""
    sidecars_s: tuple[float, ...] = (3600, 21600, 86400, 259200, 604800)
    """A subtitle or thumbnail was refused and is asked for alone; then it is given up."""
    withheld_s: tuple[float, ...] = (604800, 2592000, 7776000)
    """A better picture is looked for than one that the site may have withheld; then only with newer tools."""
    local_s: tuple[float, ...] = (15, 30, 60, 120, 300)
    """The archive can't be written; the last delay repeats until it can."""
    unknown_s: tuple[float, ...] = (30,)
    """Nothing explains the failure; then a person is asked."""
    gone_again_s: float = 25 * 3600
    """A second look, more than 24 h after the first, before an item counts as gone."""
    announced_s: float = 3600
    """Between looks at an announced video whose start is not known."""
    jitter: float = 0.2
    """Each delay is stretched by up to this share, so that many jobs do not return at once."""


def after_success(job: Job, outcome: StageOutcome) -> Transition:
    """The next stage of an item, or the end of the job."""
    match outcome:
        case Resolved() if leaves_out(job.source, outcome.metadata):
            return Transition(
                stage=job.stage,
                status=Status.CANCELLED,
                reason="left out by the rule of its list",
                forget="staging",
            )
        case Resolved() if not _is_better(outcome.metadata, job.options.better_than):
            return Transition(
                stage=job.stage,
                status=Status.DONE,
                reason="the site offers no better picture; the copy stays",
                forget="staging",
            )
        case Resolved():
            return Transition(stage=Stage.DOWNLOAD, status=Status.QUEUED)
        case Downloaded():
            return Transition(stage=Stage.STORAGE, status=Status.QUEUED)
        case Listed() | Stored() | Supplied():
            return Transition(stage=job.stage, status=Status.DONE)


def _is_better(metadata: ItemMetadata, than: int | None) -> bool:
    """Whether what would be downloaded has more lines; where the provider can't tell, it may have."""
    heights = [each.height or 0 for each in metadata.selected]
    return than is None or not heights or max(heights) > than


def after_metadata_alone(job: Job, outcome: StageOutcome) -> Transition:
    """The end of the job as soon as its metadata is known: a dry run goes no further."""
    return Transition(stage=job.stage, status=Status.DONE)


def replaces(new: Manifest, old: Manifest, *, damaged: bool) -> bool:
    """Whether what was fetched again takes the place of what the archive has.

    It does not when its picture is smaller than both the old one and what was asked for: a site that
    withholds formats for a day must not cost the better copy. `damaged`: the old one is not whole.
    """
    return damaged or (new.obtained_height or 0) >= min(old.obtained_height or 0, _height(new.quality))


def _height(quality: str) -> float:
    """The picture that a quality asks for at best; a format string of one's own asks for what it gets."""
    if quality == "best":
        return float("inf")
    return int(quality[:-1]) if quality.endswith("p") and quality[:-1].isdecimal() else 0


def after_release(job: Job, reason: str) -> Transition:
    """Back into the queue without blame: the engine stops, the job does not."""
    return Transition(stage=job.stage, status=Status.QUEUED, reason=reason)


def after_cancel(job: Job) -> Transition:
    """The end that the user asked for."""
    return Transition(stage=job.stage, status=Status.CANCELLED, reason="cancelled by you", forget="staging")


def sidecars_again_s(tries: int, rules: RetryRules, chance: float) -> float | None:
    """Seconds until missing sidecars are asked for once more, after so many tries; None: never."""
    if tries >= len(rules.sidecars_s):
        return None
    return rules.sidecars_s[tries] * (1 + rules.jitter * chance)


class _Rule(NamedTuple):
    """What one class of failure is usually granted."""

    delays: Callable[[RetryRules], tuple[float, ...]]
    tries: Callable[[RetryRules], int | None]
    """After the first; None: without end, and the last delay repeats."""
    then: Status
    """When there is no further try."""
    forget: Forget = "nothing"
    """Before each further try."""
    forget_last: Forget = "nothing"
    """When there is none."""


_SELDOM = (3600.0, 86400.0)
"""Delays of classes that are usually not tried again, should somebody want them to be."""


def _listed(delays: Callable[[RetryRules], tuple[float, ...]], then: Status, *forget: Forget) -> _Rule:
    """As many tries as there are delays."""
    return _Rule(delays, lambda rules: len(delays(rules)), then, *forget)


def _for_ever(delays: Callable[[RetryRules], tuple[float, ...]]) -> _Rule:
    return _Rule(delays, lambda rules: None, Status.BLOCKED)


def _never(then: Status, *forget: Forget) -> _Rule:
    return _Rule(lambda rules: _SELDOM, lambda rules: 0, then, *forget)


_THROTTLED = _for_ever(lambda rules: rules.throttled_s)
_LOCAL = _for_ever(lambda rules: rules.local_s)
_UNKNOWN = _listed(lambda rules: rules.unknown_s, Status.BLOCKED)
_CLASSES: dict[FailureClass, _Rule] = {
    FailureClass.NET_TRANSIENT: _listed(lambda rules: rules.network_s, Status.FAILED),
    FailureClass.URL_EXPIRED: _listed(lambda rules: rules.expired_s, Status.BLOCKED, "extraction"),
    FailureClass.THROTTLED: _THROTTLED,
    FailureClass.BOT_CHECK: _THROTTLED,
    FailureClass.AUTH: _never(Status.BLOCKED),
    FailureClass.GEO: _never(Status.BLOCKED),
    FailureClass.FORMAT: _never(Status.BLOCKED),
    FailureClass.TOOL: _never(Status.BLOCKED),
    FailureClass.GONE: _listed(lambda rules: (rules.gone_again_s,), Status.FAILED, "nothing", "staging"),
    FailureClass.NOT_YET: _for_ever(lambda rules: (rules.announced_s,)),
    FailureClass.UNSUPPORTED: _never(Status.FAILED, "nothing", "staging"),
    FailureClass.LOCAL_DISK: _LOCAL,
    FailureClass.LOCAL_IO: _LOCAL,
    FailureClass.INCOMPLETE: _listed(lambda rules: rules.incomplete_s, Status.BLOCKED, "staging", "staging"),
    FailureClass.BUG: _UNKNOWN,
    FailureClass.UNKNOWN: _UNKNOWN,
}
"""Every class has its entry; `after_failure` adds what is peculiar to three of them."""
_NO_STRATEGIES: Strategies = {}


def after_failure(
    job: Job,
    failure: Failure,
    rules: RetryRules,
    *,
    now: datetime,
    chance: float,
    strategies: Strategies = _NO_STRATEGIES,
    past: Sequence[Past] = (),
) -> Transition:
    """What a failure of this class leads to, given how often it came in a row.

    `now` is UTC; `chance` in [0, 1) spreads the delays. `past`: how the last tries after such a failure ended
    at the same place; only the adaptive strategy reads it.
    """
    earlier = job.repeated if job.failure_class == failure.failure_class else 0
    stretch = 1 + rules.jitter * chance
    failure_class = failure.failure_class
    rule, strategy = _CLASSES[failure_class], strategies.get(failure_class, Strategy())

    def stage_after(forget: Forget) -> Stage:
        """Storage has nothing to do once its files are forgotten."""
        return Stage.DOWNLOAD if forget == "staging" and job.stage is Stage.STORAGE else job.stage

    def waiting(delay_s: float, note: str = "", forget: Forget = "nothing") -> Transition:
        return Transition(
            stage=stage_after(forget),
            status=Status.WAITING,
            delay_s=delay_s,
            failure=failure,
            reason=f"{note}{failure.sentence}",
            forget=forget,
        )

    def ended() -> Transition:
        if job.options.better_than is not None and failure_class is not FailureClass.GONE:
            # Nobody is asked about what the archive has.
            return Transition(
                stage=job.stage,
                status=Status.DONE,
                failure=failure,
                reason=f"no better picture came, the copy stays: {failure.sentence}",
                forget="staging",
            )
        return Transition(
            stage=stage_after(rule.forget_last),
            status=rule.then,
            failure=failure,
            reason=failure.sentence,
            forget=rule.forget_last,
        )

    usual, granted = rule.delays(rules), rule.tries(rules)
    if granted == 0 and strategy.name is not StrategyName.USUAL:
        # Who wants another try where none is usual does not want it once.
        granted = None
    if failure_class is FailureClass.NET_TRANSIENT and is_unreachable(failure.evidence):
        # No fault of the job: it uses up no try, whatever the strategy says of their number.
        patient = strategy if strategy.name is not StrategyName.NONE else Strategy()
        delay = next_delay_s(patient.model_copy(update={"tries": None}), usual, None, earlier, past)
        return ended() if delay is None else waiting(delay * stretch)
    if failure_class is FailureClass.NOT_YET and (starts := failure.evidence.starts_at) and starts > now:
        return waiting((starts - now).total_seconds() + 60 * stretch)
    delay = next_delay_s(strategy, usual, granted, earlier, past)
    if delay is None and failure_class is FailureClass.URL_EXPIRED:
        used = granted if strategy.tries is None else strategy.tries
        before = earlier - (0 if strategy.name is StrategyName.NONE else used or 0)
        later = strategies.get(FailureClass.THROTTLED, Strategy())
        delay = next_delay_s(later, rules.throttled_s, None, before, past)
        return ended() if delay is None else waiting(delay * stretch, "again and again: ")
    if delay is None:
        return ended()
    if failure_class is FailureClass.NOT_YET:
        return waiting(delay + 60 * stretch)
    tries = granted if strategy.tries is None else strategy.tries
    note = "" if tries is None else f"try {earlier + 2} of {tries + 1}: "
    if failure_class is FailureClass.GONE and strategy.name is StrategyName.USUAL:
        note = "second look tomorrow: "
    return waiting(delay * stretch, note, rule.forget)
