"""The composition root: opens everything in order, wires ports to adapters, and makes the workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ytarchive_tui.db.archives import identify, known_archives
from ytarchive_tui.db.board_file import BoardTeller
from ytarchive_tui.db.budget import SiteRows
from ytarchive_tui.db.clock import mend_waits
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.seed import seed_archived
from ytarchive_tui.db.sidecar_queue import SidecarQueue
from ytarchive_tui.db.sizes import expected_size
from ytarchive_tui.db.snapshots import SnapshotKeeper
from ytarchive_tui.db.sources import Sources
from ytarchive_tui.db.upgrades import Upgrades
from ytarchive_tui.db.views import Views
from ytarchive_tui.db.withheld import note_tools
from ytarchive_tui.domain.models import Claim, JobKind, Listing, Stage, StageOutcome
from ytarchive_tui.domain.policy import after_metadata_alone
from ytarchive_tui.domain.ports import ArchiveStore, JobQueue
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.outside import (
    children_of,
    children_tools,
    extraction_config,
    feed_of,
    provider,
    quota_service,
)
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.dials import Dials
from ytarchive_tui.services.logs import log_file
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.quota import QuotaService
from ytarchive_tui.services.reach import can_reach_site
from ytarchive_tui.services.removal import keep_tidy
from ytarchive_tui.services.site import SiteService, account_of, rules_of
from ytarchive_tui.services.sources import SourcesService
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import FileMode, Settings, Verify
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.room import Room
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.storage.supplying import SidecarFolders
from ytarchive_tui.workers.crew import Crew
from ytarchive_tui.workers.download import DownloadStage
from ytarchive_tui.workers.metadata import ListStage, ResolveStage, SampleStage
from ytarchive_tui.workers.scheduler import Scheduler
from ytarchive_tui.workers.sidecars import SidecarStage
from ytarchive_tui.workers.site import Site
from ytarchive_tui.workers.site_queue import SiteQueue
from ytarchive_tui.workers.speed import SpeedLimit
from ytarchive_tui.workers.storage import StorageStage
from ytarchive_tui.workers.worker import StageRun, Worker
from ytarchive_tui.ytdlp.adapters import (
    YtdlpDownloader,
    YtdlpFormatChecker,
    YtdlpLister,
    YtdlpLooker,
    YtdlpProvider,
    YtdlpSidecarFetcher,
)

log = logging.getLogger(__name__)

DRY_RUN_SAMPLE = 20
"""Items of lists that a dry run asks for one by one; the sizes of the others are estimated from these."""
BROWSE_WORKERS = 2
"""For lists that somebody looks at: these wait for no archive's listing, nor for the one looked at before."""
STORAGE_WORKERS = 2
"""Verifying reads each file once; a second worker overlaps one item's reading with another's rename."""


class Background(Protocol):
    """What runs for as long as an engine is open; `drain` lets it end soon."""

    name: str

    def drain(self) -> None:
        """Begin nothing new."""

    async def work(self) -> None:
        """Run until drained or cancelled."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What was opened: services for front ends, and workers that have not begun."""

    queue: QueueService
    browser: BrowserService
    sources: SourcesService
    site: SiteService
    workers: Sequence[Background] = ()
    checker: YtdlpFormatChecker | None = None
    quota: QuotaService | None = None
    """None where nothing asks the Data API."""


async def open_engine(settings: Settings, paths: Paths, tools: Tools, stack: AsyncExitStack) -> Engine:
    """Everything for a run that archives."""
    paths.make()
    lock = stack.enter_context(EngineLock(paths.state_dir))
    _open_log(settings, paths.log_dir, stack)
    db = await Database.open(paths.database)
    stack.push_async_callback(db.close)
    room, engine = Room(settings.archive.keep_free), settings.engine
    queue = Queue(db, lease_s=engine.lease_s, ahead=engine.lookahead, without_room=room.without)
    adopted = await queue.adopt(lock)
    await mend_waits(db)
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
    board, views, dials = MemoryBoard(), Views(db), Dials(db, settings)
    for archive in tuple(known):
        await _sweep(store, locks, archive, await views.jobs_with_staging(archive))
    tidying = asyncio.create_task(keep_tidy(db), name="tidying")
    stack.push_async_callback(_ended, tidying)

    site = await _open_site(db, settings, stack)
    asking = SiteQueue(queue, site)

    def worker(name: str, stage: Stage, kind: JobKind, run: StageRun, jobs: JobQueue = asking) -> Worker:
        return Worker(name, stage, kind, run, queue=jobs, store=store, board=board, rules=settings.retry)

    resolve = _holding(locks, db, ResolveStage(provider(settings, children, config, db, stack), store, board))
    sources, looker = Sources(db), YtdlpLooker(children, config)
    listing = ListStage(
        asking, YtdlpLister(children, config), board, sources, looker, feed_of(settings.network)
    )
    download_alone = DownloadStage(queue, YtdlpDownloader(children, config), store, board)
    download = _holding(locks, db, _roomy(room, db, download_alone))
    storage = _holding(locks, db, StorageStage(queue, store, board))
    versions = children_tools(tools)
    await note_tools(db, versions)
    late = SidecarQueue(db, settings.retry)
    fetcher = YtdlpSidecarFetcher(children, config)
    sidecars = _holding(locks, db, SidecarStage(late, fetcher, SidecarFolders(children)))
    looked_at = Queue(db, lease_s=engine.lease_s, listing=Listing.BROWSE, beside=queue)
    workers: list[Background] = [
        Scheduler(sources),
        Scheduler(Upgrades(db, settings.retry, versions, settings.archive.options()), name="upgrades"),
        SnapshotKeeper(paths.database),
        BoardTeller(board, paths.state_dir),
        SpeedLimit(dials.limit_bps, lambda limit: children.tell({"limit_bps": limit}), queue),
        worker("listing", Stage.METADATA, JobKind.SOURCE, listing),
        *_several(
            BROWSE_WORKERS,
            lambda n: worker(
                f"browse-{n}", Stage.METADATA, JobKind.SOURCE, listing, SiteQueue(looked_at, site)
            ),
        ),
        Crew(
            "metadata",
            lambda n: worker(f"metadata-{n}", Stage.METADATA, JobKind.ITEM, resolve),
            dials.lookups,
            queue,
        ),
        Crew(
            "downloads",
            lambda n: worker(f"download-{n}", Stage.DOWNLOAD, JobKind.ITEM, download),
            dials.downloads,
            queue,
        ),
        *_several(STORAGE_WORKERS, lambda n: worker(f"storage-{n}", Stage.STORAGE, JobKind.ITEM, storage)),
        worker("sidecars", Stage.METADATA, JobKind.ITEM, sidecars, SiteQueue(late, site)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    site_service, quota = SiteService(db, settings), quota_service(settings, db)
    lists = BrowserService(db), SourcesService(db)
    return Engine(service, *lists, site_service, workers, checker, quota)


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

    # The sizes that a dry run adds up are told by yt-dlp alone.
    resolve = ResolveStage(YtdlpProvider(children, config), store, board)
    sample = SampleStage(resolve, DRY_RUN_SAMPLE)
    workers: list[Background] = [
        worker("listing", JobKind.SOURCE, ListStage(queue, YtdlpLister(children, config), board)),
        *_several(settings.engine.metadata_workers, lambda n: worker(f"metadata-{n}", JobKind.ITEM, sample)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    lists = BrowserService(db), SourcesService(db)
    return Engine(service, *lists, SiteService(db, settings), workers, checker)


async def _open_site(db: Database, settings: Settings, stack: AsyncExitStack) -> Site:
    """What earlier runs learned of the site, for all workers of this one."""
    memory = SiteRows(db, account_of(settings.network.cookies_file))
    site = Site(memory, rules_of(settings), lambda: can_reach_site(settings.network))
    await site.open()
    stack.push_async_callback(site.close)
    return site


def _open_log(settings: Settings, folder: Path, stack: AsyncExitStack) -> None:
    secrets = (*settings.secrets(), *read_api_keys(settings.youtube))
    stack.enter_context(
        log_file(folder, level=settings.log.level, keep_mb=settings.log.keep_mb, secrets=secrets)
    )


def _holding(locks: ArchiveLocks, db: Database, run: StageRun) -> StageRun:
    """The stage, begun only when no other engine works on the job's archive."""

    async def holding(claim: Claim) -> StageOutcome:
        archive = claim.job.options.archive
        if not locks.held(archive):
            uuid = await asyncio.to_thread(locks.hold, archive)
            # From its first use on, so that an empty mount point is never taken for a new archive.
            async with db.write() as tx:
                await identify(tx, archive, uuid)
        return await run(claim)

    return holding


def _roomy(room: Room, db: Database, run: StageRun) -> StageRun:
    """The stage, begun and kept running only while the archive's disk has room for it."""

    async def roomy(claim: Claim) -> StageOutcome:
        assert claim.job.item is not None, "only an item can be downloaded"
        expected = await expected_size(db, claim.job.item.id)
        return await room.within(claim.job, expected, lambda: run(claim))

    return roomy


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


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    await asyncio.wait({task})


def _several(count: int, make: Callable[[int], Worker]) -> list[Worker]:
    return [make(n) for n in range(1, count + 1)]


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
