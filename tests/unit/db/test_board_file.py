"""Live progress for screens beside the engine: told while somebody looks, and believed while it is fresh."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ytarchive_tui.db import board_file
from ytarchive_tui.db.board_file import LOCK, NAME, BoardFollower, BoardTeller
from ytarchive_tui.domain.models import Progress, Stage
from ytarchive_tui.domain.progress import MemoryBoard


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_file, "EVERY_S", 0.01)
    monkeypatch.setattr(board_file, "STALE_S", 0.2)


@asynccontextmanager
async def at_work(what: BoardTeller | BoardFollower) -> AsyncIterator[None]:
    task = asyncio.create_task(what.work())
    try:
        yield
    finally:
        what.drain()
        await task


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def progress(job: int, done: int) -> Progress:
    return Progress(job_id=job, stage=Stage.DOWNLOAD, activity="video", done=done, total=100, speed=2.5)


async def test_who_looks_sees_the_newest_progress_and_what_ended_is_gone(tmp_path: Path) -> None:
    here, there = MemoryBoard(), MemoryBoard()
    here.put(progress(1, 10))
    async with at_work(BoardTeller(here, tmp_path)), at_work(BoardFollower(there, tmp_path)):
        await until(lambda: there.get(1) == progress(1, 10))
        assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (NAME, LOCK)} == {0o600}
        here.put(progress(1, 60))
        here.put(progress(2, 5))
        await until(lambda: there.get(1) == progress(1, 60) and there.get(2) == progress(2, 5))
        here.drop(1)
        await until(lambda: there.all() == (progress(2, 5),))


async def test_nothing_is_written_while_nobody_looks(tmp_path: Path) -> None:
    here, rounds = MemoryBoard(), 0
    here.put(progress(1, 10))

    class Counting(BoardTeller):
        def _write(self, entries: object) -> None:
            raise AssertionError("written")

    (tmp_path / NAME).write_text("left from a killed run")
    async with at_work(Counting(here, tmp_path)):
        while rounds < 5:
            await asyncio.sleep(0.01)
            rounds += 1
        assert not (tmp_path / NAME).exists()


async def test_what_a_killed_engine_left_is_never_believed(tmp_path: Path) -> None:
    here, there = MemoryBoard(), MemoryBoard()
    here.put(progress(1, 10))
    BoardTeller(here, tmp_path)._write(here.all())
    async with at_work(BoardFollower(there, tmp_path)):
        for _ in range(10):
            await asyncio.sleep(0.01)
            assert there.all() == ()
        BoardTeller(here, tmp_path)._write(here.all())
        await until(lambda: there.get(1))
        # Nobody writes any more, as after a kill.
        await until(lambda: there.all() == ())


@pytest.mark.parametrize("content", [b"", b"{", b'[{"job_id": "x"}]', b"\xff" * 100, b"[" * 100_000])
async def test_a_damaged_file_is_an_empty_board(content: bytes, tmp_path: Path) -> None:
    there = MemoryBoard()
    follower = BoardFollower(there, tmp_path)
    assert follower._read() == ()
    (tmp_path / NAME).write_bytes(content)
    assert follower._read() == ()


async def test_a_link_or_a_pipe_in_its_place_is_not_followed(tmp_path: Path) -> None:
    follower = BoardFollower(MemoryBoard(), tmp_path)
    follower._read()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("[]")
    (tmp_path / NAME).symlink_to(elsewhere)
    assert follower._read() == ()
    (tmp_path / NAME).unlink()
    os.mkfifo(tmp_path / NAME)
    assert follower._read() == ()


async def test_a_folder_that_refuses_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with at_work(BoardTeller(MemoryBoard(), tmp_path / "missing")):
        await until(lambda: "no live progress" in caplog.text)
        await asyncio.sleep(0.05)
    assert caplog.text.count("no live progress") == 1
