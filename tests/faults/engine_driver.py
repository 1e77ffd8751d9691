"""Runs the engine without yt-dlp in a fresh fork for each line: real queue, workers and storage.

A line is JSON: `folder`, `ids`, `media`, `ffprobe`, `told` (a file that gets what was acknowledged),
`seed` (of what a person does meanwhile; None: nothing) and `slow` (how many downloads last long enough for
a lease to be renewed). The answer is what `os.waitpid` tells of the fork. What each transaction is about
is told to `failing_calls`: who began it, what it has written into the journal so far, and for which job.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import shutil
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from failing_calls import doing, follow
from storage_driver import SameProcess

from ytarchive_tui.db import journal
from ytarchive_tui.db.archives import identify, known_archives
from ytarchive_tui.db.connection import Database, Transaction
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.errors import EngineBusyError, Evidence, StageError, StateError
from ytarchive_tui.domain.models import (
    Claim,
    FileRole,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Progress,
    SourceKind,
    Stage,
    StagedDownload,
    StagedFile,
    Submission,
)
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.holding import sweep_staging
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.workers.download import DownloadStage
from ytarchive_tui.workers.metadata import ResolveStage
from ytarchive_tui.workers.storage import StorageStage
from ytarchive_tui.workers.worker import StageRun, Worker

ALL_ENDED, TYPED_END, CRASH = 0, 10, 11
LEASE_S = 0.09
"""So short that a download sees a renewal or two."""
AT_ONCE = (0.0,)
RULES = RetryRules(
    network_s=AT_ONCE, throttled_s=AT_ONCE, expired_s=AT_ONCE, incomplete_s=AT_ONCE, local_s=(0.01,),
    unknown_s=AT_ONCE, jitter=0,
)  # fmt: skip


DONE = "SELECT i.video_id FROM jobs j JOIN items i ON i.id = j.item_id WHERE j.status = 'done'"
STOPPED = (
    "SELECT 1 FROM jobs WHERE status IN ('paused', 'cancelled') "
    "OR (status = 'running' AND (pause_requested OR cancel_requested))"
)


class Site:
    """Metadata and files of every video, without a network."""

    def __init__(self, media: Path, slow: int) -> None:
        self._media = media
        self._slow = slow

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        assert job.item is not None
        (staging / "extracted.json").write_text("{}")
        return ItemMetadata(
            extractor="youtube",
            video_id=job.item.video_id,
            provider="ytdlp",
            title=f"Title of {job.item.video_id}",
            channel="Channel",
            published_at=datetime(2026, 1, 2, tzinfo=UTC),
        )

    async def download(
        self,
        job: Job,
        staging: Path,
        *,
        on_metadata: Callable[[ItemMetadata], Awaitable[None]],
        on_progress: Callable[[Progress], None],
    ) -> StagedDownload:
        metadata = await self.resolve(job, staging)
        await on_metadata(metadata)
        try:
            shutil.copyfile(self._media, staging / "media.mp4")
            self._slow -= 1
            await asyncio.sleep(LEASE_S / 2 if self._slow >= 0 else 0)
            (staging / "media.description").write_text("words")
            (staging / "media.info.json").write_text("{}")
        except OSError as error:
            # As the child says it.
            told = Evidence(
                exception=(type(error).__name__,), message=str(error), errno=error.errno, activity="media"
            )
            raise StageError(told) from error
        files = (
            StagedFile(name="media.mp4", role=FileRole.MEDIA),
            StagedFile(name="media.description", role=FileRole.DESCRIPTION),
            StagedFile(name="media.info.json", role=FileRole.INFO),
        )
        return StagedDownload(metadata=metadata, files=files, obtained=())


def submission(video_id: str, archive: Path) -> Submission:
    return Submission(
        url=video_id,
        address=f"https://www.youtube.com/watch?v={video_id}",
        kind=SourceKind.VIDEO,
        video_id=video_id,
        options=JobOptions(archive=archive),
    )


async def run(task: dict[str, Any]) -> None:
    """One run of the engine, from taking the lock until nothing is left that goes on by itself."""
    state, archive = Path(task["folder"]) / "state", Path(task["folder"]) / "archive"
    told = os.open(task["told"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with EngineLock(state) as lock:
        async with await Database.open(state / "ytarchive.db") as db:
            queue = Queue(db, lease_s=LEASE_S)
            await queue.adopt(lock)
            await submit(db, [submission(video_id, archive) for video_id in task["ids"]])
            os.write(told, b"submitted\n")
            await Control(db).retry(range(1, len(task["ids"]) + 1))
            known = await known_archives(db)
            store = LocalArchive(SameProcess(), ffprobe=task["ffprobe"], ffmpeg=None, known=known)
            identified: set[Path] = set()
            locks, board, site = ArchiveLocks(known), MemoryBoard(), Site(Path(task["media"]), task["slow"])
            for root in tuple(known):
                await sweep_staging(db, store, locks, root, await Views(db).jobs_with_staging(root))

            def worker(stage: Stage, run: StageRun) -> Worker:
                async def holding(claim: Any) -> Any:
                    root = claim.job.options.archive
                    if root not in identified:
                        uuid = await asyncio.to_thread(locks.hold, root)
                        async with db.write() as tx:
                            await identify(tx, root, uuid)
                        # Only now: a wish may have stopped this job before, with the lock held already.
                        identified.add(root)
                    return await run(claim)

                return Worker(
                    stage, stage, JobKind.ITEM, holding, queue=queue, store=store, board=board, rules=RULES
                )

            workers = [
                worker(Stage.METADATA, ResolveStage(site, store, board)),
                worker(Stage.DOWNLOAD, DownloadStage(queue, site, store, board)),
                worker(Stage.DOWNLOAD, DownloadStage(queue, site, store, board)),
                worker(Stage.STORAGE, StorageStage(queue, store, board)),
            ]
            tasks = [asyncio.create_task(each.work()) for each in workers]
            person = asyncio.create_task(_person(db, task["seed"], len(task["ids"])))
            try:
                await _until_ended(db, tasks, person, told)
            finally:
                person.cancel()
                for each in workers:
                    each.drain()
                for each in tasks:
                    each.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                locks.close()


async def _until_ended(
    db: Database, tasks: list[asyncio.Task[None]], person: asyncio.Task[None], told: int
) -> None:
    """Tell of each archived item once it is in the database; raise what ended a worker."""
    seen: set[str] = set()
    while True:
        open_jobs = await db.fetch("SELECT 1 FROM jobs WHERE status IN ('queued', 'running', 'waiting')")
        for row in await db.fetch(DONE):
            if row["video_id"] not in seen:
                seen.add(row["video_id"])
                os.write(told, f"done {row['video_id']}\n".encode())
        for task in (*tasks, person):
            if task.done():
                task.result()
        if not open_jobs and person.done():
            return
        await asyncio.sleep(0.01)


async def _person(db: Database, seed: int | None, jobs: int) -> None:
    """Pauses, resumes, cancels and tries again until all that was stopped is wanted again; None: nothing."""
    if seed is None:
        return
    control, chance = Control(db), random.Random(seed)
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0, 0.04))
        verb = chance.choice([control.pause, control.cancel, control.resume, control.retry])
        await verb({chance.randint(1, jobs) for _ in range(2)})
    while await db.fetch(STOPPED):
        await control.resume()
        await control.retry(range(1, jobs + 1))
        await asyncio.sleep(0.01)


def name_transactions() -> None:
    """Let each transaction say what it is about: these are the named failpoints of the database."""
    write, transact, append = Database.write, Database.transact, journal.append

    def begin(frame: FrameType) -> Callable[[], None]:
        """Say, once the transaction is open, who began it."""
        while frame.f_code.co_name.startswith("_") and frame.f_back is not None:
            frame = frame.f_back
        name = frame.f_code.co_qualname.rpartition("<locals>.")[2]
        claim = frame.f_locals.get("claim")

        def begun() -> None:
            words[:] = [name]
            jobs.clear()
            if isinstance(claim, Claim):
                jobs.add(claim.job.id)
            say()

        return begun

    def named_write(self: Database) -> AbstractAsyncContextManager[Transaction]:
        begun = begin(sys._getframe(1))

        @asynccontextmanager
        async def named() -> AsyncIterator[Transaction]:
            async with write(self) as tx:
                begun()
                yield tx

        return named()

    def named_transact(self: Database, body: Callable[[Transaction], Any]) -> Awaitable[Any]:
        begun = begin(sys._getframe(1))

        async def named(tx: Transaction) -> Any:
            begun()
            return await body(tx)

        return transact(self, named)

    async def named_append(tx: Transaction, kind: Any, **data: Any) -> None:
        await append(tx, kind, **data)
        words.append(" ".join(str(each) for each in (kind, data.get("stage"), data.get("status")) if each))
        if isinstance(data.get("job_id"), int):
            jobs.add(data["job_id"])
        say()

    def say() -> None:
        whose = f" #{min(jobs)}" if len(jobs) == 1 else ""
        doing(": ".join(words) + whose)

    words: list[str] = []
    jobs: set[int] = set()
    Database.write = named_write  # type: ignore[method-assign, assignment]
    Database.transact = named_transact  # type: ignore[method-assign, assignment]
    journal.append = named_append  # type: ignore[assignment]


def fork(task: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = CRASH
    try:
        asyncio.run(run(task))
        code = ALL_ENDED
    except (StateError, StageError, EngineBusyError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = TYPED_END
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    follow()
    name_transactions()
    # So that no collection in a fork touches, and thereby copies, what all of them share.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        print(fork(json.loads(line)), flush=True)
