"""The archive's disk is full, can't be written, or is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from end_to_end.archive_check import assert_plays, assert_tidy, kept, tree
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient

LARGE, SMALL = sized_id("4M"), "aaaaaaaaaa1"
PATIENT = {"RETRY__LOCAL_S": "0.5", "RETRY__PATIENCE_S": "60"}


@pytest.fixture
def disk(program: Program) -> Iterator[Path]:
    """The archive's folder as a file system of its own, of three megabytes."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a file system")
    program.archive.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", program.archive]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield program.archive
    subprocess.run(["umount", "-l", program.archive], check=True)


def wait_for_event(program: Program, run: subprocess.Popen[bytes], text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in (program.folder / "out").read_text():
        assert run.poll() is None and time.monotonic() < deadline, (program.folder / "out").read_text()
        time.sleep(0.05)


def test_a_full_disk_makes_items_wait_until_there_is_room(program: Program, disk: Path) -> None:
    with program.started([LARGE, SMALL], settings=PATIENT) as run:
        wait_for_event(program, run, '"local_disk"')
        assert "disk full (" in (program.folder / "out").read_text()
        subprocess.run(["mount", "-o", "remount,size=32m", disk], check=True)
        assert run.wait(60) == 0, (program.folder / "out").read_text()
    items = kept(program.archive)
    assert items.keys() == {LARGE, SMALL}
    assert_plays(items[LARGE], height=1080)
    assert_tidy(program.archive, program.database)


@pytest.mark.long
def test_an_archive_that_cannot_be_written_makes_items_wait(
    program: Program, youtube: ControlClient, disk: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with program.started([SMALL], settings=PATIENT) as run:
        wait_for_event(program, run, '"local_io"')
        assert youtube.log("media") == []
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        assert run.wait(60) == 0
    assert kept(program.archive).keys() == {SMALL}


@pytest.mark.ci
def test_an_archive_that_was_moved_away_is_missed_and_not_made_anew(
    program: Program, youtube: ControlClient
) -> None:
    assert program.run([SMALL]).code == 0
    elsewhere = program.archive.rename(program.folder / "elsewhere")
    youtube.clear_log()

    missed = program.run([SMALL, "bbbbbbbbbb2"], settings={"RETRY__LOCAL_S": "0.8"})

    assert missed.code == 1
    end = missed.ends["bbbbbbbbbb2"]
    assert (end["event"], end["failure_class"]) == ("waiting", "local_io")
    assert "gone" in end["reason"] and str(program.archive) in end["reason"]
    assert not program.archive.exists()
    assert youtube.log() == []

    elsewhere.rename(program.archive)
    back = program.run([SMALL, "bbbbbbbbbb2"], settings={"RETRY__PATIENCE_S": "5"})
    assert back.code == 0
    assert kept(program.archive).keys() == {SMALL, "bbbbbbbbbb2"}


@pytest.mark.ci
def test_an_archive_whose_state_was_lost_is_known_again_before_anything_is_fetched(
    program: Program, youtube: ControlClient
) -> None:
    first = program.run(["aaaaaaaaaa1", "bbbbbbbbbb2"], "-q", "360p")
    assert first.code == 0
    before = tree(program.archive)
    shutil.rmtree(program.state)
    youtube.clear_log()
    again = program.run(["aaaaaaaaaa1", "bbbbbbbbbb2"], "-q", "1080p")
    assert again.code == 0
    assert (again.summary["archived"], again.summary["already"]) == (0, 2)
    assert {video_id: end["event"] for video_id, end in again.ends.items()} == {
        "aaaaaaaaaa1": "already",
        "bbbbbbbbbb2": "already",
    }
    assert youtube.log() == [], "not even their pages are asked for"
    assert {path: at for path, at in tree(program.archive).items() if ".ytarchive" not in path} == {
        path: at for path, at in before.items() if ".ytarchive" not in path
    }
    assert_tidy(program.archive, program.database)
