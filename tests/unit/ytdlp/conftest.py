"""A sandbox and a warm pool of children for this folder's tests; both live for one module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from child_kit import Kit

from ytarchive_tui.domain.models import (
    Former,
    Item,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    ListPage,
    Progress,
    Source,
    SourceKind,
    Stage,
    StagedDownload,
    Status,
)
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.process import SandboxProcess
from ytarchive_tui.sandbox.request_log import RequestRecord
from ytarchive_tui.ytdlp.adapters import YtdlpDownloader, YtdlpLister, YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool
from ytarchive_tui.ytdlp.protocol import TASKS

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Youtube:
    """The sandbox with children that reach it: what the tests of this folder speak to."""

    def __init__(self, addresses: Addresses, pool: ChildPool, config: ExtractionConfig, root: Path) -> None:
        self.control = ControlClient(addresses)
        self.pool = pool
        self.config = config
        self.root = root
        self.progress: list[Progress] = []
        self.metadata: list[ItemMetadata] = []
        self.logged: list[str] = []

    def job(self, video_id: str, **options: Any) -> Job:
        url = f"https://www.youtube.com/watch?v={video_id}"
        return self._job(
            JobKind.ITEM, options, item=Item(id=1, extractor="youtube", video_id=video_id, url=url)
        )

    def staging(self, name: str) -> Path:
        staging = self.root / name
        staging.mkdir(mode=0o700, exist_ok=True)
        return staging

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        return await YtdlpProvider(self.pool, self.config).resolve(job, staging)

    async def download(
        self, job: Job, staging: Path, on_progress: Callable[[Progress], None] | None = None
    ) -> StagedDownload:
        async def on_metadata(metadata: ItemMetadata) -> None:
            self.metadata.append(metadata)

        return await YtdlpDownloader(self.pool, self.config).download(
            job, staging, on_metadata=on_metadata, on_progress=on_progress or self.progress.append
        )

    def listing(
        self, url: str, kind: SourceKind = SourceKind.PLAYLIST, former: Former | None = None
    ) -> AsyncIterator[ListPage]:
        options = JobOptions(archive=self.root)
        source = Source(id=1, url=url, address=url, kind=kind, options=options, created_at=NOW)
        return YtdlpLister(self.pool, self.config).pages(self._job(JobKind.SOURCE, {}, source=source), former)

    def requests(self, kind: str) -> list[RequestRecord]:
        return self.control.log(kind)

    def _job(self, kind: JobKind, options: dict[str, Any], **of: Any) -> Job:
        return Job(
            id=1,
            kind=kind,
            stage=Stage.DOWNLOAD,
            status=Status.RUNNING,
            options=JobOptions(archive=self.root, **options),
            created_at=NOW,
            updated_at=NOW,
            **of,
        )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running_youtube(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Youtube]:
    root = tmp_path_factory.mktemp("youtube")
    logged: list[str] = []
    async with SandboxProcess(root / "sandbox") as addresses:
        config = ExtractionConfig(
            proxy=addresses.proxy,
            ca_file=Path(addresses.ca_file),
            js_runtimes={},
            retries=1,
            socket_timeout_s=2,
        )
        async with ChildPool(
            TASKS,
            log=lambda task, job, line: logged.append(line),
            config=config.model_dump(mode="json"),
            grace_s=1.0,
        ) as pool:
            youtube = Youtube(addresses, pool, config, root)
            youtube.logged = logged
            yield youtube


@pytest.fixture
def youtube(running_youtube: Youtube) -> Youtube:
    """The same for each test of a module, with fresh knobs and an empty log."""
    running_youtube.control.reset()
    running_youtube.control.clear_log()
    running_youtube.progress.clear()
    running_youtube.metadata.clear()
    running_youtube.logged.clear()
    return running_youtube


@pytest.fixture(params=["fork", "pool"])
async def kit(request: pytest.FixtureRequest) -> AsyncIterator[Kit]:
    kit = Kit(request.param)
    async with kit.pool:
        yield kit


@pytest.fixture
async def forking() -> AsyncIterator[Kit]:
    kit = Kit("fork")
    async with kit.pool:
        yield kit
