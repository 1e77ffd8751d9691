"""Archives that are moved while an engine holds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.relink import move_archive
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import (
    Claim,
    JobKind,
    JobOptions,
    SourceKind,
    Stage,
    StageOutcome,
    Status,
    Submission,
)
from ytarchive_tui.domain.policy import after_release
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.holding import held
from ytarchive_tui.services.taking_over import TakingOver
from ytarchive_tui.storage.archive import open_archive
from ytarchive_tui.storage.archive_lock import ArchiveLocks


class Engine:
    """Begins jobs as the engine's stages do, and tells in which archive each was."""

    def __init__(self, db: Database) -> None:
        self.known: dict[Path, UUID] = {}
        self.locks = ArchiveLocks(self.known)
        self._db, self._queue = db, Queue(db)
        self._stage = held(self.locks, db, TakingOver(db, MemoryBoard()), self._run)

    async def begin(self, root: Path, video_id: str) -> UUID:
        options = JobOptions(archive=root)
        address = f"https://www.youtube.com/watch?v={video_id}"
        wish = Submission(
            url=address, address=address, kind=SourceKind.VIDEO, video_id=video_id, options=options
        )
        await submit(self._db, [wish])
        while claim := await self._queue.claim(Stage.METADATA, JobKind.ITEM, "worker"):
            paused = after_release(claim.job, "to be moved").model_copy(update={"status": Status.PAUSED})
            try:
                if claim.job.item and claim.job.item.video_id == video_id:
                    await self._stage(claim)
                    return self.known[root]
            finally:
                await self._queue.finish(claim, None, paused)
        raise AssertionError("no such job")

    async def _run(self, claim: Claim) -> StageOutcome:
        with open_archive(claim.job.options.archive, self.known):
            return cast(Any, None)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "state.db") as database:
        yield database


async def test_a_relinked_archive_is_worked_on_at_both_of_its_paths(db: Database, tmp_path: Path) -> None:
    engine, old, new = Engine(db), tmp_path / "old", tmp_path / "new"
    first = await engine.begin(old, "aaaaaaaaaaa")
    old.rename(new)
    assert await move_archive(db, old, new, first) == 0
    assert await engine.begin(new, "bbbbbbbbbbb") == first
    # Whatever lies at the old path from now on is another archive.
    second = await engine.begin(old, "ccccccccccc")
    assert second != first
    assert engine.locks.held(old) and engine.locks.held(new)
    assert await engine.begin(new, "ddddddddddd") == first


async def test_the_old_path_can_be_used_before_anything_is_begun_at_the_new_one(
    db: Database, tmp_path: Path
) -> None:
    engine, old, new = Engine(db), tmp_path / "old", tmp_path / "new"
    first = await engine.begin(old, "aaaaaaaaaaa")
    old.rename(new)
    await move_archive(db, old, new, first)
    with pytest.raises(StageError, match="is gone"):
        await engine.begin(old, "bbbbbbbbbbb")
    with pytest.raises(StageError, match="another ytarchive-tui"):
        ArchiveLocks({}).hold(new)
    assert await engine.begin(old, "ccccccccccc") != first
    assert await engine.begin(new, "ddddddddddd") == first


async def test_an_archive_that_was_away_goes_on_as_the_same(db: Database, tmp_path: Path) -> None:
    engine, root, away = Engine(db), tmp_path / "disk", tmp_path / "away"
    first = await engine.begin(root, "aaaaaaaaaaa")
    root.rename(away)
    for video_id in ("bbbbbbbbbbb", "ccccccccccc"):
        with pytest.raises(StageError, match="is gone"):
            await engine.begin(root, video_id)
    away.rename(root)
    assert await engine.begin(root, "ddddddddddd") == first


async def test_a_moved_archive_that_was_not_relinked_is_still_missed(db: Database, tmp_path: Path) -> None:
    engine, old, new = Engine(db), tmp_path / "old", tmp_path / "new"
    first = await engine.begin(old, "aaaaaaaaaaa")
    old.rename(new)
    assert await engine.begin(new, "bbbbbbbbbbb") == first
    with pytest.raises(StageError, match="is gone"):
        await engine.begin(old, "ccccccccccc")
    assert not old.exists()
