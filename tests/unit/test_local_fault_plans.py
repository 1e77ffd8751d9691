"""Faults of this machine: each has its class, a plan with what to do, and a way on by itself."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.unit.db.db_samples import failed, video
from tests.unit.test_policy import RULES, job
from ytarchive_tui.db.archives import identify
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence, FailureClass, UsageError
from ytarchive_tui.domain.models import JobKind, JobOptions, Stage, Status
from ytarchive_tui.domain.plans import Around, Facts, FixKind, Group, Plan
from ytarchive_tui.domain.policy import after_failure
from ytarchive_tui.domain.recovery import plans
from ytarchive_tui.runtime import Runtime
from ytarchive_tui.services.recovery import RecoveryService
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import find_tools
from ytarchive_tui.storage.archive import open_archive

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("activity", ["media", "merge", "staging", "commit"])
@pytest.mark.parametrize(
    ("number", "failure_class", "said"),
    [
        (errno.ENOSPC, FailureClass.LOCAL_DISK, "no space left"),
        (errno.EDQUOT, FailureClass.LOCAL_DISK, "quota"),
        (errno.EFBIG, FailureClass.LOCAL_DISK, "no file that large"),
        (errno.ENAMETOOLONG, FailureClass.LOCAL_IO, "no name that long"),
        (errno.EROFS, FailureClass.LOCAL_IO, "can't be written"),
        (errno.EACCES, FailureClass.LOCAL_IO, "can't be written"),
        (errno.EIO, FailureClass.LOCAL_IO, "can't be written"),
    ],
)
def test_what_the_system_says_of_the_archives_disk_waits_and_goes_on(
    number: int, failure_class: FailureClass, said: str, activity: str
) -> None:
    failure = classify(Evidence(exception=("OSError",), errno=number, activity=activity))
    assert failure.failure_class is failure_class and said in failure.sentence, failure.sentence
    for repeated in (0, 50):
        before = job(last=failure_class if repeated else None, repeated=repeated)
        follows = after_failure(before, failure, RULES, now=NOW, chance=0)
        assert follows.status is Status.WAITING and follows.forget == "nothing"
    facts = Facts(archive="/archive")
    group = Group(failure_class=failure_class, facts=facts, waiting=2, since=NOW, latest=NOW)
    (plan,) = plans([group], Around(), {}, NOW)
    mend = plan.fix(FixKind.MEND)
    assert mend is not None and mend.advice is not None and plan.fix(FixKind.WAIT) is not None


async def test_jobs_that_lacked_a_program_go_on_at_the_first_start_that_has_it(tmp_path: Path) -> None:
    paths, archive = Paths.private(tmp_path / "own"), tmp_path / "archive"
    tools = find_tools(Settings().tools, os.environ, tmp_path)
    if not (tools.ffmpeg.usable and tools.ffprobe.usable):
        pytest.skip("there is no ffmpeg here")
    async with await Database.open(paths.database) as db:
        await submit(db, [video(each, options=JobOptions(archive=archive)) for each in "ab"])
        for why in (FailureClass.TOOL, FailureClass.AUTH):
            claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "test")
            assert claim is not None
            await Queue(db).finish(claim, None, failed(claim.job, why, Status.BLOCKED))
    settings = Settings.model_validate({"archive": {"root": archive}})
    async with Runtime.open(settings, paths, tools=tools) as runtime:
        figures = await runtime.queue.figures()
        assert (figures.queued, figures.blocked) == (1, 1)


@asynccontextmanager
async def service_that_is_overtaken(service: RecoveryService, db: Database, job: int) -> AsyncIterator[None]:
    """After its look, and before it writes, that job goes on."""
    look = service.space

    async def overtaken(plan: Plan) -> dict[int, int]:
        seen = await look(plan)
        async with db.write() as tx:
            await tx.run("UPDATE jobs SET status = 'queued' WHERE id = ?", (job,))
        return seen

    with pytest.MonkeyPatch.context() as between:
        between.setattr(service, "space", overtaken)
        yield
    async with db.write() as tx:
        await tx.run("UPDATE jobs SET status = 'failed' WHERE id = ?", (job,))


async def test_room_is_made_by_giving_up_what_failed_and_nothing_else(tmp_path: Path) -> None:
    archive, known = tmp_path / "archive", dict[Path, UUID]()
    with open_archive(archive, known):
        pass
    async with await Database.open(tmp_path / "queue.db") as db:
        await submit(db, [video(each, options=JobOptions(archive=archive)) for each in "abc"])
        ends = ((FailureClass.NET_TRANSIENT, Status.FAILED), (FailureClass.LOCAL_DISK, Status.WAITING))
        for why, status in ends:
            claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "test")
            assert claim is not None
            await Queue(db).finish(claim, None, failed(claim.job, why, status))
        async with db.write() as tx:
            await identify(tx, archive, known[archive])
        for number in (1, 2, 3):
            folder = archive / ".ytarchive/staging" / str(number)
            folder.mkdir(parents=True)
            (folder / "media.mp4.part").write_bytes(b"x" * 1000 * number)
        service = RecoveryService(db.path)
        try:
            plan = await service.find("local_disk")
            assert await service.space(plan) == {1: 1000}
            # What is tried again while one looks keeps its files.
            async with service_that_is_overtaken(service, db, 1):
                assert await service.free_space(plan) == 0
            assert (archive / ".ytarchive/staging/1").is_dir()
            assert await service.free_space(plan) == 1000
            assert sorted(p.name for p in (archive / ".ytarchive/staging").iterdir()) == ["2", "3"]
            assert list((archive / ".ytarchive/trash").iterdir()) == []
            assert await service.space(plan) == {}
            assert await service.undo() is None
            with pytest.raises(UsageError, match="does not offer"):
                await service.space(await service.find("net_transient"))
        finally:
            await service.close()
