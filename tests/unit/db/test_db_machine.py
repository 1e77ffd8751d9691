"""Any sequence of what workers, clocks and people do keeps the queue's promises."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from db_samples import Clock, check, downloaded, failed, metadata, resolved, stored, video
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ytarchive_tui.db import journal
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.removing import put_back, remove
from ytarchive_tui.db.undo import last_change
from ytarchive_tui.db.wishes import wish
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import Claim, Job, JobKind, Stage, StageOutcome, Status
from ytarchive_tui.domain.policy import Transition, after_release, after_success

T = TypeVar("T")
LEASE_S = 60
NAMES = st.sampled_from("ab")
PICK = st.integers(1, 4)
MAKE: dict[Stage, Callable[[Job], StageOutcome]] = {
    Stage.METADATA: resolved,
    Stage.DOWNLOAD: downloaded,
    Stage.STORAGE: stored,
}


class QueueMachine(RuleBasedStateMachine):
    """Knows of each claim whether it still holds, and expects the queue to know the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.db = self.run(Database.open(self.folder / "state.db", clock=self.clock))
        self.queue = Queue(self.db, lease_s=LEASE_S)
        self.control = Control(self.db)
        self.claims: list[Claim] = []
        self.holds: dict[int, Claim] = {}
        self.ends_at: dict[int, float] = {}
        self.seconds = 0.0
        self.last_entry = 0
        self.on_hold = False
        self.removed: tuple[int, int] | None = None
        """Entries of the journal that tell of a removal."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.db.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def pick(self, n: int) -> Claim:
        """One of the newest claims: most still hold, some were followed by another."""
        return self.claims[-min(n, len(self.claims))]

    @property
    def wished(self) -> dict[int, tuple[bool, bool]]:
        """Of each running job, whether it is wanted paused, and whether cancelled."""
        sql = "SELECT id, pause_requested, cancel_requested FROM jobs WHERE status = 'running'"
        return {row[0]: (bool(row[1]), bool(row[2])) for row in self.run(self.db.fetch(sql))}

    def held(self, claim: Claim) -> bool:
        return self.holds.get(claim.job.id) is claim

    @rule(names=st.lists(NAMES, min_size=1, max_size=4))
    def submits(self, names: list[str]) -> None:
        answers = self.run(submit(self.db, [video(name) for name in names]))
        assert all((one.job_id is None) == one.already_archived for one in answers)

    @rule()
    def claims_next(self) -> None:
        for stage in Stage:
            # Of another engine each time: none takes its own expired jobs for lost.
            claim = self.run(Queue(self.db, lease_s=LEASE_S).claim(stage, JobKind.ITEM, "w"))
            if claim is not None:
                break
        for job_id in [job_id for job_id, at in self.ends_at.items() if at <= self.seconds]:
            self.holds.pop(job_id)
            self.ends_at.pop(job_id)
        if claim is not None:
            assert not self.on_hold, "claimed while everything is held"
            assert claim.job.id not in self.holds, "claimed while another claim holds"
            assert all(old.fence < claim.fence for old in self.claims if old.job.id == claim.job.id)
            self.claims.append(claim)
            self.holds[claim.job.id] = claim
            self.ends_at[claim.job.id] = self.seconds + LEASE_S

    @precondition(lambda self: self.claims)
    @rule(n=PICK)
    def beats(self, n: int) -> None:
        claim = self.pick(n)
        job = self.run(self.queue.heartbeat(claim))
        assert (job is not None) == self.held(claim)
        if job is not None:
            paused, cancelled = self.wished.get(job.id, (False, False))
            assert job.cancel_requested is cancelled
            assert job.status is (Status.PAUSED if paused or self.on_hold else Status.RUNNING)
            self.ends_at[claim.job.id] = self.seconds + LEASE_S

    @precondition(lambda self: self.claims)
    @rule(n=PICK)
    def records(self, n: int) -> None:
        claim = self.pick(n)
        assert self.run(self.queue.record(claim, metadata(claim.job))) == self.held(claim)

    def ends(self, claim: Claim, outcome: StageOutcome | None, transition: Transition) -> None:
        before = self.run(self.db.fetch("SELECT count(*) AS n FROM journal"))[0]["n"]
        taken = self.run(self.queue.finish(claim, outcome, transition))
        assert taken == self.held(claim)
        if taken:
            del self.holds[claim.job.id], self.ends_at[claim.job.id]
        else:
            assert self.run(self.db.fetch("SELECT count(*) AS n FROM journal"))[0]["n"] == before

    @precondition(lambda self: self.claims)
    @rule(n=PICK)
    def succeeds(self, n: int) -> None:
        claim = self.pick(n)
        outcome = MAKE[claim.job.stage](claim.job)
        self.ends(claim, outcome, after_success(claim.job, outcome))

    @precondition(lambda self: self.claims)
    @rule(
        n=PICK,
        failure_class=st.sampled_from(list(FailureClass)),
        status=st.sampled_from([Status.WAITING, Status.BLOCKED, Status.FAILED]),
    )
    def fails(self, n: int, failure_class: FailureClass, status: Status) -> None:
        claim = self.pick(n)
        self.ends(claim, None, failed(claim.job, failure_class, status, delay_s=30))

    @precondition(lambda self: self.claims)
    @rule(n=PICK)
    def releases(self, n: int) -> None:
        claim = self.pick(n)
        self.ends(claim, None, after_release(claim.job, "the program stops"))

    @rule(seconds=st.sampled_from([1, 29, 31, 61, 10_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)
        self.seconds += seconds

    @rule(
        verb=st.sampled_from(
            ["pause", "resume", "cancel", "retry", "priority", "front", "back", "up", "down"]
        ),
        ids=st.sets(st.integers(1, 4), max_size=3),
    )
    def wishes(self, verb: str, ids: set[int]) -> None:
        control = self.control
        match verb:
            case "pause" | "resume" | "cancel" | "retry":
                self.run(getattr(control, verb)(ids))
            case "priority":
                self.run(control.set_priority(ids, 3))
            case "front" | "back" | "up" | "down":
                self.run(control.move(ids, verb))

    @rule(ids=st.sets(st.integers(1, 4), max_size=3), again=st.booleans())
    def removes(self, ids: set[int], again: bool) -> None:
        after = self.run(last_change(self.db))
        removed = self.run(remove(self.db, ids))
        if again:
            assert self.run(put_back(self.db, after, self.run(last_change(self.db)))) == removed
        elif self.removed is None:
            self.removed = (after, self.run(last_change(self.db)))

    @precondition(lambda self: self.removed)
    @rule()
    def puts_back_late(self) -> None:
        self.run(put_back(self.db, *self.removed))
        self.removed = None

    @rule(verb=st.sampled_from(["pause", "resume"]))
    def wishes_of_all(self, verb: str) -> None:
        self.run(getattr(self.control, verb)())

    @rule(on_hold=st.booleans())
    def is_held(self, on_hold: bool) -> None:
        assert self.run(wish(self.db, on_hold=on_hold)).on_hold is self.on_hold
        self.on_hold = on_hold

    @rule()
    def engine_restarts(self) -> None:
        with EngineLock(self.folder) as lock:
            assert self.run(self.queue.adopt(lock)) == len(self.holds)
        self.holds.clear()
        self.ends_at.clear()

    @invariant()
    def tables_agree(self) -> None:
        self.run(check(self.db))

    @invariant()
    def running_jobs_are_those_with_a_claim(self) -> None:
        rows = self.run(self.db.fetch("SELECT id, fence FROM jobs WHERE status = 'running'"))
        assert {row["id"]: row["fence"] for row in rows} == {
            job_id: claim.fence for job_id, claim in self.holds.items()
        }

    @invariant()
    def the_journal_goes_on(self) -> None:
        entries = self.run(journal.entries(self.db, self.last_entry))
        ids = [entry.id for entry in entries]
        assert ids == sorted(set(ids))
        self.last_entry = ids[-1] if ids else self.last_entry


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
