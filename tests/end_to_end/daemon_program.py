"""The daemon as a process, and the commands that stand beside it."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from end_to_end.program import COMMAND, Program


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
