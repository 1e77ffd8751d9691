"""The loop of every worker: claim, run, renew the lease, finish."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.endings import called_off, ended
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass, StageError, StateError
from ytarchive_tui.domain.models import Claim, Job, JobKind, Stage, StageOutcome, Status, Stored
from ytarchive_tui.domain.policy import (
    RetryRules,
    Transition,
    after_cancel,
    after_failure,
    after_release,
    after_success,
)
from ytarchive_tui.domain.ports import ArchiveStore, JobQueue, ProgressBoard
from ytarchive_tui.domain.strategy import Past, Strategies, StrategyName
from ytarchive_tui.settings.redact import redact_error

log = logging.getLogger(__name__)

IDLE_S = 5.0
"""Longest sleep without a look at the queue; changes and due times wake a worker sooner."""

StageRun = Callable[[Claim], Awaitable[StageOutcome]]
"""Does the work of one stage of one job; raises `StageError`."""
Recall = Callable[[Job, FailureClass], Awaitable[Sequence[Past]]]
"""How the last tries after such a failure ended where this job works."""


class LeaseLostError(Exception):
    """Another engine owns the job now, or it was ended: whatever this one has done must not be finished."""


class _StopRequestedError(Exception):
    """A person paused or cancelled the job while it ran."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


class Worker:
    """Runs jobs of one stage and kind, one after the other, until it is told to stop."""

    def __init__(
        self,
        name: str,
        stage: Stage,
        kind: JobKind,
        run: StageRun,
        *,
        queue: JobQueue,
        store: ArchiveStore,
        board: ProgressBoard,
        rules: RetryRules,
        after: Callable[[Job, StageOutcome], Transition] = after_success,
        strategies: Strategies | None = None,
        recall: Recall | None = None,
    ) -> None:
        """`strategies`: by class, where not the usual ones; `recall` is asked for an adaptive one."""
        self.name = name
        self._stage = stage
        self._kind = kind
        self._run = run
        self._queue = queue
        self._store = store
        self._board = board
        self._rules = rules
        self._after_success = after
        self._strategies = strategies or {}
        self._recall = recall
        self._draining = False
        self._idle: asyncio.Task[Any] | None = None
        """Its own task, while it waits for work."""

    def drain(self) -> None:
        """Claim nothing new; the running stage goes on to its end."""
        if self._idle is not None and not self._draining:
            self._idle.cancel()
        self._draining = True

    async def work(self) -> None:
        """Claim and run until drained; cancelling puts the running job back into the queue."""
        while not self._draining:
            claim = await self._queue.claim(self._stage, self._kind, self.name)
            if claim is not None:
                await self._process(claim)
            elif not self._draining:
                await self._wait_for_work()

    async def _wait_for_work(self) -> None:
        """Wait as the queue does; `drain` ends it at once."""
        task = asyncio.current_task()
        assert task is not None
        self._idle = task
        try:
            await self._queue.wait_for_work(self._stage, self._kind, IDLE_S)
        except asyncio.CancelledError:
            # Of several cancellations one may be that of `drain`, which ends only the waiting.
            if not self._draining or task.uncancel():
                raise
        finally:
            self._idle = None

    async def _process(self, claim: Claim) -> None:
        """Run one claim to a finished transition, whatever happens on the way."""
        job = claim.job
        outcome: StageOutcome | None = None
        try:
            outcome = await self._run_leased(claim)
            transition = self._after_success(job, outcome)
        except LeaseLostError:
            log.warning("lease of job %d was lost in stage %s", job.id, job.stage, extra={"job": job.id})
            # Whoever counts what is asked of the site hears of it by this.
            await self._queue.heartbeat(claim)
            return
        except _StopRequestedError as stop:
            transition = (
                after_cancel(job)
                if stop.job.cancel_requested
                else after_release(job, stop.job.reason or "stopped by you")
            )
        except asyncio.CancelledError:
            await _to_the_end(self._end(claim, None, after_release(job, "the program was stopped")))
            raise
        except (sqlite3.Error, StateError):
            raise  # The state can't be relied upon: that is no failure of this job.
        except Exception as error:
            transition = await self._after(job, error)
        finally:
            self._board.drop(job.id)
        await _to_the_end(self._end(claim, outcome, transition))

    async def _run_leased(self, claim: Claim) -> StageOutcome:
        """Run the stage while the lease is renewed; the stage is stopped when the lease or the wish ends."""
        work = asyncio.ensure_future(self._run(claim))
        renewal = asyncio.ensure_future(self._renew(claim))
        try:
            await asyncio.wait({work, renewal}, return_when=asyncio.FIRST_COMPLETED)
            if renewal.done() and not work.done():
                await called_off(work)
                if isinstance(error := renewal.exception(), _StopRequestedError) and _succeeded(work):
                    # It came to its end all the same, as a commit does: what is done stays done.
                    log.info("job %d ended before it could be stopped", error.job.id)
                else:
                    renewal.result()
            return await work
        finally:
            await called_off(renewal)
            await called_off(work)

    async def _renew(self, claim: Claim) -> None:
        """Renew until the job is taken away, cancelled or paused; raises what happened."""
        while True:
            await self._queue.wait_for_wish(claim.lease_s / 3)
            job = await self._queue.heartbeat(claim)
            if job is None:
                raise LeaseLostError
            if job.cancel_requested or job.status is Status.PAUSED:
                raise _StopRequestedError(job)

    async def _after(self, job: Job, error: Exception) -> Transition:
        failure = _failure(job, error)
        strategy = self._strategies.get(failure.failure_class)
        past: Sequence[Past] = ()
        if self._recall is not None and strategy is not None and strategy.name is StrategyName.ADAPTIVE:
            past = await self._recall(job, failure.failure_class)
        transition = after_failure(
            job,
            failure,
            self._rules,
            now=datetime.now(UTC),
            chance=random.random(),
            strategies=self._strategies,
            past=past,
        )
        log.warning(
            "%s failed: %s",
            job.stage,
            failure.sentence,
            extra={"job": job.id, "failure": failure.failure_class},
        )
        return transition

    async def _end(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> None:
        """Finish the claim; what can't be finished is a failure of this job, not the end of its worker."""
        try:
            await self._finish(claim, outcome, transition)
        except (sqlite3.Error, StateError):
            raise
        except Exception as error:
            await self._queue.finish(claim, None, await self._after(claim.job, error))

    async def _finish(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> None:
        """Forget what must not be reused, finish, and only then remove what is no longer needed."""
        job = claim.job
        archive = job.options.archive
        # The staging folder may belong to another engine's claim by now.
        if transition.forget != "nothing" and await self._queue.heartbeat(claim) is None:
            log.warning("job %d was taken over before its stage ended", job.id, extra={"job": job.id})
            return
        if transition.forget == "extraction":
            await self._store.forget_extraction(archive, job.id)
        elif transition.forget == "staging" and not transition.status.is_final:
            await self._store.discard(archive, job.id)
        accepted = await self._queue.finish(claim, outcome, transition)
        ended = transition.status.is_final and transition.forget == "staging"
        if accepted and (ended or isinstance(outcome, Stored)):
            await self._clear(job)

    async def _clear(self, job: Job) -> None:
        """Remove the staging of a job that has ended; what can't be removed is left to the next sweep."""
        try:
            await self._store.discard(job.options.archive, job.id)
        except (StageError, OSError) as error:
            log.warning("staging of job %d could not be removed: %s", job.id, error, extra={"job": job.id})


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await the work whatever happens: the end of a stage must not be lost because we are stopped."""
    task = asyncio.ensure_future(work)
    cancelled = await ended(task)
    task.result()  # Its errors go first: they may be of the state, which nobody can rely upon then.
    if cancelled is not None:
        raise cancelled


def _succeeded(task: asyncio.Future[Any]) -> bool:
    return not task.cancelled() and task.exception() is None


def _failure(job: Job, error: Exception) -> Failure:
    match error:
        case StageError():
            return classify(_without_secrets(error.evidence))
        case OSError():
            return classify(_without_secrets(_local_evidence(error)))
    log.error(
        "stage %s of job %d failed unexpectedly", job.stage, job.id, exc_info=error, extra={"job": job.id}
    )
    return _bug(error)


def _local_evidence(error: OSError) -> Evidence:
    return Evidence(
        exception=(type(error).__name__,), message=str(error), errno=error.errno, activity="staging"
    )


def _bug(error: Exception) -> Failure:
    return Failure(
        failure_class=FailureClass.BUG,
        sentence=f"a fault in ytarchive-tui ({type(error).__name__}); the log has the details",
        evidence=_without_secrets(Evidence(exception=(type(error).__name__,), message=str(error))),
    )


def _without_secrets(evidence: Evidence) -> Evidence:
    """It is stored, and shown to whoever looks."""
    warnings = tuple(map(redact_error, evidence.warnings))
    return evidence.model_copy(update={"message": redact_error(evidence.message), "warnings": warnings})
