"""Another proxy is taken by a program that runs, from the next task on, and by the next run too."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
from end_to_end.archive_check import kept
from end_to_end.program import Program
from end_to_end.test_sources_in_step import run

from ytarchive_tui.sandbox.client import ControlClient

SLOW, ABROAD = "aaaaaaaaaa1", "bbbbbbbbbb2"


class Relay:
    """Hands connections on to another address and counts them."""

    def __init__(self, to: str) -> None:
        target = urlsplit(to)
        self._to = (target.hostname, target.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                self.connections += 1
                there = socket.create_connection(self._to)  # type: ignore[arg-type]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with one:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def relay(program: Program) -> Iterator[Relay]:
    with closing(Relay(program.addresses.proxy)) as made:
        yield made


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.ci
@pytest.mark.timeout(150)
def test_a_plan_changes_the_proxy_of_a_program_that_runs(
    program: Program, youtube: ControlClient, relay: Relay
) -> None:
    youtube.set(conditions={ABROAD: "geo"}, total_bps=150_000, media_bytes=1_500_000)
    with program.started([SLOW, ABROAD], settings={"RETRY__PATIENCE_S": "60"}) as process:
        until(lambda: b'"blocked"' in (program.folder / "out").read_bytes())
        assert relay.connections == 0
        youtube.set(conditions={})
        run(program, "recovery", "apply", "geo", "proxy", "--use", relay.address)
        run(program, "recovery", "apply", "geo", "try-one")
        until(lambda: relay.connections)
        assert process.poll() is None
        youtube.set(total_bps=0)
        assert process.wait(60) == 0, (program.folder / "err").read_text()
    assert set(kept(program.archive)) == {SLOW, ABROAD}

    before = relay.connections
    assert program.run(["cccccccccc3"]).code == 0
    assert relay.connections > before, "it holds over restarts"
    # The trial has ended, so the newest that can be taken back is the proxy.
    (undone,) = run(program, "recovery", "undo")
    assert undone["fix"] == "proxy"
    before = relay.connections
    assert program.run(["dddddddddd4"]).code == 0
    assert relay.connections == before, "and can be taken back"
