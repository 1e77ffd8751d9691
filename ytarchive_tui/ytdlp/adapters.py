"""The domain's ports, filled by tasks that run yt-dlp in children."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.models import (
    ItemMetadata,
    Job,
    JobOptions,
    Listing,
    ListPage,
    Progress,
    SourceKind,
    Stage,
    StagedDownload,
)
from ytarchive_tui.domain.ports import ChildRunner
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.protocol import FormatRequest, ItemRequest, ListRequest


class YtdlpProvider:
    """`MetadataProvider` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: ExtractionConfig) -> None:
        self._runner = runner
        self._config = config

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """Ask for one item; raises `StageError`."""
        request = _item_request(job, staging, self._config)
        return ItemMetadata.model_validate(await self._runner.run("resolve", request))


class YtdlpLister:
    """`SourceLister` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: ExtractionConfig) -> None:
        self._runner = runner
        self._config = config

    async def pages(self, job: Job) -> AsyncIterator[ListPage]:
        """Yield the pages in order; raises `StageError` after the last page that could be had.

        The child waits while a page is being handled, and ends when the iteration is given up.
        """
        assert job.source is not None, "only a source can be listed"
        request = ListRequest(
            job=job.id,
            url=job.source.address,
            kind=job.source.kind,
            config=self._config,
            whole=job.listing is Listing.ARCHIVE or job.source.kind is not SourceKind.TAB,
        )
        waiting: asyncio.Queue[ListPage] = asyncio.Queue(maxsize=1)

        async def on_event(event: dict[str, Any]) -> None:
            await waiting.put(ListPage.model_validate(event["page"]))

        listing = asyncio.create_task(
            self._runner.run("list_source", request.model_dump(mode="json"), on_event)
        )
        taking = asyncio.create_task(waiting.get())
        try:
            while True:
                await asyncio.wait([taking, listing], return_when=asyncio.FIRST_COMPLETED)
                if taking.done():
                    yield taking.result()
                elif waiting.empty():
                    break
                else:
                    continue
                taking = asyncio.create_task(waiting.get())
            await listing
        finally:
            listing.cancel()
            taking.cancel()
            await asyncio.gather(listing, taking, return_exceptions=True)


class YtdlpDownloader:
    """`Downloader` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: ExtractionConfig) -> None:
        self._runner = runner
        self._config = config

    async def download(
        self,
        job: Job,
        staging: Path,
        *,
        on_metadata: Callable[[ItemMetadata], Awaitable[None]],
        on_progress: Callable[[Progress], None],
    ) -> StagedDownload:
        """Download, resume or take over what lies in `staging`; raises `StageError`."""

        async def on_event(event: dict[str, Any]) -> None:
            if "progress" in event:
                on_progress(Progress(job_id=job.id, stage=Stage.DOWNLOAD, **event["progress"]))
            elif "metadata" in event:
                await on_metadata(ItemMetadata.model_validate(event["metadata"]))

        request = _item_request(job, staging, self._config)
        return StagedDownload.model_validate(await self._runner.run("download", request, on_event))


class YtdlpFormatChecker:
    """`FormatChecker` by yt-dlp's own parser."""

    def __init__(self, runner: ChildRunner, config: ExtractionConfig) -> None:
        self._runner = runner
        self._config = config

    async def check(self, options: JobOptions) -> str | None:
        """None when the options can be used, else what is wrong with them."""
        request = FormatRequest(options=options, config=self._config)
        complaint: str | None = (await self._runner.run("check_format", request.model_dump(mode="json")))[
            "complaint"
        ]
        return complaint


def _item_request(job: Job, staging: Path, config: ExtractionConfig) -> dict[str, Any]:
    assert job.item is not None, "only an item can be resolved or downloaded"
    request = ItemRequest(
        job=job.id,
        url=job.item.url,
        extractor=job.item.extractor,
        video_id=job.item.video_id,
        staging=staging,
        options=job.options,
        config=config,
    )
    return request.model_dump(mode="json")
