"""The domain's ports, filled by tasks that run yt-dlp in children."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.changes import unproved_from
from ytarchive_tui.domain.models import (
    AtSource,
    FetchedSidecars,
    Former,
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
from ytarchive_tui.ytdlp.options import ExtractionConfig, is_named
from ytarchive_tui.ytdlp.protocol import FormatRequest, ItemRequest, ListRequest, LookRequest

MOST_KNOWN = 1000
"""How many entries of a former listing a child is told; further down there is nothing new."""


Config = ExtractionConfig | Callable[[], ExtractionConfig]
"""How children reach the site: for good, or as it is at each moment."""


class YtdlpProvider:
    """`MetadataProvider` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: Config) -> None:
        self._runner = runner
        self._config = config

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """Ask for one item; raises `StageError`."""
        request = _item_request(job, staging, _now(self._config))
        return ItemMetadata.model_validate(await self._runner.run("resolve", request, more=True))


class YtdlpLooker:
    """`VideoLooker` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: Config) -> None:
        self._runner = runner
        self._config = config

    async def look(self, job: Job, video_ids: Sequence[str]) -> Mapping[str, AtSource]:
        """How each video is seen when it is asked for by itself; raises `StageError`."""
        request = LookRequest(job=job.id, video_ids=tuple(video_ids), config=_now(self._config))
        seen = await self._runner.run("look", request.model_dump(mode="json"))
        return {video_id: AtSource(each) for video_id, each in seen.items()}


class YtdlpLister:
    """`SourceLister` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: Config) -> None:
        self._runner = runner
        self._config = config

    async def pages(self, job: Job, former: Former | None = None) -> AsyncGenerator[ListPage, None]:
        """Yield the pages in order; raises `StageError` after the last page that could be had.

        With `former`, only as far as it takes to see what changed among the newest.
        The child waits while a page is being handled, and ends when the iteration is given up.
        """
        assert job.source is not None, "only a source can be listed"
        whole_at = former.whole_at if former else None
        request = ListRequest(
            job=job.id,
            url=job.source.address,
            kind=job.source.kind,
            config=_now(self._config),
            list_url=job.source.list_url,
            known=former.ids[:MOST_KNOWN] if former else (),
            told=former.told if former else None,
            unproved_from=unproved_from(whole_at, datetime.now(UTC)) if whole_at else None,
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

    def __init__(self, runner: ChildRunner, config: Config) -> None:
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

        request = _item_request(job, staging, _now(self._config))
        told = await self._runner.run("download", request, on_event, more=True)
        return StagedDownload.model_validate(told)


class YtdlpSidecarFetcher:
    """`SidecarFetcher` by yt-dlp."""

    def __init__(self, runner: ChildRunner, config: Config) -> None:
        self._runner = runner
        self._config = config

    async def fetch(self, job: Job, staging: Path) -> FetchedSidecars:
        """The subtitles and the thumbnail that the job's options name; raises `StageError`."""
        request = _item_request(job, staging, _now(self._config))
        return FetchedSidecars.model_validate(await self._runner.run("sidecars", request))


class YtdlpFormatChecker:
    """`FormatChecker` by yt-dlp's own parser."""

    def __init__(self, runner: ChildRunner, config: Config) -> None:
        self._runner = runner
        self._config = config

    async def check(self, options: JobOptions) -> str | None:
        """None when the options can be used, else what is wrong with them."""
        config = _now(self._config)
        if is_named(options.quality) and not config.use_ytdlp_config:
            return None  # Without a child: what can be begun at once is not held up by yt-dlp's start.
        request = FormatRequest(options=options, config=config)
        complaint: str | None = (await self._runner.run("check_format", request.model_dump(mode="json")))[
            "complaint"
        ]
        return complaint


def _now(config: Config) -> ExtractionConfig:
    return config if isinstance(config, ExtractionConfig) else config()


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
