"""The archive's disk is nearly full, full or not there: downloads wait with a reason, and go on."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from end_to_end.archive_check import kept
from end_to_end.program import Program
from mounted import resize, tmpfs

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.disk import Disk, needed, reserve_of, to_write
from ytarchive_tui.domain.errors import Evidence, FailureClass, StageError
from ytarchive_tui.domain.models import Job, JobKind, JobOptions, Stage, Status
from ytarchive_tui.sandbox.catalog import counted_playlist_id, sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.storage import room as room_module
from ytarchive_tui.storage.room import Room

MIB = 1024**2
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "disk", "8m") as folder:
        yield folder


def job(archive: Path, number: int = 1) -> Job:
    return Job(
        id=number,
        kind=JobKind.ITEM,
        stage=Stage.DOWNLOAD,
        status=Status.RUNNING,
        options=JobOptions(archive=archive),
        created_at=NOW,
        updated_at=NOW,
    )


async def nothing() -> str:
    return "ran"


def test_the_reserve_is_a_share_of_the_disk_with_an_upper_bound() -> None:
    assert reserve_of(Disk(total=100 * MIB, free=0), None) == 2 * MIB
    assert reserve_of(Disk(total=10**13, free=0), None) == 1024**3
    assert reserve_of(Disk(total=100 * MIB, free=0), 0) == 0


def test_what_a_download_still_writes() -> None:
    assert to_write(10, 1, 4) == 6
    assert to_write(10, 2, 4) == 16
    assert to_write(None, 2, 4) == 0
    assert needed(8, 100, 50, was_full=False) == 158
    assert needed(8, 0, 0, was_full=True) == 10


async def test_a_download_that_would_touch_the_reserve_does_not_begin(disk: Path, tmp_path: Path) -> None:
    room = Room(2 * MIB)
    with pytest.raises(StageError) as caught:
        await room.within(job(disk), (7 * MIB, 1), nothing)
    failure = classify(caught.value.evidence)
    assert failure.failure_class is FailureClass.LOCAL_DISK
    assert failure.sentence == "disk full (8.4 MB free, 9.4 MB needed)"
    assert await room.within(job(tmp_path, 2), (7 * MIB, 1), nothing) == "ran"
    resize(disk, "16m")
    assert await room.within(job(disk), (7 * MIB, 1), nothing) == "ran"


async def test_two_downloads_are_not_promised_the_same_room(disk: Path) -> None:
    room, begun, go = Room(MIB), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await go.wait()

    first = asyncio.create_task(room.within(job(disk, 1), (2 * MIB, 2), slow))
    await begun.wait()
    with pytest.raises(StageError, match="needed"):
        await room.within(job(disk, 2), (2 * MIB, 2), nothing)
    go.set()
    await first
    assert await room.within(job(disk, 2), (2 * MIB, 2), nothing) == "ran"


async def test_a_running_download_is_stopped_at_the_reserve_and_begins_again_only_with_slack(
    disk: Path,
) -> None:
    room = Room(4 * MIB, look_s=0.01)
    begun, ended = asyncio.Event(), list[str]()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("stopped")

    running = asyncio.create_task(room.within(job(disk), (None, 0), endless))
    await begun.wait()
    filler = disk / "filler"
    filler.write_bytes(bytes(4 * MIB + 4096))
    with pytest.raises(StageError) as caught:
        await running
    assert classify(caught.value.evidence).failure_class is FailureClass.LOCAL_DISK
    assert ended == ["stopped"]
    with filler.open("r+b") as file:
        file.truncate(4 * MIB)
    # The reserve itself is free again, but the next few bytes would touch it.
    with pytest.raises(StageError):
        await room.within(job(disk), (None, 0), nothing)
    assert await room.without() == {disk}
    filler.unlink()
    await asyncio.sleep(0.01)
    assert await room.without() == frozenset(), "it is looked at anew without a download"
    assert await room.within(job(disk), (None, 0), nothing) == "ran"


async def test_one_download_that_is_too_large_holds_nothing_else(disk: Path) -> None:
    room = Room(2 * MIB)
    with pytest.raises(StageError):
        await room.within(job(disk), (7 * MIB, 1), nothing)
    assert await room.without() == frozenset()


async def test_a_quota_that_is_used_up_holds_the_archive_until_a_download_ends_well(tmp_path: Path) -> None:
    async def refused() -> None:
        raise StageError(Evidence(message="quota", errno=errno.EDQUOT, activity="staging"))

    room = Room(0)
    with pytest.raises(StageError):
        await room.within(job(tmp_path), (None, 0), refused)
    assert await room.without() == {tmp_path}
    assert await room.within(job(tmp_path), (None, 0), nothing) == "ran"
    assert await room.without() == frozenset()


class Dead:
    """A disk that answers nothing, as a server's that is away."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.looks, self._back = root, 0, threading.Event()
        self._look = room_module._look
        monkeypatch.setattr(room_module, "_look", self)

    def __call__(self, root: Path) -> tuple[int, Disk]:
        if root == self.root and not self._back.is_set():
            self.looks += 1
            self._back.wait(30)
        return self._look(root)

    def come_back(self) -> None:
        self._back.set()


async def test_a_disk_that_answers_nothing_keeps_nobody_from_a_look_at_the_others(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(9 * MIB, look_s=0.0)
    with pytest.raises(StageError):
        await room.within(job(disk), (None, 0), nothing)
    dead = Dead(disk, monkeypatch)
    try:
        async with asyncio.timeout(10):
            for _ in range(3):
                assert await room.without() == {disk}
            assert dead.looks == 1
            resize(disk, "64m")
            dead.come_back()
            while await room.without():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        dead.come_back()


async def test_a_disk_that_answers_nothing_keeps_no_download_of_another_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    dead, room = Dead(tmp_path / "away", monkeypatch), Room(0)
    hanging = asyncio.create_task(room.within(job(dead.root), (None, 0), nothing))
    try:
        async with asyncio.timeout(10):
            while not dead.looks:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert await room.within(job(tmp_path, 2), (None, 0), nothing) == "ran"
            dead.come_back()
            assert await hanging == "ran"
    finally:
        dead.come_back()


@pytest.mark.ci
def test_a_full_disk_pauses_downloads_before_a_byte_is_asked_for(
    program: Program, youtube: ControlClient
) -> None:
    impatient = {"ARCHIVE__KEEP_FREE": "6M", "RETRY__PATIENCE_S": "1"}
    with tmpfs(program.archive, "8m"):
        paused = program.run([sized_id("4M")], settings=impatient)
        (end,) = paused.ends.values()
        assert (end["event"], end["failure_class"]) == ("waiting", "local_disk")
        assert end["reason"].startswith("disk full (") and end["reason"].endswith(" needed)")
        assert youtube.log("media") == []
        resize(program.archive, "32m")
        again = program.run([sized_id("4M")], settings=impatient)
        assert again.code == 0
        assert kept(program.archive).keys() == {sized_id("4M")}


@pytest.mark.ci
def test_a_full_disk_does_not_run_the_whole_queue_in_circles(
    program: Program, youtube: ControlClient
) -> None:
    listed = counted_playlist_id(20)
    run = program.run(
        [f"https://www.youtube.com/playlist?list={listed}"],
        settings={"ARCHIVE__KEEP_FREE": "900T", "RETRY__PATIENCE_S": "3"},
    )
    assert (run.code, run.summary["total"], run.summary["archived"]) == (1, 20, 0)
    # Four are looked at ahead, and one more is with each worker.
    assert 1 <= len({each["video_id"] for each in run.of("waiting")}) <= 8
    assert len({each.video_id for each in youtube.log("player")}) <= 8
    assert youtube.log("media") == []


@pytest.mark.ci
def test_an_unmounted_disk_is_missed_even_if_nothing_was_ever_archived_there(program: Program) -> None:
    with tmpfs(program.archive, "8m"):
        assert program.run(["private-001"]).code == 1
        subprocess.run(["umount", "-l", program.archive], check=True)
        missed = program.run(["aaaaaaaaaa1"], settings={"RETRY__LOCAL_S": "5"})
        (end,) = missed.ends.values()
        assert (end["event"], end["failure_class"]) == ("waiting", "local_io")
        assert "gone" in end["reason"]
        assert list(program.archive.iterdir()) == []
