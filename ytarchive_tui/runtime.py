"""The composition root: opens everything in order, wires ports to adapters, owns the worker tasks."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.seed import seed_archived
from ytarchive_tui.db.views import Views
from ytarchive_tui.domain.models import Claim, JobKind, JobOptions, Listing, Stage, StageOutcome
from ytarchive_tui.domain.policy import after_metadata_alone
from ytarchive_tui.domain.ports import ArchiveStore, ChildRunner, MetadataProvider
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.logs import log_file
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import ChildMode, FileMode, Settings, Verify
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers.download import DownloadStage
from ytarchive_tui.workers.metadata import ListStage, ResolveStage, SampleStage
from ytarchive_tui.workers.providers import FirstThatAnswers
from ytarchive_tui.workers.storage import StorageStage
from ytarchive_tui.workers.worker import StageRun, Worker
from ytarchive_tui.youtube_api.client import ApiConfig, YouTubeClient
from ytarchive_tui.youtube_api.provider import ApiProvider
from ytarchive_tui.ytdlp.adapters import YtdlpDownloader, YtdlpFormatChecker, YtdlpLister, YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool, Mode
from ytarchive_tui.ytdlp.protocol import TASKS as YTDLP_TASKS

log = logging.getLogger(__name__)
child_log = logging.getLogger("ytarchive_tui.child")
"""What children say on their standard error."""

TASKS = {**YTDLP_TASKS, "verify": "ytarchive_tui.storage.verification:verify"}
DRY_RUN_SAMPLE = 20
"""Items of lists that a dry run asks for one by one; the sizes of the others are estimated from these."""
_CHILD_MODES: dict[ChildMode, Mode] = {
    ChildMode.AUTO: "auto",
    ChildMode.ZYGOTE: "fork",
    ChildMode.POOL: "pool",
}
BROWSE_WORKERS = 2
"""For lists that somebody looks at: these wait for no archive's listing, nor for the one looked at before."""
STORAGE_WORKERS = 2
"""Verifying reads each file once; a second worker overlaps one item's reading with another's rename."""


class Runtime:
    """An open engine. Nothing runs before `start`; `open` closes everything in reverse order."""

    def __init__(
        self,
        queue: QueueService,
        browser: BrowserService,
        workers: list[Worker],
        checker: YtdlpFormatChecker | None,
        drain_s: float,
    ) -> None:
        self.queue = queue
        self.browser = browser
        self._workers = workers
        self._checker = checker
        self._drain_s = drain_s
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, paths: Paths, *, tools: Tools, dry_run: bool = False
    ) -> AsyncIterator[Runtime]:
        """Take the engine's lock, open the database and start the zygote.

        A dry run takes no lock and writes only to a temporary folder. Raises `EngineBusyError`, `UsageError`
        and the database's own errors.
        """
        async with AsyncExitStack() as stack:
            if dry_run:
                scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ytarchive-dry-run-")))
                opening = _open_dry(settings, paths, tools, scratch, stack)
            else:
                opening = _open_engine(settings, paths, tools, stack)
            runtime = await opening
            stack.push_async_callback(runtime.stop)
            yield runtime

    @classmethod
    @asynccontextmanager
    async def attach(cls, settings: Settings, paths: Paths) -> AsyncIterator[Runtime]:
        """Open the state beside the process that owns the engine: to read, and to leave wishes for it.

        Raises the database's own errors.
        """
        async with AsyncExitStack() as stack:
            db = await Database.open(paths.database)
            stack.push_async_callback(db.close)
            queue = Queue(db, lease_s=settings.engine.lease_s)
            service = QueueService(db, queue, MemoryBoard())
            yield cls(service, BrowserService(db), [], None, settings.engine.drain_s)

    @property
    def is_remote(self) -> bool:
        """True when another process runs the workers."""
        return not self._workers

    def start(self) -> None:
        """Let the workers begin."""
        self._tasks = [asyncio.create_task(worker.work(), name=worker.name) for worker in self._workers]

    @property
    def failure(self) -> BaseException | None:
        """What ended a worker that should still run: a fault of the database, or of ours."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                return error
        return None

    async def drain(self) -> None:
        """Claim nothing new and let running stages end within the settings' time; then stop the rest."""
        for worker in self._workers:
            worker.drain()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._drain_s)
        await self.stop()

    async def stop(self) -> None:
        """Stop running stages now; their jobs go back into the queue."""
        for worker in self._workers:
            worker.drain()
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def check_options(self, options: JobOptions) -> str | None:
        """None when the options can be used, else what is wrong with them; asks no network.

        A remote leaves that to the engine.
        """
        return await self._checker.check(options) if self._checker else None


async def _open_engine(settings: Settings, paths: Paths, tools: Tools, stack: AsyncExitStack) -> Runtime:
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
    children = await stack.enter_async_context(_children(settings, config))
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

    resolve = _holding(locks, ResolveStage(_provider(settings, children, config, stack), store, board))
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
    return Runtime(service, BrowserService(db), workers, checker, settings.engine.drain_s)


async def _open_dry(
    settings: Settings, paths: Paths, tools: Tools, scratch: Path, stack: AsyncExitStack
) -> Runtime:
    """Metadata workers alone, on a throw-away database that knows what the real one has archived."""
    db = await Database.open(scratch / "dry-run.db")
    stack.push_async_callback(db.close)
    await seed_archived(db, paths.database)
    queue = Queue(db, lease_s=settings.engine.lease_s)
    config = extraction_config(settings, scratch, tools)
    children = await stack.enter_async_context(_children(settings, config))
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

    resolve = ResolveStage(_provider(settings, children, config, stack), store, board)
    sample = SampleStage(resolve, DRY_RUN_SAMPLE)
    workers = [
        worker("listing", JobKind.SOURCE, ListStage(queue, YtdlpLister(children, config), board)),
        *_several(settings.engine.metadata_workers, lambda n: worker(f"metadata-{n}", JobKind.ITEM, sample)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    return Runtime(service, BrowserService(db), workers, checker, settings.engine.drain_s)


def extraction_config(settings: Settings, cache_dir: Path, tools: Tools) -> ExtractionConfig:
    """How children reach the site, from the settings and the tools that were found."""
    network, runtime = settings.network, tools.js_runtime
    return ExtractionConfig(
        proxy=network.proxy,
        ca_file=network.ca_file,
        cookies_file=network.cookies_file,
        socket_timeout_s=network.socket_timeout_s,
        limit_bps=network.limit_bytes_per_s,
        ffmpeg=tools.ffmpeg.path if tools.ffmpeg.usable else None,
        js_runtimes={runtime.name: runtime.path} if runtime.usable else {},
        sleep_requests_s=network.sleep_requests_s,
        source_address=network.source_address,
        cache_folder=cache_dir / "yt-dlp",
        use_ytdlp_config=settings.engine.use_ytdlp_config,
    )


def _provider(
    settings: Settings, children: ChildRunner, config: ExtractionConfig, stack: AsyncExitStack
) -> MetadataProvider:
    """The Data API when there is a key, and yt-dlp in any case."""
    ytdlp = YtdlpProvider(children, config)
    keys = read_api_keys(settings.youtube)
    if not keys:
        return ytdlp
    api = ApiConfig(
        keys=keys,
        endpoint=settings.youtube.api_endpoint,
        proxy=settings.network.proxy,
        ca_file=settings.network.ca_file,
        timeout_s=settings.network.socket_timeout_s,
    )
    client = YouTubeClient(api)
    stack.callback(client.close)
    return FirstThatAnswers(ApiProvider(client), ytdlp)


def _children(settings: Settings, config: ExtractionConfig) -> ChildPool:
    environment = {}
    if settings.network.ca_file:
        environment["SSL_CERT_FILE"] = str(settings.network.ca_file)
    return ChildPool(
        TASKS,
        # Whole: what the zygote has ready serves only children with the very same settings.
        config=config.model_dump(mode="json"),
        log=lambda task, job, line: child_log.info("%s", line, extra={"task": task, "job": job}),
        memory_limit=settings.engine.child_memory,
        mode=_CHILD_MODES[settings.engine.child_mode],
        environment=environment,
    )


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
