from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from storage_driver import SameProcess
from test_storage_kill import FFPROBE, assert_one_whole_item, media, prepare

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.domain.models import Job
from ytarchive_tui.storage.local import LocalArchive

__all__ = ["media"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=200", "tmpfs", disk],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_pauses_and_a_second_try_succeeds(small_disk: Path, media: Path) -> None:
    state, staged = prepare(small_disk, media)
    job = Job.model_validate(state["job"])
    store = LocalArchive(SameProcess(), ffprobe=FFPROBE, ffmpeg=None, known={})
    # Larger than the page that leaving out the broken subtitle frees.
    staged = staged.model_copy(update={"notes": ("long" * 5000,)})
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    with pytest.raises(StageError) as caught:
        asyncio.run(store.store(job, staged, lambda progress: None))
    assert classify(caught.value.evidence).failure_class is FailureClass.LOCAL_DISK
    filler.unlink()
    copy = asyncio.run(store.store(job, staged, lambda progress: None))
    asyncio.run(store.discard(small_disk, job.id))
    assert_one_whole_item(small_disk, copy)


def test_a_read_only_disk_is_an_io_failure(small_disk: Path, media: Path) -> None:
    state, staged = prepare(small_disk, media)
    job = Job.model_validate(state["job"])
    store = LocalArchive(SameProcess(), ffprobe=FFPROBE, ffmpeg=None, known={})
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StageError) as caught:
        asyncio.run(store.store(job, staged, lambda progress: None))
    assert classify(caught.value.evidence).failure_class is FailureClass.LOCAL_IO
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    copy = asyncio.run(store.store(job, staged, lambda progress: None))
    asyncio.run(store.discard(small_disk, job.id))
    assert_one_whole_item(small_disk, copy)


def test_an_unmounted_disk_is_missed(small_disk: Path, media: Path) -> None:
    state, staged = prepare(small_disk, media)
    job = Job.model_validate(state["job"])
    known: dict[Path, UUID] = {}
    store = LocalArchive(SameProcess(), ffprobe=FFPROBE, ffmpeg=None, known=known)
    store.staging(job)
    subprocess.run(["umount", "-l", small_disk], check=True)
    try:
        with pytest.raises(StageError) as caught:
            asyncio.run(store.store(job, staged, lambda progress: None))
        assert caught.value.evidence.exception == ("ArchiveMissing",)
        assert list(small_disk.iterdir()) == []
    finally:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", small_disk], check=True)
