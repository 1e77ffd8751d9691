"""The parent of the daemon's engine, with small programs in the engine's place."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ytarchive_tui.commands.supervisor import Supervisor

COUNT = "import os, signal, sys, time; n = open(sys.argv[1], 'a'); n.write('x'); n.close(); "
"""Each start leaves a letter."""


def supervisor(folder: Path, program: str, said: list[str], **how: object) -> Supervisor:
    command = (sys.executable, "-c", COUNT + program, str(folder / "starts"))
    return Supervisor(command, told=said.append, **{"waits_s": (0.0, 0.01), **how})  # type: ignore[arg-type]


def starts(folder: Path) -> int:
    file = folder / "starts"
    return len(file.read_text()) if file.exists() else 0


async def come(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_who_crashes_again_and_again_is_given_up_with_a_reason(tmp_path: Path) -> None:
    said: list[str] = []
    code = await supervisor(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)", said).run()
    assert (code, starts(tmp_path)) == (1, 3)
    assert [each for each in said if "started again" in each] == [
        "the engine ended by SIGKILL; it is started again in 0 s",
        "the engine ended by SIGKILL; it is started again in 0.01 s",
    ]
    assert "3 times in a row, the last time by SIGKILL; given up" in said[-1]


async def test_a_crash_after_long_work_begins_the_count_anew(tmp_path: Path) -> None:
    said: list[str] = []
    ran = asyncio.create_task(supervisor(tmp_path, "sys.exit(1)", said, healthy_s=0.0).run())
    await come(lambda: starts(tmp_path) > 4)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(ran, 5) == 0
    assert not any("given up" in each for each in said)


async def test_ends_that_a_new_start_would_not_change_are_passed_on(tmp_path: Path) -> None:
    for n, code in enumerate((0, 2, 3), 1):
        assert await supervisor(tmp_path, f"sys.exit({code})", []).run() == code
        assert starts(tmp_path) == n


async def test_while_another_process_has_the_state_it_goes_on_trying(tmp_path: Path) -> None:
    said: list[str] = []
    busy_for_ten = "sys.exit(4 if len(open(sys.argv[1]).read()) < 11 else 0)"
    assert await supervisor(tmp_path, busy_for_ten, said).run() == 0
    assert starts(tmp_path) == 11


async def test_signals_are_passed_on_and_end_it(tmp_path: Path) -> None:
    waits = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print(flush=True); time.sleep(60)"
    said: list[str] = []
    ran = asyncio.create_task(supervisor(tmp_path, waits, said).run())
    await come(lambda: starts(tmp_path) and said)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(ran, 20) == 0
    assert starts(tmp_path) == 1


async def test_a_signal_while_it_waits_ends_it_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    ran = asyncio.create_task(supervisor(tmp_path, "sys.exit(1)", said, waits_s=(60.0,)).run())
    await come(lambda: any("started again" in each for each in said))
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(ran, 5) == 0


async def test_who_hangs_after_being_terminated_is_killed(tmp_path: Path) -> None:
    hangs = "signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1] + '.deaf', 'w'); time.sleep(60)"
    said: list[str] = []
    ran = asyncio.create_task(supervisor(tmp_path, hangs, said, last_resort_s=0.1).run())
    await come((tmp_path / "starts.deaf").exists)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(ran, 5) == 0
    assert said[-1] == "the engine does not end; it is killed"


def test_ctrl_z_stops_the_engine_too_and_fg_wakes_it() -> None:
    program = (
        "import asyncio, sys; from ytarchive_tui.commands.supervisor import Supervisor; "
        "child = [sys.executable, '-c', 'import time; time.sleep(60)']; "
        "sys.exit(asyncio.run(Supervisor(child).run()))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    with parent:
        assert parent.stderr is not None
        pid = int(parent.stderr.readline().rsplit(maxsplit=1)[-1])
        both = [psutil.Process(parent.pid), psutil.Process(pid)]
        for number, stopped in ((signal.SIGTSTP, True), (signal.SIGCONT, False)):
            parent.send_signal(number)
            deadline = time.monotonic() + 20
            while [each.status() == psutil.STATUS_STOPPED for each in both] != [stopped, stopped]:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        parent.terminate()
        assert parent.wait(20) == 0 and not psutil.pid_exists(pid)
