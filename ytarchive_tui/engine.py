"""The composition root: opens everything in order, wires ports to adapters, and makes the workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from ytarchive_tui.db import attempts
from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.bandwidth import BandwidthRows
from ytarchive_tui.db.board_file import BoardTeller
from ytarchive_tui.db.clock import mend_waits
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.reach import reach
from ytarchive_tui.db.sidecar_queue import SidecarQueue
from ytarchive_tui.db.snapshots import SnapshotKeeper
from ytarchive_tui.db.sources import Sources
from ytarchive_tui.db.upgrades import Upgrades
from ytarchive_tui.db.views import Views
from ytarchive_tui.db.withheld import note_tools
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import JobKind, Listing, Stage
from ytarchive_tui.domain.ports import JobQueue
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.holding import held, roomy, sweep_sidecars, sweep_staging
from ytarchive_tui.outside import (
    LiveConfig,
    children_of,
    children_tools,
    extraction_config,
    feed_of,
    open_site,
    provider,
    quota_service,
)
from ytarchive_tui.services.bandwidth import BandwidthService
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.dials import Dials
from ytarchive_tui.services.logs import log_file
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.quota import QuotaService
from ytarchive_tui.services.reaching import in_force
from ytarchive_tui.services.removal import keep_tidy
from ytarchive_tui.services.site import SiteService
from ytarchive_tui.services.sources import SourcesService
from ytarchive_tui.services.taking_over import TakingOver
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import FileMode, Settings, Verify
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.room import Room
from ytarchive_tui.storage.supplying import SidecarFolders
from ytarchive_tui.workers.bandwidth import Bandwidth
from ytarchive_tui.workers.crew import Crew
from ytarchive_tui.workers.download import DownloadStage
from ytarchive_tui.workers.metadata import ListStage, ResolveStage
from ytarchive_tui.workers.scheduler import Scheduler
from ytarchive_tui.workers.sidecars import SidecarStage
from ytarchive_tui.workers.site_queue import SiteQueue
from ytarchive_tui.workers.speed import SpeedLimit
from ytarchive_tui.workers.storage import StorageStage
from ytarchive_tui.workers.worker import StageRun, Worker
from ytarchive_tui.ytdlp.adapters import (
    YtdlpDownloader,
    YtdlpFormatChecker,
    YtdlpLister,
    YtdlpLooker,
    YtdlpSidecarFetcher,
)

log = logging.getLogger(__name__)

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
    bandwidth: BandwidthService | None = None
    """None in a dry run."""
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
    wished = await reach(db)
    set_settings, settings = settings, in_force(settings, wished)
    config = LiveConfig(extraction_config(settings, paths.cache_dir, tools, wished.cookies_browser))
    children = await stack.enter_async_context(children_of(settings, config()))
    known = await known_archives(db)
    store = LocalArchive(
        children,
        ffprobe=_text(tools.ffprobe.path),
        ffmpeg=_text(tools.ffmpeg.path),
        known=known,
        decode=settings.archive.verify is Verify.DECODE,
        public=settings.archive.file_mode is FileMode.SHARED,
    )
    locks = ArchiveLocks(known, 0o755 if settings.archive.file_mode is FileMode.SHARED else 0o700)
    stack.callback(locks.close)
    board, views, dials = MemoryBoard(), Views(db), Dials(db, settings)
    taking = TakingOver(db, board)
    stack.push_async_callback(taking.close)
    for archive in tuple(known):
        await sweep_staging(db, store, locks, archive, await views.jobs_with_staging(archive))
    tidying = asyncio.create_task(keep_tidy(db), name="tidying")
    stack.push_async_callback(_ended, tidying)

    site, way = await open_site(
        db, set_settings, wished, lambda now, browser: _told(config, now, browser, paths, tools), queue, stack
    )
    line = Bandwidth(BandwidthRows(db), settings.bandwidth.rules(), dials.each_bps, dials.running)
    await line.open()
    stack.push_async_callback(line.close)
    asking = SiteQueue(queue, site, line)

    def worker(name: str, stage: Stage, kind: JobKind, run: StageRun, jobs: JobQueue = asking) -> Worker:
        return Worker(
            name,
            stage,
            kind,
            run,
            queue=jobs,
            store=store,
            board=board,
            rules=settings.retry,
            strategies=settings.strategy.by_class(),
            recall=partial(attempts.past, db),
        )

    resolve = held(
        locks, db, taking, ResolveStage(provider(settings, children, config, db, stack), store, board)
    )
    sources, looker = Sources(db), YtdlpLooker(children, config)
    listing = ListStage(
        asking, YtdlpLister(children, config), board, sources, looker, feed_of(settings.network)
    )
    download_alone = DownloadStage(queue, YtdlpDownloader(children, config), store, board, line.took)
    download = held(locks, db, taking, roomy(room, db, download_alone))
    storage = held(locks, db, taking, StorageStage(queue, store, board))
    if tools.ffmpeg.usable and tools.ffprobe.usable:
        # What was missing may be there by now; if it is not, each of them says so once more.
        again = await Control(db).retry_failed(classes=[FailureClass.TOOL])
        log.log(logging.INFO if again else logging.DEBUG, "%d jobs that lacked a program go on", again)
    versions = children_tools(tools)
    await note_tools(db, versions)
    late = SidecarQueue(db, settings.retry)
    fetcher = YtdlpSidecarFetcher(children, config)
    folders = SidecarFolders(children)
    for archive in filter(locks.held, tuple(known)):
        await sweep_sidecars(db, folders, known, archive)
    sidecars = held(locks, db, taking, SidecarStage(late, fetcher, folders))
    looked_at = Queue(db, lease_s=engine.lease_s, listing=Listing.BROWSE, beside=queue)
    workers: list[Background] = [
        Scheduler(sources),
        Scheduler(Upgrades(db, settings.retry, versions, settings.archive.options()), name="upgrades"),
        SnapshotKeeper(paths.database),
        BoardTeller(board, paths.state_dir),
        line,
        way,
        SpeedLimit(line.limit_bps, lambda limit: children.tell({"limit_bps": limit}), queue),
        worker("listing", Stage.METADATA, JobKind.SOURCE, listing),
        *several(
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
        *several(STORAGE_WORKERS, lambda n: worker(f"storage-{n}", Stage.STORAGE, JobKind.ITEM, storage)),
        worker("sidecars", Stage.METADATA, JobKind.ITEM, sidecars, SiteQueue(late, site)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    site_service, quota = SiteService(db, settings), quota_service(settings, db)
    lists = BrowserService(db), SourcesService(db)
    return Engine(service, *lists, site_service, workers, checker, BandwidthService(db), quota)


def _told(config: LiveConfig, now: Settings, browser: str | None, paths: Paths, tools: Tools) -> None:
    """From now on children reach the site by these settings."""
    config.config = extraction_config(now, paths.cache_dir, tools, browser)


def _open_log(settings: Settings, folder: Path, stack: AsyncExitStack) -> None:
    secrets = (*settings.secrets(), *read_api_keys(settings.youtube))
    stack.enter_context(
        log_file(folder, level=settings.log.level, keep_mb=settings.log.keep_mb, secrets=secrets)
    )


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    await asyncio.wait({task})


def several(count: int, make: Callable[[int], Worker]) -> list[Worker]:
    """Workers that differ in their number alone, which begins at 1."""
    return [make(n) for n in range(1, count + 1)]


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
