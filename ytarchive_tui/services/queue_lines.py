"""The answers of the queue's service, and how they are made of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ytarchive_tui.db.views import JobRow
from ytarchive_tui.domain.models import Frozen, Progress, Stage, Status


class JobLine(Frozen):
    """One job, as a line of the queue shows it."""

    job_id: int
    video_id: str | None
    url: str
    title: str | None
    channel: str | None
    stage: Stage
    status: Status
    reason: str | None
    run_after: datetime | None
    failure_class: str | None
    attempts: int
    height_obtained: int | None
    height_offered: int | None
    size: int | None
    """Bytes in the archive; before that, of what was selected, when the site told it."""
    duration_s: float | None
    folder: Path | None
    """Where the item lies in the archive; None while it does not."""


class LiveLine(JobLine):
    """A running job with its newest progress."""

    progress: Progress | None


class Overview(Frozen):
    """How the jobs of some sources stand, counted; sources' own jobs count among all but `done`."""

    sources_open: int
    """Lists that are queued or being read."""
    total: int
    """Items, whatever their state."""
    done: int
    already: int
    """Items in the archive for which there never was a job here."""
    queued: int
    running: int
    waiting: int
    blocked: int
    failed: int
    cancelled: int
    hidden: Mapping[str, int]
    """Items of lists that get no job, by reason: `private`, `removed`, `not_wanted`; not among `total`."""
    damaged: int = 0
    """Items whose files a check found missing or changed, and that no job brings again."""
    bytes_archived: int
    next_due_s: float | None
    """Seconds until the first waiting job is due; None when none waits."""
    held: int
    """Of `queued`: wait for room on their archive's disk."""
    trying: int
    """Of `running`: have just begun to look whether there is room again."""
    running_s: float
    """For how long the item runs that began first; 0 when none runs."""


class Figures(Frozen):
    """The whole queue in a few numbers, from counters: cheap at any size."""

    running: int = 0
    queued: int = 0
    waiting: int = 0
    blocked: int = 0
    paused: int = 0
    failed: int = 0
    done: int = 0
    cancelled: int = 0

    @property
    def open(self) -> int:
        """Jobs that are not at their end."""
        return self.running + self.queued + self.waiting + self.blocked + self.paused

    @property
    def total(self) -> int:
        """All jobs."""
        return self.open + self.failed + self.done + self.cancelled


class PreviewLine(Frozen):
    """What a run would do with one item."""

    video_id: str
    url: str
    title: str | None
    duration_s: float | None
    size: int | None
    estimated: bool = False
    """True when the size is worked out from the length, by what other items of the run need."""
    height: int | None
    already: bool = False
    problem: str | None = None


def estimated(lines: list[PreviewLine]) -> list[PreviewLine]:
    """Give every line of known length a size, by the bytes a second of those whose size is known."""
    known = [line for line in lines if line.size is not None and line.duration_s]
    seconds = sum(line.duration_s or 0 for line in known)
    if not seconds:
        return lines
    rate = sum(line.size or 0 for line in known) / seconds
    return [
        line.model_copy(update={"size": round(rate * line.duration_s), "estimated": True})
        if line.size is None and line.duration_s and not line.problem
        else line
        for line in lines
    ]


def preview_line(row: JobRow) -> PreviewLine:
    assert row.video_id is not None
    return PreviewLine(
        video_id=row.video_id,
        url=row.url,
        title=row.title,
        duration_s=row.duration_s,
        size=row.size,
        height=row.selected_height,
        already=row.folder is not None,
        problem=None if row.status is Status.DONE else row.reason or f"still {row.status}",
    )


def fields(row: JobRow) -> dict[str, object]:
    return {
        "job_id": row.id,
        "video_id": row.video_id,
        "url": row.url,
        "title": row.title,
        "channel": row.channel,
        "stage": row.stage,
        "status": row.status,
        "reason": row.reason,
        "run_after": row.run_after,
        "failure_class": row.failure_class,
        "attempts": row.attempts,
        "height_obtained": row.obtained_height,
        "height_offered": row.offered_height,
        "size": row.size,
        "duration_s": row.duration_s,
        "folder": row.archive / row.folder if row.folder is not None else None,
    }
