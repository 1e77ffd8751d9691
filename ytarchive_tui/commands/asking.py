"""What the commands that only ask have in common: the services, and yt-dlp if it comes to that."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.addresses import BadAddress, Recognised, recognise
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import (
    Item,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    ListPage,
    Source,
    Stage,
    Status,
)
from ytarchive_tui.domain.text import plain
from ytarchive_tui.outside import children_of, extraction_config, metadata_cache, youtube_client
from ytarchive_tui.services.metadata import MetadataService
from ytarchive_tui.services.playlist import PlaylistService
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import find_tools
from ytarchive_tui.ytdlp.adapters import YtdlpLister, YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool


class Asking(NamedTuple):
    """Services on the user's own state file, also beside a running engine."""

    metadata: MetadataService
    playlists: PlaylistService


@asynccontextmanager
async def asking(options: Mapping[str, Any]) -> AsyncIterator[Asking]:
    """Open the services; raises `UsageError` and the database's own errors."""
    settings, paths = settings_of(options).settings, paths_of(options)
    # What a person should know of the API is told by the services; the log belongs to the engine.
    for name in ("ytarchive_tui", "googleapiclient"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    async with AsyncExitStack() as stack:
        paths.make()
        db = await stack.enter_async_context(await Database.open(paths.database))
        client = youtube_client(settings, db, stack, for_a_person=True)
        cache = metadata_cache(settings, db)
        ytdlp = _Ytdlp(settings, paths, stack)
        metadata = MetadataService(cache, client, ytdlp.describe, parallel=settings.engine.metadata_workers)
        yield Asking(metadata, PlaylistService(cache, client, metadata, ytdlp.pages))


def addresses(texts: tuple[str, ...]) -> list[Recognised]:
    """What was given on the command line; raises `UsageError` with a line for each that is no address."""
    found, problems = [], []
    for text in texts:
        try:
            found.append(recognise(text))
        except BadAddress as error:
            problems.append(f"{plain(text, 60)}: {error.reason}")
    if problems:
        raise UsageError("\n".join(problems))
    return found


class _Ytdlp:
    """Answers single questions outside of any job; its processes start with the first one."""

    def __init__(self, settings: Settings, paths: Paths, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._paths = paths
        self._stack = stack
        self._opening = asyncio.Lock()
        self._opened: tuple[ChildPool, ExtractionConfig, Path] | None = None

    async def describe(self, video_id: str) -> ItemMetadata:
        """Ask for one video; raises `StageError`."""
        children, config, scratch = await self._open()
        address = f"https://www.youtube.com/watch?v={video_id}"
        item = Item(id=0, extractor="youtube", video_id=video_id, url=address)
        staging = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=scratch))
        try:
            return await YtdlpProvider(children, config).resolve(self._job(JobKind.ITEM, item=item), staging)
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)

    async def pages(self, found: Recognised) -> AsyncIterator[ListPage]:
        """Read a list; raises `StageError`."""
        children, config, _ = await self._open()
        source = Source(
            id=0, url=found.address, address=found.address, kind=found.kind, options=self._options(),
            created_at=datetime.now(UTC),
        )  # fmt: skip
        async for page in YtdlpLister(children, config).pages(self._job(JobKind.SOURCE, source=source)):
            yield page

    async def _open(self) -> tuple[ChildPool, ExtractionConfig, Path]:
        async with self._opening:
            if self._opened is None:
                tools = await asyncio.to_thread(
                    find_tools, self._settings.tools, os.environ, self._paths.cache_dir
                )
                config = extraction_config(self._settings, self._paths.cache_dir, tools)
                scratch = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ytarchive-asking-"))
                children = await self._stack.enter_async_context(children_of(self._settings, config))
                self._opened = children, config, Path(scratch)
        return self._opened

    def _job(self, kind: JobKind, **of: Any) -> Job:
        now = datetime.now(UTC)
        return Job(
            id=0, kind=kind, stage=Stage.METADATA, status=Status.RUNNING, options=self._options(),
            created_at=now, updated_at=now, **of,
        )  # fmt: skip

    def _options(self) -> JobOptions:
        return JobOptions(archive=self._settings.archive.root, quality=self._settings.archive.quality)
