"""The clock jumps, the program is stopped in mid-work: nothing is lost, doubled, or put off for ever."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import Program
from unit.db.db_samples import Clock, failed, video

from ytarchive_tui.db.clock import mend_waits
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import JobKind, Stage
from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient

LEASE_S = 5
FAKETIME = next(
    (str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "libfaketime is not there"
)


async def test_a_clock_that_is_set_back_does_not_put_off_a_retry(tmp_path: Path) -> None:
    clock = Clock()
    async with await Database.open(tmp_path / "state.db", clock=clock) as db:
        queue = Queue(db)
        await submit(db, [video("a"), video("b")])
        for _ in range(2):
            claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
            assert claim is not None
            await queue.finish(claim, None, failed(claim.job, delay_s=5))
            # The second one is right: it began to wait when the clock had been mended.
            clock.forward(-86_400)
        clock.forward(86_400)
        assert await mend_waits(db) == 1
        clock.forward(5.1)
        for _ in range(2):
            assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is not None


@pytest.mark.long
@pytest.mark.skipif(not Path(FAKETIME).exists(), reason=FAKETIME)
def test_runs_under_clocks_that_are_days_apart(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"aaaaaaaaaa{number}" for number in range(6)]
    for number, jump in enumerate(("+1d", "-1d", "+10d", "-300d", "+0")):
        monkeypatch.setenv("LD_PRELOAD", FAKETIME)
        monkeypatch.setenv("FAKETIME", jump)
        run = program.run(ids[: number + 2], settings={"RETRY__PATIENCE_S": "10"})
        assert run.code == 0, (jump, run.stdout, run.stderr)
    monkeypatch.delenv("LD_PRELOAD")
    assert kept(program.archive).keys() == set(ids)
    assert_tidy(program.archive, program.database)


@pytest.mark.long
@pytest.mark.skipif(not Path(FAKETIME).exists(), reason=FAKETIME)
def test_the_clock_jumps_by_days_in_mid_run(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a dead battery, or when the network tells the time late; the monotonic clock goes on."""
    clock = program.folder / "clock"
    clock.write_text("+0")
    monkeypatch.setenv("LD_PRELOAD", FAKETIME)
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(clock))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    jumps = ["+10d", "-300d", "+1d", "-1d", "+0"]
    ids = [f"aaaaaaaaa{number:02}" for number in range(3 * len(jumps))]
    with program.started(ids, settings={"RETRY__PATIENCE_S": "20"}) as run:
        for number, jump in enumerate(jumps):
            deadline = time.monotonic() + 60
            while (program.folder / "out").read_bytes().count(b'"event": "archived"') <= 2 * number:
                assert run.poll() is None and time.monotonic() < deadline, (
                    program.folder / "err"
                ).read_text()
                time.sleep(0.02)
            # As a whole, for it may be read at any moment.
            (program.folder / "next").write_text(jump)
            (program.folder / "next").rename(clock)
        assert run.wait(100) == 0, (program.folder / "out").read_text()
    monkeypatch.undo()
    assert kept(program.archive).keys() == set(ids)
    assert_tidy(program.archive, program.database)
    dates = [item.manifest["archived_at"][:7] for item in kept(program.archive).values()]
    assert len(set(dates)) > 1, "the clock did not jump"


@pytest.mark.long
@pytest.mark.parametrize("whom", ["the program", "its children", "all"])
def test_stopped_for_longer_than_the_lease(program: Program, youtube: ControlClient, whom: str) -> None:
    youtube.set(connection_bps=1_000_000)
    ids = [sized_id("8M"), "aaaaaaaaaa1", "aaaaaaaaaa2"]
    with program.started(ids, settings={"ENGINE__LEASE_S": str(LEASE_S)}) as run:
        deadline = time.monotonic() + 60
        while not list(program.archive.glob(".ytarchive/staging/*/media.f*")):
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.05)
        parent = psutil.Process(run.pid)
        children = parent.children(recursive=True)
        stopped = {"the program": [parent], "its children": children, "all": [parent, *children]}[whom]
        for process in stopped:
            os.kill(process.pid, signal.SIGSTOP)
        time.sleep(LEASE_S + 2)
        for process in stopped:
            os.kill(process.pid, signal.SIGCONT)
        assert run.wait(200) == 0, (program.folder / "out").read_text()
    assert kept(program.archive).keys() == set(ids)
    assert_tidy(program.archive, program.database)
