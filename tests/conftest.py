"""Fixtures for tests that run the whole program against a local YouTube."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from end_to_end.program import Program
from outside_programs import complete_the_path
from sandbox.real_sandbox import running

from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient


def pytest_addoption(parser: pytest.Parser) -> None:
    """Here, because pytest asks only the outermost files for options."""
    parser.addoption(
        "--update-snapshots", action="store_true", dest="new_screens",
        help="write tests/tui/snapshots anew from what is shown",
    )  # fmt: skip


def pytest_configure() -> None:
    """Before any test module asks where ffprobe is, and before any program is started."""
    complete_the_path()
    # `nohup`, and `&` in a script, have signals ignored, by all that is started from there as well.
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def local_youtube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A sandbox in a process of its own, for all tests of the session."""
    with running(tmp_path_factory.mktemp("local_youtube")) as addresses:
        yield addresses


@pytest.fixture
def youtube(local_youtube: Addresses) -> Iterator[ControlClient]:
    """Its control, with every knob at its default and an empty log."""
    control = ControlClient(local_youtube)
    control.reset()
    control.clear_log()
    yield control
    control.reset()


@pytest.fixture
def program(tmp_path: Path, local_youtube: Addresses, youtube: ControlClient) -> Program:
    """The real program with a state folder and an archive of its own, which last from run to run."""
    return Program(tmp_path, local_youtube)
