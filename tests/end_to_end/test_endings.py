"""How a run ends when someone ends it, and how the next one goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from end_to_end.archive_check import assert_plays, assert_tidy, kept
from end_to_end.on_terminal import show
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient

LARGE = sized_id("8M")
SLOW_BPS = 1_500_000
_RESTORED = re.compile(rb"\x1b\[\?25h(?!.*\x1b\[\?25l)", re.DOTALL)


def part_size(program: Program) -> int:
    """Bytes of media that lie in staging."""
    return sum(path.stat().st_size for path in program.archive.glob(".ytarchive/staging/*/media.f*"))


def wait_for(condition: Callable[[], bool], run: subprocess.Popen[bytes], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def downloading(program: Program, youtube: ControlClient) -> Iterator[subprocess.Popen[bytes]]:
    """A run in the middle of a large file."""
    youtube.set(connection_bps=SLOW_BPS)
    with program.started([LARGE], settings={"ENGINE__DRAIN_S": "60"}) as run:
        wait_for(lambda: part_size(program) > 500_000, run)
        yield run
    youtube.set(connection_bps=0)


@pytest.mark.parametrize(
    ("signals", "drain_s", "longest_s"),
    [
        ([signal.SIGINT], "0.5", 4.0),
        pytest.param([signal.SIGINT, signal.SIGINT], "60", 4.0, marks=pytest.mark.long),
        pytest.param([signal.SIGTERM], "60", 10.0, marks=pytest.mark.long),
        pytest.param([signal.SIGHUP], "60", 10.0, marks=pytest.mark.long),
    ],
    ids=["ctrl-c", "ctrl-c twice", "term", "hup"],
)
def test_a_signal_ends_it_in_time_and_leaves_the_terminal_clean(
    program: Program, youtube: ControlClient, signals: list[int], drain_s: str, longest_s: float
) -> None:
    # Slow enough to last longer than any patience.
    youtube.set(connection_bps=400_000)
    lines = program.folder / "urls.txt"
    lines.write_text(f"{LARGE}\n")

    shown = show(
        program.command("--batch", lines),
        program.environment({"ENGINE__DRAIN_S": drain_s}),
        when=lambda output: part_size(program) > 100_000,
        send=signals,
    )

    assert shown.code == 130, shown.output.decode(errors="replace")
    assert shown.seconds_after_signal < longest_s
    assert shown.modes_kept and _RESTORED.search(shown.output)
    assert b"nothing is lost" in shown.output
    begun = part_size(program)
    assert begun > 100_000
    youtube.reset()
    youtube.clear_log()

    again = program.run([LARGE])

    assert (again.code, again.summary["archived"]) == (0, 1)
    resumed = [record.range_start for record in youtube.log("media") if record.itag == "137"]
    assert resumed[0] == begun
    assert_plays(kept(program.archive)[LARGE], height=1080)
    assert_tidy(program.archive, program.database)


@pytest.mark.long
def test_a_file_that_changed_meanwhile_is_begun_anew(program: Program, youtube: ControlClient) -> None:
    with downloading(program, youtube) as run:
        run.kill()
    youtube.set(overrides={LARGE: {"revision": 1}})
    youtube.clear_log()

    again = program.run([LARGE])

    assert (again.code, again.summary["archived"]) == (0, 1), again.stdout
    # The first answer, to the resumption, gives the change away; nothing of it is used.
    whole = [record for record in youtube.log("media") if record.itag == "137" and not record.range_start]
    assert whole and whole[-1].bytes_sent == 8 << 20
    assert_plays(kept(program.archive)[LARGE], height=1080)


def test_a_second_engine_refuses_and_names_the_first(program: Program, youtube: ControlClient) -> None:
    with downloading(program, youtube) as first:
        second = program.run(["aaaaaaaaaa1"])
        assert second.code == 4
        assert f"Process {first.pid}, running since" in second.stderr.decode()
        assert second.stdout == b""
        assert first.poll() is None


def test_without_a_network_everything_waits_and_then_goes_on(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(offline=True)
    settings = {"SITE__OFFLINE_S": "0.5", "RETRY__PATIENCE_S": "30"}
    with program.started(["aaaaaaaaaa1", "bbbbbbbbbb2"], settings=settings) as run:
        wait_for(lambda: b"offline: work goes on by itself" in (program.folder / "err").read_bytes(), run)
        youtube.set(offline=False)
        assert run.wait(60) == 0, (program.folder / "out").read_text()
    told = (program.folder / "out").read_bytes()
    assert b'"event": "waiting"' not in told, "being offline is no job's failure"
    assert kept(program.archive).keys() == {"aaaaaaaaaa1", "bbbbbbbbbb2"}


@pytest.mark.long
def test_a_reader_that_goes_away_does_not_stop_the_work(program: Program) -> None:
    lines = program.folder / "urls.txt"
    lines.write_text("aaaaaaaaaa1\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        program.command("--batch", lines, "--json"),
        stdout=writer,
        stderr=subprocess.PIPE,
        env=program.environment(),
        timeout=60,
    )
    os.close(writer)
    assert done.returncode == 0, done.stderr.decode()
    assert kept(program.archive).keys() == {"aaaaaaaaaa1"}
