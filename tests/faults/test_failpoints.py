"""`kill -9` at any call that changes state, staging or archive: nothing is lost, doubled or orphaned.

The calls are the failpoints: struck before, after, or in the middle of a write (see `failing_calls.c`).
"""

from __future__ import annotations

import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from failing_calls import KILL_AFTER, KILL_BEFORE, KILL_TORN, build
from forked_engine import ForkedEngine, Place, forked_engine

ITEMS = 3
WAYS = (KILL_BEFORE, KILL_AFTER, KILL_TORN)

KINDS = ("", "open", "write", "pwrite", "fsync", "rename", "mkdir", "unlink", "ftruncate")
"""Struck in turn: nine calls of ten write into the database's log, and would hide the others."""
KILLS_OF_A_PLACE = 6

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


def point_of(struck: str) -> str:
    return next((name for name, pattern in NAMED.items() if re.search(pattern, struck)), f"another: {struck}")


@pytest.mark.parametrize(
    "kills",
    [
        12,
        pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
        pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(36000)]),
    ],
)
def test_kill_storm(engine: ForkedEngine, tmp_path: Path, kills: int) -> None:
    chance = random.Random(11)
    points, usual = Counter[str](), Counter(dict.fromkeys(KINDS, 20))
    number, places = 0, 0
    while number < kills:
        places += 1
        place = Place(tmp_path / str(places), ITEMS)
        for turn in range(KILLS_OF_A_PLACE + 1):
            kind = KINDS[(places + turn) % len(KINDS)]
            # A run that was not struck ends by itself, and so completes the place.
            strike = chance.randint(1, usual[kind]) if turn < KILLS_OF_A_PLACE and number < kills else 0
            engine.plan.make(place.folder, strike=strike, how=chance.choice(WAYS), kind=kind)
            code = engine.run(place, seed=chance.randrange(10**6))
            assert code in (0, -signal.SIGKILL), engine.last_words()
            place.assert_nothing_is_wrong()
            if code == 0:
                usual[kind] = max(1, engine.plan.calls)
                break
            number += 1
            points[point_of(engine.plan.struck)] += 1
        place.assert_complete()
        shutil.rmtree(tmp_path / str(places))
    print(f"\n{number} kills, {places} archives with {places * ITEMS} items")
    for name, count in points.most_common():
        print(f"{count:6} {name}")
    if kills >= 1000:
        assert NAMED.keys() <= points.keys()
