"""Which metadata provider is asked, and who steps in."""

from __future__ import annotations

import logging
from pathlib import Path

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.domain.models import ItemMetadata, Job
from ytarchive_tui.domain.ports import MetadataProvider

log = logging.getLogger(__name__)


class FirstThatAnswers:
    """Asks providers in order; only the last one's failure is the item's failure.

    A failure is logged when it begins, not for each item that it touches.
    """

    def __init__(self, *providers: MetadataProvider) -> None:
        self._providers = providers
        self._said: dict[MetadataProvider, FailureClass] = {}

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        """The first answer; raises the last provider's `StageError`."""
        # What is offered, which such a job is about, is told by yt-dlp alone.
        first = self._providers[:-1] if job.options.better_than is None else ()
        for provider in first:
            try:
                found = await provider.resolve(job, staging)
            except StageError as error:
                self._tell(provider, job, error)
            else:
                self._said.pop(provider, None)
                return found
        return await self._providers[-1].resolve(job, staging)

    def _tell(self, provider: MetadataProvider, job: Job, error: StageError) -> None:
        failure = classify(error.evidence)
        if failure.failure_class is FailureClass.GONE:
            log.info("%s: another provider is asked", failure.sentence, extra={"job": job.id})
        elif self._said.get(provider) is not failure.failure_class:
            self._said[provider] = failure.failure_class
            log.warning("%s: the work goes on through yt-dlp", failure.sentence, extra={"job": job.id})
