"""Which metadata provider is asked, and who steps in."""

from __future__ import annotations

import logging
from pathlib import Path

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import ItemMetadata, Job
from ytarchive_tui.domain.ports import MetadataProvider

log = logging.getLogger(__name__)


class FirstThatAnswers:
    """Asks providers in order; only the last one's failure is the item's failure."""

    def __init__(self, *providers: MetadataProvider) -> None:
        self._providers = providers

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """The first answer; raises the last provider's `StageError`."""
        for provider in self._providers[:-1]:
            try:
                return await provider.resolve(job, staging)
            except StageError as error:
                log.warning(
                    "%s did not answer, another provider is asked: %s",
                    type(provider).__name__,
                    error,
                    extra={"job": job.id},
                )
        return await self._providers[-1].resolve(job, staging)
