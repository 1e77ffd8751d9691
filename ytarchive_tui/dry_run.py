"""The composition root of a dry run: metadata alone, and nothing written that stays."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.seed import seed_archived
from ytarchive_tui.domain.models import JobKind, Stage
from ytarchive_tui.domain.policy import after_metadata_alone
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.engine import Background, Engine, several
from ytarchive_tui.outside import children_of, extraction_config
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.services.site import SiteService
from ytarchive_tui.services.sources import SourcesService
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers.metadata import ListStage, ResolveStage, SampleStage
from ytarchive_tui.workers.worker import StageRun, Worker
from ytarchive_tui.ytdlp.adapters import YtdlpFormatChecker, YtdlpLister, YtdlpProvider

SAMPLE = 20
"""Items of lists that a dry run asks for one by one; the sizes of the others are estimated from these."""


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
    sample = SampleStage(resolve, SAMPLE)
    workers: list[Background] = [
        worker("listing", JobKind.SOURCE, ListStage(queue, YtdlpLister(children, config), board)),
        *several(settings.engine.metadata_workers, lambda n: worker(f"metadata-{n}", JobKind.ITEM, sample)),
    ]
    service = QueueService(db, queue, board)
    checker = YtdlpFormatChecker(children, config)
    lists = BrowserService(db), SourcesService(db)
    return Engine(service, *lists, SiteService(db, settings), workers, checker)
