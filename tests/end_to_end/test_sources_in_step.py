"""Sources that stay in step: the real program, the real engine, and what it asked the site for."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from end_to_end.archive_check import kept
from end_to_end.program import COMMAND, Program
from tui.terminal import Terminal

from ytarchive_tui.sandbox.catalog.ids import Shelf
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import VideoKind

ENTRIES = 400
CHANNEL = f"https://www.youtube.com/@count-{ENTRIES}"
IDS = [Shelf(ENTRIES).video_id(VideoKind.VIDEO, n) for n in range(100)]


def command(program: Program, *args: str) -> list[str | Path]:
    """The command line of a subcommand."""
    told = program.addresses
    network = ("--proxy", told.proxy, "--ca-file", told.ca_file)
    return [*COMMAND, "-o", program.archive, "--state-dir", program.state, *network, *args]


def run(program: Program, *args: str) -> list[Any]:
    """A subcommand with `--json`: what it said."""
    done = subprocess.run(
        command(program, *args, "--json"), capture_output=True, env=program.environment(), timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[bytes], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def daemon(program: Program, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon while the block runs."""
    log = program.folder / "daemon.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command(program, "daemon"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=program.environment() | environment,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def manager_at(address: Path) -> Iterator[list[str]]:
    """A service manager's socket, and what was said to it so far."""
    said: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))

        def listen() -> None:
            while message := manager.recv(500):
                said.append(message.decode())

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield said
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(address))
            listener.join()


def source(program: Program) -> dict[str, Any]:
    (found,) = run(program, "source", "show", CHANNEL)
    return dict(found)


def read_at(program: Program) -> int | None:
    """When a source was last read; asked of the file, because a program started for it takes a second."""
    with closing(sqlite3.connect(f"file:{program.database}?mode=ro", uri=True)) as db:
        found: int | None = db.execute("SELECT max(refreshed_at) FROM sources").fetchone()[0]
    return found


def test_a_refresh_finds_exactly_what_changed_with_five_requests(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(conditions=dict.fromkeys(IDS[:3], "private"))
    # Nothing is downloaded, so that the log holds what staying in step costs, and no more.
    run(program, "add", CHANNEL, "--filter", "id = nothing")
    with daemon(program) as process:
        wait_for(lambda: read_at(program), process)
        first, begun_at = source(program), read_at(program)
        assert first["entries"] == ENTRIES - 3 and first["result"]["new"] == 0
        youtube.set(
            conditions={IDS[10]: "deleted", IDS[55]: "deleted", IDS[70]: "private"},
            overrides={IDS[40]: {"title": "Another name"}},
        )
        youtube.clear_log()
        (begun,) = run(program, "source", "refresh", CHANNEL)
        assert begun["scan"] == "delta"
        wait_for(lambda: read_at(program) != begun_at, process)

    asked = youtube.log()
    assert len(asked) <= 5, [(record.kind, record.path) for record in asked]
    now = source(program)
    found = {key: value for key, value in now["result"].items() if value and key != "entries"}
    assert found == {"new": 3, "missing": 3, "title": 1, "at_source": 1}
    timeline = [event for event in now["timeline"] if event["video_id"]]
    assert {event["video_id"] for event in timeline if event.get("change") == "new"} == set(IDS[:3])
    missing = {event["video_id"]: event["seen"] for event in timeline if event.get("change") == "missing"}
    assert missing == {IDS[10]: "removed", IDS[55]: "removed", IDS[70]: "private"}
    (renamed,) = [event for event in timeline if event.get("field") == "title"]
    assert (renamed["video_id"], renamed["after"]) == (IDS[40], "Another name")
    assert not program.archive.exists() or not kept(program.archive)


@pytest.mark.long
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


@pytest.mark.long
def test_a_source_is_followed_and_unfollowed(program: Program, youtube: ControlClient) -> None:
    run(program, "source", "follow", "https://www.youtube.com/@count-5", "daily", "--jitter", "0m")
    (followed,) = run(program, "source", "list", "--followed")
    assert followed["followed"] and followed["schedule"]["every_s"] == 86400.0 and followed["next_at"]
    (ended,) = run(program, "source", "unfollow", "https://www.youtube.com/@count-5")
    assert ended["was_followed"]
    assert not run(program, "source", "list", "--followed")


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ((), "Restart=on-failure"),
        pytest.param(("--launchd",), "KeepAlive", marks=pytest.mark.long),
    ],
)
def test_the_service_files_run_this_very_program(
    program: Program, option: tuple[str, ...], word: str
) -> None:
    done = subprocess.run(
        command(program, "daemon", "install", "--print", *option), capture_output=True, check=True
    )
    text = done.stdout.decode()
    assert word in text and COMMAND[0] in text and str(program.state) in text
    assert program.addresses.proxy not in text


def test_a_preview_stores_nothing_and_tells_what_would_be_kept(program: Program) -> None:
    found = run(
        program, "add", "https://www.youtube.com/@count-30/videos", "--preview", "--order", "oldest",
        "--limit", "4", "--filter", "duration < 1h",
    )  # fmt: skip
    assert len(found) == 4 and all(each["decided"] for each in found)
    assert not program.database.exists()
