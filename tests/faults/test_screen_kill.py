"""The screen ended in every way at random moments: the terminal is clean, nobody is left, nothing is lost."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress

import psutil
import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import COMMAND, Program
from faults.test_batch_kill import archived_in_journal, strangers
from tui.terminal import FAILING, Terminal

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.settings.paths import Paths

LOAD = 6
"""So many videos wait or run whenever the program starts."""
LONGEST_S = 3.0
GONE_S = 20.0
"""On a quiet machine 2 s are enough; a crowded one must not be taken for a program that hangs."""
SETTINGS = {"ENGINE__DOWNLOADS": "3", "ENGINE__DRAIN_S": "0.5"}


def by_signal(number: signal.Signals) -> Callable[[Terminal], set[int]]:
    def end(it: Terminal) -> set[int]:
        it.process.send_signal(number)
        return {130, -number}  # The latter before there is anything to give back.

    return end


def by_key(key: str) -> Callable[[Terminal], set[int]]:
    def end(it: Terminal) -> set[int]:
        """Pressed until it is gone: it asks while work runs, and a key that comes too early is nobody's."""
        deadline = time.monotonic() + GONE_S
        while it.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError):
                it.press(key)
            with suppress(Exception):
                it.process.wait(0.4)
        return {0, 130, -signal.SIGINT}

    return end


def by_error(it: Terminal) -> set[int]:
    by_key("s")(it)
    return {1}


def after_its_children(it: Terminal) -> set[int]:
    """Zygote, children, ffmpeg: killed; the program goes on until it is asked to leave."""
    with suppress(psutil.NoSuchProcess):
        for process in psutil.Process(it.process.pid).children(recursive=True):
            if "sandbox" not in " ".join(process.cmdline()):
                process.kill()
    time.sleep(0.5)
    assert it.process.poll() is None, it.last()
    return by_key("q")(it)


def by_kill(it: Terminal) -> set[int]:
    it.process.kill()
    return {-signal.SIGKILL}


def by_closing_the_window(it: Terminal) -> set[int]:
    it.vanish()
    return {130, -signal.SIGHUP}


WAYS: dict[str, Callable[[Terminal], set[int]]] = {
    "SIGTERM": by_signal(signal.SIGTERM),
    "SIGHUP": by_signal(signal.SIGHUP),
    "SIGINT": by_signal(signal.SIGINT),
    "ctrl+c": by_key("\x03"),
    "q": by_key("q"),
    "an error": by_error,
    "kill -9 of its children": after_its_children,
    "closing the window": by_closing_the_window,
    "kill -9": by_kill,
}


class Load:
    """Videos for the program to work on, more of them whenever they run out."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.ids: list[str] = []

    def refill(self) -> None:
        """By the same door as `add`; asserts that the database is sound."""
        if self._program.database.exists():
            with closing(sqlite3.connect(self._program.database)) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                (left,) = db.execute("SELECT count(*) FROM jobs WHERE status <> 'done'").fetchone()
        else:
            left = 0
        new = [sized_id("4M", len(self.ids) + n) for n in range(1, LOAD - left + 1)]
        self.ids += new
        asyncio.run(self._submit(new))

    async def _submit(self, ids: list[str]) -> None:
        Paths.private(self._program.state).make()
        options = JobOptions(archive=self._program.archive)
        async with await Database.open(self._program.database) as db:
            # Whose process was killed twice needs somebody; here nobody is to blame.
            await Control(db).retry_failed()
            await submit(db, [
                Submission(url=each, address=f"https://www.youtube.com/watch?v={each}", kind=SourceKind.VIDEO,
                           video_id=each, options=options)
                for each in ids
            ])  # fmt: skip


@pytest.mark.parametrize(
    ("rounds", "ways"),
    [
        pytest.param(
            1,
            ("SIGTERM", "kill -9 of its children", "closing the window", "kill -9"),
            id="short",
            marks=pytest.mark.ci,
        ),
        # Each way by itself: they mostly wait, so several of these can run beside one another.
        *(
            pytest.param(200, (way,), id=way, marks=[pytest.mark.long, pytest.mark.timeout(2 * 3600)])
            for way in WAYS
        ),
    ],
)
def test_storm_of_endings(
    program: Program, youtube: ControlClient, rounds: int, ways: tuple[str, ...]
) -> None:
    """How many, and how long one took on average, is printed after each round."""
    youtube.set(connection_bps=1_500_000)
    chance, load, codes = random.Random(2026), Load(program), Counter[str]()
    began = time.monotonic()
    for n in range(rounds):
        for name in ways:
            load.refill()
            print(f"{name}… ", end="", flush=True)
            code = one_ending(program, WAYS[name], chance, drawn=bool(chance.getrandbits(1)))
            codes[f"{name}: {code}"] += 1
        print(f"{n + 1} of each in {time.monotonic() - began:.0f} s: {dict(codes)}", flush=True)
    last = program.run(load.ids, timeout_s=900)
    assert last.code == 0, last.stderr.decode()
    assert kept(program.archive).keys() == set(load.ids)
    assert archived_in_journal(program.database) == Counter(load.ids)
    assert_tidy(program.archive, program.database)


def one_ending(
    program: Program, way: Callable[[Terminal], set[int]], chance: random.Random, *, drawn: bool
) -> int:
    """Start, end at a random moment, and look at what is left; the exit code."""
    start = (*COMMAND[:-2], "-c", FAILING) if way is by_error else COMMAND
    options = [str(each) for each in program.command()[len(COMMAND) :]]
    environment = program.environment(SETTINGS) | {"PYTHONFAULTHANDLER": "1"}
    with Terminal(*options, home=program.folder, command=start, env=environment) as it:
        if drawn:
            it.wait_for(" GB", since=0)
            time.sleep(chance.uniform(0, LONGEST_S))
        else:
            time.sleep(chance.uniform(0.05, LONGEST_S))
        shown = bool(it.wire().left_on)
        expected = way(it)
        code = end_of(it)
        told = it.last()
        assert code in expected, (code, told)
        assert_gone(program)
        if way is by_closing_the_window:
            return code
        it.until(lambda: it.let_go, 5, "the terminal, closed by everybody,")
        wire = it.wire()
        assert not wire.foreign and not wire.copied, wire.foreign
        if way is by_kill:
            # Nobody is left to give it back: `reset` does.
            assert bool(wire.left_on) or not shown
        else:
            assert not wire.left_on and it.modes_kept(), (wire.left_on, told)
            assert "Traceback" not in wire.text or way is by_error or code == -signal.SIGINT, told
    return code


def end_of(it: Terminal) -> int:
    """The exit code; where every thread of a program that goes on stands is told by faulthandler."""
    try:
        return it.process.wait(GONE_S)
    except subprocess.TimeoutExpired:
        it.process.send_signal(signal.SIGABRT)
        it.process.wait(GONE_S)
        raise AssertionError(f"it went on:\n{it.last()}") from None


def assert_gone(program: Program) -> None:
    """Nothing works for this archive or state folder any more."""
    deadline = time.monotonic() + GONE_S
    while (left := strangers(program)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
