"""An open engine, for front ends: start, drain, stop, and what to ask and to wish for."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ytarchive_tui.db.board_file import BoardFollower
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import is_free
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.dry_run import open_dry
from ytarchive_tui.engine import Engine, open_engine
from ytarchive_tui.outside import quota_service
from ytarchive_tui.services.bandwidth import BandwidthService
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.site import SiteService
from ytarchive_tui.services.sources import SourcesService
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools


class Runtime:
    """An open engine. Nothing runs before `start`; `open` closes everything in reverse order."""

    def __init__(self, engine: Engine, drain_s: float, *, beside: Path | None = None) -> None:
        """`beside`: the state folder that another process works on; only for a remote."""
        self.queue = engine.queue
        self.browser = engine.browser
        self.sources = engine.sources
        self.site = engine.site
        self.bandwidth = engine.bandwidth
        self.quota = engine.quota
        self._workers = engine.workers
        self._checker = engine.checker
        self._drain_s = drain_s
        self._beside = beside
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
                engine = await open_dry(settings, paths, tools, scratch, stack)
            else:
                engine = await open_engine(settings, paths, tools, stack)
            runtime = cls(engine, settings.engine.drain_s)
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
            board = MemoryBoard()
            service, follower = QueueService(db, queue, board), BoardFollower(board, paths.state_dir)
            site, quota = SiteService(db, settings), quota_service(settings, db)
            line = BandwidthService(db)
            lists = BrowserService(db), SourcesService(db)
            engine = Engine(service, *lists, site, [follower], bandwidth=line, quota=quota)
            yield cls(engine, settings.engine.drain_s, beside=paths.state_dir)

    @property
    def is_remote(self) -> bool:
        """True when another process runs the workers."""
        return self._beside is not None

    @property
    def is_left_alone(self) -> bool:
        """True for a remote whose engine has ended."""
        return self._beside is not None and is_free(self._beside)

    def start(self) -> None:
        """Let the workers begin; a remote, which has none, begins to follow what the engine tells."""
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
