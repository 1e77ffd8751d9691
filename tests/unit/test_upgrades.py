"""Copies of which the site may have a better picture: marked, looked for again, and unmarked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from library_samples import archive_item

from ytarchive_tui.db import withheld
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.copies import by_id
from ytarchive_tui.db.library import note_check
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.upgrades import Upgrades
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence
from ytarchive_tui.domain.models import (
    Format,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Resolved,
    Stage,
    Status,
)
from ytarchive_tui.domain.policy import RetryRules, after_failure, after_success

DOUBT = "n challenge solving failed: Some formats may be missing"
DAY = 86400
RULES = RetryRules(withheld_s=(DAY, 2 * DAY), jitter=0)


class Clock:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "ytarchive.db", clock=clock) as database:
        yield database


async def suspected(db: Database, root: Path) -> int:
    """A copy at 360p that was stored with a doubt, with «old» tools."""
    await withheld.note_tools(db, "old")
    copy_id = await archive_item(db, root, "aaaaaaaaaaa", "One", height=360)
    content = (await by_id(db, [copy_id]))[copy_id].manifest.model_copy(update={"withheld": DOUBT})
    async with db.write() as tx:
        await withheld.note(tx, copy_id, content)
    return copy_id


def upgrades(db: Database, tools: str = "old") -> Upgrades:
    return Upgrades(db, RULES, tools, JobOptions(archive=Path("/elsewhere")))


async def looked_for(db: Database) -> Job:
    """The job that looks, claimed."""
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None
    return claim.job


async def ended(db: Database, doubt: str | None = None) -> None:
    """Let the job find that nothing better is offered."""
    queue = Queue(db)
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None
    outcome = resolved(360, doubt)
    await queue.finish(claim, outcome, after_success(claim.job, outcome))


def resolved(height: int, doubt: str | None = None) -> Resolved:
    selected = (Format(format_id="1", ext="mp4", height=height),)
    return Resolved(
        metadata=ItemMetadata(
            extractor="youtube", video_id="aaaaaaaaaaa", provider="ytdlp", doubt=doubt, selected=selected
        )
    )


async def state(db: Database) -> str:
    (row,) = await db.fetch("SELECT state FROM library")
    return str(row["state"])


async def test_the_mark_is_seen_in_the_library_unless_something_worse_is_the_matter(
    db: Database, tmp_path: Path
) -> None:
    copy_id = await suspected(db, tmp_path)
    assert await state(db) == "withheld"
    await note_check(db, copy_id, "whole", [])
    assert await state(db) == "withheld"
    await note_check(db, copy_id, "changed", ["its content has changed"])
    assert await state(db) == "changed"
    async with db.write() as tx:
        await withheld.note(tx, copy_id, (await by_id(db, [copy_id]))[copy_id].manifest)
    await note_check(db, copy_id, "whole", [])
    assert await state(db) == "whole", "a copy without a doubt takes the mark away"


async def test_looks_are_planned_bounded_and_begun_at_once_with_other_tools(
    db: Database, clock: Clock, tmp_path: Path
) -> None:
    await suspected(db, tmp_path)
    queued = []
    for day in range(10):
        clock.now = Clock.now + timedelta(days=day, hours=1)
        if await upgrades(db).run_due():
            queued.append(day)
            assert await upgrades(db).run_due() == 0, "one is under way"
            await ended(db, DOUBT)
    assert queued == [1, 3]
    assert await state(db) == "withheld"
    assert await upgrades(db, "new").run_due() == 1
    await ended(db)
    assert await state(db) == "stored", "the site offers no more than that"
    assert await upgrades(db, "newer still").run_due() == 0


async def test_only_a_higher_picture_is_downloaded_and_nobody_is_asked_about_a_failure(
    db: Database, tmp_path: Path
) -> None:
    await suspected(db, tmp_path)
    await upgrades(db, "new").run_due()
    job = await looked_for(db)
    assert (job.options.better_than, job.options.archive) == (360, tmp_path)
    assert after_success(job, resolved(1080)).stage is Stage.DOWNLOAD
    assert after_success(job, resolved(360)).status is Status.DONE
    private = classify(
        Evidence(
            exception=("ExtractorError",), message="Private video. Sign in if you've been granted access"
        )
    )
    end = after_failure(job, private, RULES, now=Clock.now, chance=0)
    assert (end.status, end.forget) == (Status.DONE, "staging") and "the copy stays" in str(end.reason)
