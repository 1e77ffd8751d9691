"""Metadata for jobs: whoever asks for one video asks for those that come next as well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import ItemMetadata, Job
from ytarchive_tui.domain.quota import MOST_AT_ONCE
from ytarchive_tui.services.metadata import MetadataService

Upcoming = Callable[[int], Awaitable[list[str]]]
"""Ids of the next jobs, at most so many, that nothing is known of yet."""


class BatchedProvider:
    """`MetadataProvider` by the Data API: 50 videos for the price of one."""

    def __init__(self, service: MetadataService, upcoming: Upcoming) -> None:
        self._service = service
        self._upcoming = upcoming
        self._asking = asyncio.Lock()

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """Tell of one item; raises `StageError`, also when the API does not know the id."""
        assert job.item is not None
        if job.item.extractor != "youtube":
            raise StageError(Evidence(exception=("NotListed",), message="not a video of YouTube"))
        video_id = job.item.video_id
        async with self._asking:
            told = (await self._service.known([video_id])).get(video_id)
            if told is None:
                others = [each for each in await self._upcoming(MOST_AT_ONCE) if each != video_id]
                told = (await self._service.from_api([video_id, *others][:MOST_AT_ONCE]))[video_id]
        if told.metadata is None:
            assert told.failure is not None
            raise StageError(told.failure.evidence)
        return told.metadata
