"""The progress board: the newest state of each running job, in memory only."""

from __future__ import annotations

from collections.abc import Iterable

from ytarchive_tui.domain.models import Progress, Stage


class MemoryBoard:
    """Latest wins; a screen's timer reads it, nothing is ever queued."""

    def __init__(self) -> None:
        self._latest: dict[int, Progress] = {}

    def put(self, progress: Progress) -> None:
        """Overwrite the job's entry."""
        self._latest[progress.job_id] = progress

    def drop(self, job_id: int) -> None:
        """Forget the job; its next stage starts with an empty entry."""
        self._latest.pop(job_id, None)

    def get(self, job_id: int) -> Progress | None:
        """The job's newest progress, or None while nothing was reported."""
        return self._latest.get(job_id)

    def all(self) -> tuple[Progress, ...]:
        """The newest progress of every job on the board."""
        return tuple(self._latest.values())

    def replace(self, entries: Iterable[Progress]) -> None:
        """Hold these entries and no others."""
        self._latest = {each.job_id: each for each in entries}

    def downloaded(self) -> int:
        """Bytes that the running downloads have by now."""
        return sum(each.done for each in self._latest.values() if each.stage is Stage.DOWNLOAD)
