"""A fresh state file, with a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from db_samples import Clock

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.queue import Queue


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "state.db", clock=clock) as database:
        yield database


@pytest.fixture
def queue(db: Database) -> Queue:
    return Queue(db, lease_s=60)
