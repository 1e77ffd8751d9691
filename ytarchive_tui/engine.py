"""The composition root: opens everything in order, wires ports to adapters, and makes the workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.seed import seed_archived
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.models import Claim, JobKind, Listing, Stage, StageOutcome
from ytarchive_tui.domain.policy import after_metadata_alone
from ytarchive_tui.domain.ports import ArchiveStore
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.outside import children_of, extraction_config, provider
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.logs import log_file
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import FileMode, Settings, Verify
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers.download import DownloadStage
from ytarchive_tui.workers.metadata import ListStage, ResolveStage, SampleStage
from ytarchive_tui.workers.storage import StorageStage
from ytarchive_tui.workers.worker import StageRun, Worker
from ytarchive_tui.ytdlp.adapters import YtdlpDownloader, YtdlpFormatChecker, YtdlpLister

log = logging.getLogger(__name__)

DRY_RUN_SAMPLE = 20
"""Items of lists that a dry run asks for one by one; the sizes of the others are estimated from these."""
BROWSE_WORKERS = 2
"""For lists that somebody looks at: these wait for no archive's listing, nor for the one looked at before."""
STORAGE_WORKERS = 2
"""Verifying reads each file once; a second worker overlaps one item's reading with another's rename."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What was opened: services for front ends, and workers that have not begun (none in a remote)."""

    queue: QueueService
    browser: BrowserService
    workers: list[Worker] = field(default_factory=list)
    checker: YtdlpFormatChecker | None = None


async def open_engine(settings: Settings, paths: Paths, tools: Tools, stack: AsyncExitStack) -> Engine:
    """Everything for a run that archives."""
    paths.make()
    lock = stack.enter_context(EngineLock(paths.state_dir))
    _open_log(settings, paths.log_dir, stack)
    db = await Database.open(paths.database)
    stack.push_async_callback(db.close)
    queue = Queue(db, lease_s=settings.engine.lease_s, ahead=settings.engine.lookahead)
    adopted = await queue.adopt(lock)
    if adopted:
        log.warning("%d jobs were running when the last run ended; they go on", adopted)
    config = extraction_config(settings, paths.cache_dir, tools)
    children = await stack.enter_async_context(children_of(settings, config))
    known = await known_archives(db)
    store = LocalArchive(
        children,
        ffprobe=_text(tools.ffprobe.path),
        ffmpeg=_text(tools.ffmpeg.path),
        known=known,
        decode=settings.archive.verify is Verify.DECODE,
        public=settings.archive.file_mode is FileMode.SHARED,
    )
    locks = ArchiveLocks(known)
    stack.callback(locks.close)
    board, views = MemoryBoard(), Views(db)
    for archive in tuple(known):
        await _sweep(store, locks, archive, await views.jobs_with_staging(archive))

    def worker(name: str, stage: Stage, kind: JobKind, run: StageRun, jobs: Queue = queue) -> Worker:
        return Worker(name, stage, kind, run, queue=jobs, store=store, board=board, rules=settings.retry)

    resolve = _holding(locks, ResolveStage(provider(settings, children, config, stack), store, board))
    listing = ListStage(queue, YtdlpLister(children, config), board)
    download = _holding(locks, DownloadStage(queue, YtdlpDownloader(children, config), store, board))
    storage = _holding(locks, StorageStage(queue, store, board))
    looked_at = Queue(db, lease_s=settings.engine.lease_s, listing=Listing.BROWSE, engine=queue.engine)
    workers = [
        worker("listing", Stage.METADATA, JobKind.SOURCE, listing),
        *_several(
            BROWSE_WORKERS,
            lambda n: worker(f"browse-{n}", Stage.METADATA, JobKind.SOURCE, listing, looked_at),
        ),
        *_several(
            # Half as many as downloads, or the line stays half empty until all downloads have begun.
            max(settings.engine.metadata_workers, settings.engine.downloads // 2),
            lambda n: worker(f"metadata-{n}", Stage.METADATA, JobKind.ITEM, resolve),
        ),
        *_several(
            settings.engine.downloads,
            lambda n: worker(f"download-{n}", Stage.DOWNLOAD, JobKind.ITEM, download),
        ),
        *_several(STORAGE_WORKERS, lambda n: worker(f"storage-{n}", Stage.STORAGE, JobKind.ITEM, storage)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    return Engine(service, BrowserService(db), workers, checker)


async def open_dry(
    settings: Settings, paths: Paths, tools: Tools, scratch: Path, stack: AsyncExitStack
) -> Engine:
    """Metadata workers alone, on a throw-away database that knows what the real one has archived."""
    db = await Database.open(scratch / "dry-run.db")
    stack.push_async_callback(db.close)
    await seed_archived(db, paths.database)
    queue = Queue(db, lease_s=settings.engine.lease_s)
    config = extraction_config(settings, scratch, tools)
    children = await stack.enter_async_context(children_of(settings, config))
    store, board = ScratchStore(scratch), MemoryBoard()

    def worker(name: str, kind: JobKind, run: StageRun) -> Worker:
        return Worker(
            name,
            Stage.METADATA,
            kind,
            run,
            queue=queue,
            store=store,
            board=board,
            rules=settings.retry,
            after=after_metadata_alone,
        )

    resolve = ResolveStage(provider(settings, children, config, stack), store, board)
    sample = SampleStage(resolve, DRY_RUN_SAMPLE)
    workers = [
        worker("listing", JobKind.SOURCE, ListStage(queue, YtdlpLister(children, config), board)),
        *_several(settings.engine.metadata_workers, lambda n: worker(f"metadata-{n}", JobKind.ITEM, sample)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    return Engine(service, BrowserService(db), workers, checker)


def _open_log(settings: Settings, folder: Path, stack: AsyncExitStack) -> None:
    secrets = (*settings.secrets(), *read_api_keys(settings.youtube))
    stack.enter_context(
        log_file(folder, level=settings.log.level, keep_mb=settings.log.keep_mb, secrets=secrets)
    )


def _holding(locks: ArchiveLocks, run: StageRun) -> StageRun:
    """The stage, begun only when no other engine works on the job's archive."""

    async def holding(claim: Claim) -> StageOutcome:
        await asyncio.to_thread(locks.hold, claim.job.options.archive)
        return await run(claim)

    return holding


async def _sweep(store: ArchiveStore, locks: ArchiveLocks, archive: Path, live_jobs: Sequence[int]) -> None:
    """Remove what dead runs left in staging; an archive that is not there now is swept another time."""
    try:
        await asyncio.to_thread(locks.hold, archive)
        removed = await store.sweep(archive, live_jobs)
    except Exception as error:
        log.warning("staging of %s could not be swept: %s", archive, error)
    else:
        if removed:
            log.info("removed %d staging folders that no job needs", removed)


def _several(count: int, make: Callable[[int], Worker]) -> list[Worker]:
    return [make(n) for n in range(1, count + 1)]


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
