"""The day's copy of the state is taken behind everything else, and leaves nothing when it is given up."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest

from ytarchive_tui.db import snapshots
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.snapshots import SnapshotKeeper, SnapshotStoppedError, is_sound, take


async def test_what_is_due_is_taken_and_gives_way(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    niceness: list[int] = []
    done = threading.Event()

    def taken(database: Path, abandoned: threading.Event) -> Path:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        made = take(database, abandoned)
        done.set()
        return made

    before = os.getpriority(os.PRIO_PROCESS, 0)
    monkeypatch.setattr(snapshots, "take", taken)
    keeper = SnapshotKeeper(db.path)
    task = asyncio.create_task(keeper.work())
    await asyncio.to_thread(done.wait, 20)
    keeper.drain()
    await task
    assert is_sound(snapshots.snapshots(db.path)[0])
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    if sys.platform == "linux":
        assert niceness == [19]


async def test_an_abandoned_one_leaves_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    abandoned = threading.Event()
    abandoned.set()
    monkeypatch.setattr(snapshots, "STEPS", 1)
    with pytest.raises(SnapshotStoppedError):
        await asyncio.to_thread(take, db.path, abandoned)
    assert list((db.path.parent / "snapshots").iterdir()) == []
