"""The daemon: started again after a crash, watched by a manager, seen by screens, leaving nothing behind."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from end_to_end.archive_check import kept
from end_to_end.daemon_program import command, daemon, manager_at, run, wait_for
from end_to_end.program import COMMAND, Program
from tui.terminal import Terminal

from ytarchive_tui.db.lock import is_free
from ytarchive_tui.sandbox.client import ControlClient

ONE, TWO = "aaaaaaaaaa1", "aaaaaaaaaa2"


def engines(program: Program) -> list[int]:
    """Process ids of the engines that were started so far, by what the daemon said."""
    log = (program.folder / "daemon.log").read_text()
    return [int(each) for each in re.findall(r"the engine runs as process (\d+)", log)]


def media_on_its_way(program: Program) -> bool:
    """Whether bytes of a film lie in staging."""
    staging = program.archive / ".ytarchive" / "staging"
    return any(file.stat().st_size > 100_000 for file in staging.rglob("*.part*") if file.is_file())


def ours(program: Program) -> list[int]:
    """Processes that work on this state folder, whoever started them."""
    found = []
    for each in Path("/proc").iterdir():
        try:
            words = (each / "cmdline").read_bytes() if each.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(program.state) in words:
            found.append(int(each.name))
    return found


@pytest.mark.ci
def test_a_killed_engine_is_started_again_and_goes_on_with_its_work(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(media_bytes=6_000_000, connection_bps=1_500_000)
    run(program, "add", ONE)
    with daemon(program) as process:
        wait_for(lambda: media_on_its_way(program), process)
        (first,) = engines(program)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(engines(program)) == 2, process)
        youtube.set(connection_bps=0)
        wait_for(lambda: program.archive.exists() and ONE in kept(program.archive), process)
        said = (program.folder / "daemon.log").read_text()
        assert "the engine ended by SIGKILL; it is started again in 1 s" in said

        # Without its parent the engine leaves too, in good order, and nothing stays behind.
        process.kill()
        process.wait()
        deadline = time.monotonic() + 20
        while ours(program):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert is_free(program.state / "state")


@pytest.mark.ci
def test_a_daemon_works_for_whoever_attaches_and_ends_in_time(
    program: Program, youtube: ControlClient, tmp_path: Path
) -> None:
    with (
        manager_at(tmp_path / "notify") as said,
        daemon(program, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="2000000") as process,
    ):
        wait_for(lambda: len(said) > 1, process)
        assert said[0].startswith("READY=1\n") and said[1].startswith("WATCHDOG=1\nSTATUS=")

        with Terminal(*(str(each) for each in command(program)[len(COMMAND) :]), home=tmp_path) as screen:
            added = subprocess.run(
                command(program, "add", "aaaaaaaaaa1"), capture_output=True, env=program.environment()
            )
            assert b"the running program takes it up" in added.stderr, added.stderr
            screen.wait_for("remote", since=0)
            screen.press("q")
            assert screen.end() == 0

        assert process.poll() is None
        run(program, "add", "aaaaaaaaaa2")
        wait_for(
            lambda: (
                program.archive.exists() and {"aaaaaaaaaa1", "aaaaaaaaaa2"} <= kept(program.archive).keys()
            ),
            process,
        )
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0 and time.monotonic() - began < 10
        assert said[-1] == "STOPPING=1"


@pytest.mark.ci
def test_a_second_daemon_is_refused_with_a_code_of_its_own(program: Program) -> None:
    with daemon(program) as process:
        wait_for(lambda: engines(program) and (program.state / "state" / "engine.lock").exists(), process)
        wait_for(lambda: not is_free(program.state / "state"), process)
        second = subprocess.run(
            command(program, "daemon", "--no-restart"),
            capture_output=True, env=program.environment(), timeout=30,
        )  # fmt: skip
        assert second.returncode == 4 and b"already works on" in second.stderr
        assert b"started again" not in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_missing_tools_are_no_crash(program: Program) -> None:
    done = subprocess.run(
        command(program, "daemon"), capture_output=True, timeout=30,
        env=program.environment({"TOOLS__FFMPEG": "/bin/false"}),
    )  # fmt: skip
    assert done.returncode == 3 and b"`ytarchive-tui doctor` says how to mend it" in done.stderr
    assert b"started again" not in done.stderr


def test_the_agent_for_macos_runs_this_very_program(program: Program) -> None:
    done = subprocess.run(
        command(program, "daemon", "install", "--print", "--launchd"), capture_output=True, check=True
    )
    agent = plistlib.loads(done.stdout)
    words = agent["ProgramArguments"]
    assert words[0] == COMMAND[0] and words[-2:] == ["daemon", "--no-restart"]
    assert words[words.index("--state-dir") + 1] == str(program.state)
    assert agent["RunAtLoad"] and agent["KeepAlive"] == {"SuccessfulExit": False}
    assert program.addresses.proxy.encode() not in done.stdout


def test_systemd_finds_nothing_wrong_with_the_unit(program: Program, tmp_path: Path) -> None:
    program.state = tmp_path / 'state of 100 % "$HOME"'
    done = subprocess.run(command(program, "daemon", "install", "--print"), capture_output=True, check=True)
    text = done.stdout.decode()
    assert "Restart=on-failure" in text and COMMAND[0] in text and "daemon --no-restart" in text
    assert program.addresses.proxy not in text
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    unit = tmp_path / "ytarchive-tui.service"
    unit.write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", unit], capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert checked.returncode == 0 and not checked.stderr, checked.stderr
