"""Every call of a run fails once with ENOSPC, EIO and EMFILE: no crash, typed errors, and all archived later.

The calls are those of one run that nothing disturbs. Each is named by its kind, by its path with its item's
number, in the database's log also by the transition of its job, and by its turn among those of that name. In
the life of one archive a call of each item fails, and some that are nobody's: a failed job is tried again, a
stopped engine is started again, until all of these have been struck. What a life has not come to is struck in
another.
"""

from __future__ import annotations

import errno
import shutil
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import pytest
from engine_driver import ALL_ENDED, TYPED_END
from failing_calls import ERRORS, Call, Numbered, build, errors_of, traced
from forked_engine import ForkedEngine, Place, forked_engine

UNTYPED = {"bug", "unknown"}
OF_NOBODY = 12
"""Of the calls that no item has for itself, so many fail in one life."""
RUNS_OF_A_LIFE = 80
TRIES = 4
"""So often a life is to come to a call before it counts as not come to: runs differ in a few."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedEngine]:
    folder = tmp_path_factory.mktemp("engine")
    with forked_engine(folder, build(folder)) as running:
        yield running


@dataclass
class Seen:
    """What came of all strikes."""

    lives: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Wanted:
    """The calls that are still to be struck."""

    def __init__(self, calls: Iterable[tuple[Numbered, int | None]]) -> None:
        self._of: dict[int | None, deque[Numbered]] = defaultdict(deque)
        self._job = dict(calls)
        self._tries = Counter[Numbered]()
        for call, job in self._job.items():
            self._of[job].append(call)

    def take(self) -> list[Numbered]:
        """The next ones, one of each item; empty when all have been struck or tried often enough."""
        chosen = []
        for job, queue in self._of.items():
            for _ in range(min(len(queue), OF_NOBODY if job is None else 1)):
                chosen.append(queue.popleft())
        return chosen

    def put_back(self, call: Numbered) -> bool:
        """Whether it will be tried again."""
        self._tries[call] += 1
        if self._tries[call] < TRIES:
            self._of[self._job[call]].append(call)
        return self._tries[call] < TRIES


def numbered(calls: Iterable[Call]) -> dict[Numbered, int | None]:
    """Every call of a run, and the job whose it is."""
    turns, found = Counter[object](), {}
    for call in calls:
        point = call.own_point
        turns[point] += 1
        found[Numbered(point, turns[point])] = call.job
    return found


def live(
    engine: ForkedEngine, folder: Path, items: int, error: int, strikes: list[Numbered], seen: Seen
) -> list[Numbered]:
    """One archive, from nothing until its items are all there; the calls that it did not come to."""
    place, told = Place(folder, items), f"{errno.errorcode[error]} in {folder.name}"
    engine.plan.make_many(place.folder, strikes, error)
    struck: set[int] = set()
    for number in range(RUNS_OF_A_LIFE):
        code, words = engine.run(place, slow=0 if number else 2), engine.last_words()
        now = {at for at, call in enumerate(engine.plan.all_struck) if call} - struck
        struck |= now
        seen.ends["stopped with a reason" if code == TYPED_END else "went on"] += 1
        hit = [" ".join(strikes[at].point) for at in sorted(now)]
        if code not in (ALL_ENDED, TYPED_END) or "Traceback" in words:
            seen.wrong.append(f"{told}: {hit}: ended with {code}: {words}")
        try:
            place.assert_nothing_is_wrong()
        except AssertionError as problem:
            seen.wrong.append(f"{told}: {hit}: {problem}")
        if code == TYPED_END and not now:
            seen.wrong.append(f"{told}: stopped again, and nothing had failed: {words}")
        if len(struck) == len(strikes) or (code == ALL_ENDED and not now):
            break
    engine.plan.make(place.folder)
    everything = [" ".join(strikes[at].point) for at in sorted(struck)]
    if UNTYPED & place.failure_classes().keys():
        seen.wrong.append(f"{told}: {place.failure_classes()}: {everything}")
    try:
        assert engine.run(place, slow=0) == ALL_ENDED, engine.last_words()
        place.assert_complete()
    except AssertionError as problem:
        seen.wrong.append(f"{told}: {everything}: {problem}")
    seen.lives += 1
    seen.classes += place.failure_classes()
    seen.kinds.update(strikes[at].point.kind for at in struck)
    shutil.rmtree(folder)
    return [strike for at, strike in enumerate(strikes) if at not in struck]


PARTS = 4


@pytest.mark.parametrize(
    ("items", "error", "part", "parts"),
    [
        (2, errno.EIO, 0, 150),
        *(pytest.param(3, error, 0, 24, marks=pytest.mark.ci) for error in ERRORS),
        *(
            pytest.param(20, error, part, PARTS, marks=[pytest.mark.long, pytest.mark.timeout(1800)])
            for error in (errno.EIO, errno.ENOSPC, errno.EMFILE)
            for part in range(PARTS)
        ),
    ],
)
def test_every_call_fails_once(
    engine: ForkedEngine, tmp_path: Path, items: int, error: int, part: int, parts: int
) -> None:
    """The parts together are all calls that can fail with that error."""
    undisturbed, trace = Place(tmp_path / "undisturbed", items), tmp_path / "trace"
    engine.plan.make(undisturbed.folder, trace=trace)
    assert engine.run(undisturbed, slow=2) == ALL_ENDED, engine.last_words()
    undisturbed.assert_complete()
    run = {call: job for call, job in numbered(traced(trace)).items() if error in errors_of(call.point)}
    mine = {call: job for call, job in run.items() if crc32(repr(call).encode()) % parts == part}
    wanted, seen, missed = Wanted(mine.items()), Seen(), list[Numbered]()
    while strikes := wanted.take():
        unstruck = live(engine, tmp_path / str(seen.lives), items, error, strikes, seen)
        missed += [strike for strike in unstruck if not wanted.put_back(strike)]
    kinds, missing = dict(seen.kinds), Counter(" ".join(each.point) for each in missed)
    print(f"\n{errno.errorcode[error]}, {items} items: a run has {len(run)} such calls; {len(mine)} in part "
          f"{part + 1} of {parts}: {seen.kinds.total()} failed {kinds}, {len(missed)} not come to "
          f"{dict(missing)}; {seen.lives} lives; runs {dict(seen.ends)}, {dict(seen.classes)}")  # fmt: skip
    assert seen.kinds.total() + len(missed) == len(mine)
    assert seen.wrong == []
    assert len(missed) <= 0.02 * len(mine) + 2
