"""`kill -9` at any call that changes state, staging or archive: nothing is lost, doubled or orphaned.

The calls are the failpoints: struck before, after, or in the middle of a write (see `failing_calls.c`). Each
is named by what it does to which file, and in the database also by the transition that is being written.
"""

from __future__ import annotations

import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Set
from pathlib import Path
from typing import NamedTuple

import pytest
from failing_calls import KILL_AFTER, KILL_BEFORE, KILL_TORN, READING, Call, Plan, Point, build, traced
from forked_engine import ForkedEngine, Place, forked_engine

ITEMS = 3
WAYS = (KILL_BEFORE, KILL_AFTER, KILL_TORN)

KINDS = ("open", "write", "pwrite", "fsync", "rename", "mkdir", "unlink", "ftruncate")
"""Struck in turn: nine calls of ten write into the database's log, and would hide the others."""
KILLS_OF_A_PLACE = 6
LATEST = 4
"""A point that comes up more often in a run is struck at one of its first times."""

TRANSITIONS = {
    "submit",
    "Queue.adopt",
    "Queue.claim: stage_started metadata",
    "Queue.claim: stage_started download",
    "Queue.claim: stage_started storage",
    "Queue.heartbeat",
    "Queue.record",
    "Queue.finish: stage_finished metadata queued",
    "Queue.finish: stage_finished download queued",
    "Queue.finish: item_archived: stage_finished storage done",
    "Queue.finish: stage_finished download paused",
    "Queue.finish: stage_finished download cancelled",
    "Control.pause",
    "Control.resume",
    "Control.cancel",
    "Control.retry",
}
"""Of the queue's state, each in one transaction: every one of them is struck."""

NAMED = {
    "state: made": r"mkdir .*/state$",
    "state: the engine's lock": r" .*/state/engine.lock$",
    "state: migration": r" .*ytarchive.db-journal$",
    "state: into the log of a commit": r"pwrite .*ytarchive.db-wal$",
    "state: flush of a commit": r"fsync .*ytarchive.db-wal$",
    "state: checkpoint": r"(pwrite|fsync) .*ytarchive.db$",
    "state: opening and closing": r"(open|ftruncate|unlink|fsync|pwrite) .*/state(/ytarchive.db|$)",
    "archive: made": r"(mkdir|fsync) .*/(archive|\.ytarchive)$",
    "archive: identity": r" .*archive\.json",
    "archive: lock": r"open .*\.ytarchive/engine.lock$",
    "staging: made": r"(mkdir|fsync) .*/staging(/\d+)?$",
    "staging: download": r"(open|write) .*/staging/\d+/(media|extracted)",
    "commit: gather": r"(mkdir|rename) .*/staging/\d+/item(/[^/]*\])?",
    "commit: verified": r"fsync .*/item/Title",
    "commit: manifest": r" .*manifest.json",
    "commit: flush of the item": r"fsync .*/item$",
    "commit: the channel's folder": r"mkdir .*/archive/Channel$",
    "commit: the rename": r"rename .*/archive/Channel/",
    "commit: flush of the folders": r"fsync .*/archive/Channel$",
    "delete: to the trash": r"rename .*/trash/",
    "delete: the trash": r"(unlink|mkdir) .*",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedEngine]:
    folder = tmp_path_factory.mktemp("engine")
    with forked_engine(folder, build(folder)) as running:
        yield running


def name_of(struck: Call) -> str:
    told = f"{struck.kind} {struck.path}"
    return next((name for name, pattern in NAMED.items() if re.search(pattern, told)), f"another: {told}")


class Known(NamedTuple):
    """How often a run came to a point, and with which seed."""

    times: int
    seed: int
    later: bool
    """Whether also runs come to it that find a state and an archive."""


def known_points(engine: ForkedEngine, folder: Path) -> dict[Point, Known]:
    """All points to which a first run comes, undisturbed or killed, or else the next one."""
    found: dict[Point, Known] = {}
    calls_of_a_run = 0
    for seed in range(8):
        place, trace = Place(folder / f"known{seed}", ITEMS), folder / "trace"
        # Killed when the state and the archive are there, so that only those come again that can.
        for turn, strike in enumerate((calls_of_a_run * (8 + seed) // 16, 0)):
            engine.plan.make(place.folder, strike=strike, trace=trace)
            engine.run(place, seed=seed)
            calls_of_a_run = calls_of_a_run or engine.plan.calls
            calls = Counter(call.point for call in traced(trace) if call.kind not in READING)
            for point, times in calls.items():
                if point not in found or (turn and not found[point].later):
                    found[point] = Known(times, seed, later=turn > 0)
            trace.unlink()
    return found


class Strikes:
    """What to strike next: by turns a point out of all known ones, and any call of a kind."""

    def __init__(self, known: dict[Point, Known], chance: random.Random) -> None:
        self.usual = Counter(dict.fromkeys(KINDS, 20))
        """How many calls of a kind a run has that is not struck."""
        self._known = known
        self._chance = chance
        self._decks: dict[bool, list[Point]] = {True: [], False: []}
        self._number = 0

    def missed(self, plan: Plan) -> None:
        """The run has ended before the call that was to be struck."""
        if plan.kind:
            self.usual[plan.kind] = max(1, plan.calls)

    def make(self, plan: Plan, folder: Path, *, first_run: bool, wanted: Set[str]) -> int:
        """Write the plan; the seed for the run. Every second one seeks what is `wanted`."""
        self._number += 1
        how, chance = self._chance.choice(WAYS), self._chance
        sought = [point for point in sorted(self._known) if _transition(point) in wanted]
        if sought and self._number % 2 == 0:
            point = chance.choice(sought)
            plan.make(folder, strike=chance.randint(1, self._known[point].times), how=how, point=point)
            return self._known[point].seed
        if self._number % 2 and not first_run:
            kind = KINDS[self._number // 2 % len(KINDS)]
            plan.make(folder, strike=chance.randint(1, self.usual[kind]), how=how, kind=kind)
            return chance.randrange(10**6)
        deck = self._decks[first_run]
        if not deck:
            deck += (point for point in sorted(self._known) if self._known[point].later is not first_run)
            chance.shuffle(deck)
        point = deck.pop()
        strike = chance.randint(1, min(self._known[point].times, LATEST))
        plan.make(folder, strike=strike, how=how, point=point)
        return self._known[point].seed


def _transition(point: Point) -> str:
    """What the database was about to store there."""
    return point.doing.removesuffix(" #*")


@pytest.mark.parametrize(
    ("kills", "seed"),
    [
        *(pytest.param(500, seed, marks=[pytest.mark.ci, pytest.mark.timeout(240)]) for seed in (1, 2)),
        *(
            pytest.param(1000, seed, marks=[pytest.mark.long, pytest.mark.timeout(1000)])
            for seed in range(11, 21)
        ),
    ],
)
def test_kill_storm(engine: ForkedEngine, tmp_path: Path, kills: int, seed: int) -> None:
    """CI kills a thousand times, by two seeds; the long form ten thousand times, by ten."""
    strikes = Strikes(known_points(engine, tmp_path), random.Random(seed))
    points, transitions = Counter[str](), Counter[str]()
    number, places = 0, 0

    def missing() -> set[str]:
        return (NAMED.keys() | TRANSITIONS) - points.keys() - transitions.keys()

    # Where a person's wish falls in a run is chance: what was not struck yet gets some more.
    while number < kills or (missing() and number < 2 * kills):
        places += 1
        place = Place(tmp_path / str(places), ITEMS)
        for turn in range(KILLS_OF_A_PLACE + 1):
            # A run that was not struck ends by itself, and so completes the place.
            if turn < KILLS_OF_A_PLACE and (number < kills or missing()):
                wanted = missing() if number >= kills else frozenset[str]()
                person = strikes.make(engine.plan, place.folder, first_run=turn == 0, wanted=wanted)
            else:
                engine.plan.make(place.folder)
            code = engine.run(place, seed=person)
            assert code in (0, -signal.SIGKILL), engine.last_words()
            place.assert_nothing_is_wrong()
            if code == 0:
                strikes.missed(engine.plan)
                break
            number += 1
            struck = engine.plan.struck
            assert struck is not None
            points[name_of(struck)] += 1
            transitions[_transition(struck.point)] += 1
        place.assert_complete()
        shutil.rmtree(tmp_path / str(places))
    print(f"\n{number} kills, {places} archives with {places * ITEMS} items")
    for name, count in (points + transitions).most_common():
        print(f"{count:6} {name}")
    assert missing() == set()
