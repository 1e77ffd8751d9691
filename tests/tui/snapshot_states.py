"""Four archives as one meets them: empty, busy, failing, huge; on a clock that stands still.

Everything goes through our own database layer: submit, claim, finish, and the real policy decides what
follows a failure. No worker runs, so the same calls give the same screen.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench.many_jobs import build as build_many
from sample_clips import (
    ARCHIVE,
    BOT,
    DONE,
    FAILING,
    HARBOUR,
    MADE_UP,
    NOW,
    PAUSED,
    QUEUED,
    REFUSED,
    RESET,
    RUNNING,
    SOON,
    Clip,
    downloaded,
    metadata,
    stored,
)

from ytarchive_tui.db import breakers
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.addresses import recognise
from ytarchive_tui.domain.breaker import YOUTUBE, Breaker
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence, FailureClass
from ytarchive_tui.domain.models import (
    AtSource,
    Claim,
    JobKind,
    JobOptions,
    Listed,
    ListedItem,
    Listing,
    ListPage,
    Progress,
    Resolved,
    SourceKind,
    Stage,
    StageOutcome,
    Submission,
)
from ytarchive_tui.domain.policy import RetryRules, after_failure, after_success
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.engine import Engine
from ytarchive_tui.runtime import Runtime
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.site import GUEST, SiteService
from ytarchive_tui.services.sources import SourcesService
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths

FREE = 442_000_000_000
HUGE = 4_999
"""One channel in `bench.many_jobs`."""
_OPTIONS = JobOptions(archive=ARCHIVE, quality="1080p", subtitles=("en", "de"))
_CHANNEL = "@harbourfilms"
_START = NOW - timedelta(minutes=12)


class MovedClock:
    """A wall clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """So much later."""
        self.now += timedelta(seconds=seconds)


class Sample:
    """One database while it is being written."""

    def __init__(self, db: Database, clock: MovedClock) -> None:
        self.db = db
        self.clock = clock
        self.queue = Queue(db, lease_s=86_400)
        self.board = MemoryBoard()

    async def add(self, *clips: Clip) -> None:
        """Submitted by address, in this order."""
        await submit(self.db, [
            Submission(url=f"https://youtu.be/{clip.video_id}", kind=SourceKind.VIDEO, options=_OPTIONS,
                       address=f"https://www.youtube.com/watch?v={clip.video_id}", video_id=clip.video_id)
            for clip in clips
        ])  # fmt: skip

    async def claim(self, stage: Stage) -> Claim:
        """The next job of that stage begins."""
        self.clock.forward(3)
        claim = await self.queue.claim(stage, JobKind.ITEM, f"{stage}-1")
        assert claim is not None
        return claim

    async def end(self, claim: Claim, outcome: StageOutcome, after_s: float = 5) -> None:
        """It succeeded."""
        self.clock.forward(after_s)
        await self.queue.finish(claim, outcome, after_success(claim.job, outcome))

    async def until(self, clip: Clip, stage: Stage) -> Claim:
        """The first in line, begun in that stage."""
        claim = await self.claim(Stage.METADATA)
        if stage is not Stage.METADATA:
            await self.end(claim, Resolved(metadata=metadata(clip)))
            claim = await self.claim(Stage.DOWNLOAD)
        if stage is Stage.STORAGE:
            await self.end(claim, downloaded(clip), 41)
            claim = await self.claim(Stage.STORAGE)
        return claim

    async def archive(self, clip: Clip) -> None:
        """The first in line, to its end."""
        claim = await self.until(clip, Stage.STORAGE)
        await self.end(claim, stored(clip, claim.job.id, self.clock.now), 4)

    async def fail(self, clip: Clip, stage: Stage, evidence: Evidence, times: int) -> None:
        """The first in line fails so often in a row; what follows is the real policy's business."""
        claim = await self.until(clip, stage)
        for again in range(times):
            if again:
                self.clock.forward(20)
                async with self.db.write() as tx:
                    await tx.run(
                        "UPDATE jobs SET status = 'queued', priority = 9 WHERE id = ?", (claim.job.id,)
                    )
                    tx.announce()
                claim = await self.claim(claim.job.stage if stage is not Stage.STORAGE else stage)
                async with self.db.write() as tx:
                    await tx.run("UPDATE jobs SET priority = 0 WHERE id = ?", (claim.job.id,))
            self.clock.forward(6)
            failure = classify(evidence)
            job = claim.job.model_copy(update={"priority": 0})
            follows = after_failure(job, failure, RetryRules(), now=self.clock.now, chance=0.0)
            await self.queue.finish(claim, None, follows)

    async def browse(self, *, whole: bool) -> None:
        """A channel that somebody looks at, with all the clips of one maker and some that nobody can have."""
        clips = [clip for clip in (*DONE, *(each[0] for each in RUNNING), *QUEUED) if clip.channel == HARBOUR]
        found = recognise(_CHANNEL)
        await BrowserService(self.db).open(found, _OPTIONS)
        looking = Queue(self.db, lease_s=86_400, listing=Listing.BROWSE, beside=self.queue)
        claim = await looking.claim(Stage.METADATA, JobKind.SOURCE, "browse-1")
        assert claim is not None
        made_up = tuple(
            Clip(
                f"No. {n} · {what} {where}",
                HARBOUR,
                240 + 97 * n,
                f"2023-{1 + n % 12:02}-{1 + n * 7 % 27:02}",
            )
            for n, (what, where) in enumerate(MADE_UP, 1)
        )
        entries = tuple(
            ListedItem(extractor="youtube", video_id=clip.video_id, title=clip.title, channel=clip.channel,
                       url=f"https://www.youtube.com/watch?v={clip.video_id}", duration_s=clip.seconds,
                       position=n, at_source=AtSource.PRIVATE if n in (9, 17) else AtSource.PUBLIC)
            for n, clip in enumerate((*clips, *made_up), 1)
        )  # fmt: skip
        await looking.add_page(claim, ListPage(title=HARBOUR, entries=entries, told=len(entries), ends=whole))
        if whole:
            listed = Listed(title=HARBOUR, entries=len(entries), told=len(entries))
            await looking.finish(claim, listed, after_success(claim.job, listed))


async def empty(sample: Sample, log: Path) -> None:
    """As after the first start."""


async def busy(sample: Sample, log: Path) -> None:
    """Downloads run, some are done, one waits, one is paused; a channel is looked at."""
    waits = Clip("Premiere: the new lens of Orrin Light", HARBOUR, 1200, "2026-11-23")
    broken = Clip("Counting seals near Kestrel Rock", HARBOUR, 1333, "2025-07-07")
    await sample.add(*DONE, broken, waits, *(clip for clip, *_ in RUNNING), PAUSED, *QUEUED)
    for clip in DONE:
        await sample.archive(clip)
    await sample.fail(broken, Stage.DOWNLOAD, RESET, 3)
    await sample.fail(waits, Stage.METADATA, SOON, 1)
    for clip, stage, activity, share, speed in RUNNING:
        claim = await sample.until(clip, stage)
        done = round(clip.bytes_ * share)
        left = (clip.bytes_ - done) / speed if speed else None
        sample.board.put(Progress(job_id=claim.job.id, stage=stage, activity=activity, done=done,
                                  total=clip.bytes_, speed=speed, eta_s=left))  # fmt: skip
    service = QueueService(sample.db, sample.queue, sample.board)
    await service.changes.pause([claim.job.id + 1])
    await sample.browse(whole=True)
    _log(log, 400, trouble=False)


async def failing(sample: Sample, log: Path) -> None:
    """The site asks for proof of a human and is left alone; everything else has failed in its own way."""
    clips = (*DONE[:3], *(clip for clip, *_ in FAILING), *REFUSED, *QUEUED)
    await sample.add(*clips)
    for clip in DONE[:3]:
        await sample.archive(clip)
    for clip, stage, evidence, times in FAILING:
        await sample.fail(clip, stage, evidence, times)
    for clip in REFUSED:
        await sample.fail(clip, Stage.METADATA, BOT, 1)
    await sample.browse(whole=False)
    await breakers.keep(
        sample.db, YOUTUBE, GUEST,
        Breaker(until=NOW + timedelta(minutes=48), since=NOW - timedelta(minutes=12), stage=Stage.METADATA,
                cause=FailureClass.BOT_CHECK, sentence=classify(BOT).sentence, trips=1, lasts_s=3600),
    )  # fmt: skip
    _log(log, 400, trouble=True)


async def huge(sample: Sample, log: Path) -> None:
    """More than a screen can hold; its rows are there before (see `state`)."""
    _log(log, 20_000, trouble=True)


STATES = {"empty": empty, "busy": busy, "failing": failing, "huge": huge}


class Standing(Runtime):
    """An engine of our own in which nothing runs."""

    @property
    def is_remote(self) -> bool:
        return False


@asynccontextmanager
async def state(name: str, paths: Paths, settings: Settings) -> AsyncIterator[Callable[[], object]]:
    """Write that state, and give what opens a runtime on it."""
    paths.make()
    if name == "huge":
        await asyncio.to_thread(_many, paths.database)
    clock = MovedClock()
    async with await Database.open(paths.database, clock=clock) as db:
        sample = Sample(db, clock)
        await STATES[name](sample, paths.log_dir / "ytarchive.log")
        clock.now = NOW

        @asynccontextmanager
        async def open_here() -> AsyncIterator[Runtime]:
            engine = Engine(
                QueueService(db, sample.queue, sample.board),
                BrowserService(db),
                SourcesService(db),
                SiteService(db, settings),
            )
            yield Standing(engine, 0)

        yield open_here


def _many(database: Path) -> None:
    """With manifests and metadata, which the library's details are made of."""
    build_many(database, HUGE, ARCHIVE)
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("UPDATE archives SET uuid = ?", (str(UUID(int=7)),))
        db.execute(
            "UPDATE copies SET manifest = json_object('extractor', 'youtube', 'video_id', 'x', 'job', id, "
            "'archived_at', ?, 'quality', 'best', 'obtained_height', 1080, 'files', json_array(json_object("
            "'name', 'film.mp4', 'role', 'media', 'size', size, 'sha256', ?)))",
            (NOW.isoformat(), "0" * 64),
        )
        db.execute(
            "UPDATE metadata SET data = json_object('extractor', 'youtube', 'video_id', 'x', 'provider', "
            "'ytdlp', 'published_at', '2024-05-12T10:00:00Z')"
        )


def speeds(length: int) -> Sequence[float]:
    """Bytes a second of the last beats, as a busy line has them."""
    return [9.2e6 + 2.4e6 * ((n * 7) % 5 - 2) * (0.4 if n % 9 else 1) for n in range(length)]


def _log(path: Path, lines: int, *, trouble: bool) -> None:
    """As `services.logs` writes them."""
    usual = (
        ("info", "workers.worker", "download started: 137+140, {n} MB in staging already"),
        ("debug", "ytdlp.process", "child {n} started for job {job}"),
        ("info", "workers.worker", "metadata: 13 formats, 2 languages of subtitles"),
        ("debug", "workers.worker", "lease of job {job} renewed"),
        ("info", "storage.archive", "committed: verified, hashed, renamed in 0.{n} s"),
    )
    worse = (
        ("warning", "workers.worker", "Sign in to confirm you’re not a bot; left alone until 15:00"),
        ("error", "storage.archive", "No space left on device while writing the media file"),
    )
    written = []
    for n in range(lines):
        level, source, text = worse[n // 7 % 2] if trouble and n % 7 == 5 else usual[n % len(usual)]
        at, job = NOW - timedelta(seconds=(lines - n) * 1.75), 1 + n // 5 % 24
        line = {"at": at.isoformat(timespec="milliseconds"), "level": level, "source": source,
                "text": text.format(n=100 + n % 800, job=job), "job": job,
                "worker": f"download-{1 + n % 3}"}  # fmt: skip
        written.append(json.dumps(line, ensure_ascii=False))
    path.write_text("".join(f"{line}\n" for line in written))
