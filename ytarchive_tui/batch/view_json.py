"""The view for programs: one JSON object a line on standard output; `docs/batch.md` is its reference.

Text is written as it came, with everything beyond ASCII escaped, so that no title can
break a line, a terminal or a decoder.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ytarchive_tui.batch import wording
from ytarchive_tui.batch.happenings import Happening, Kind
from ytarchive_tui.batch.input import BatchInput
from ytarchive_tui.batch.output import LineWriter
from ytarchive_tui.batch.view import State, Summary
from ytarchive_tui.domain.models import Status

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import JobLine, PreviewLine
    from ytarchive_tui.services.quota import Detour

PROGRESS_S = 1.0
"""At most one `progress` object for each running job in this time."""


class JsonView:
    """JSON lines; with `quiet` there are no `progress` objects."""

    pause_s = 1.0

    def __init__(self, data: LineWriter, messages: LineWriter, *, quiet: bool = False) -> None:
        self._data = data
        self._messages = messages
        self._quiet = quiet
        self._next_progress = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def read(self, batch: BatchInput) -> None:
        """`bad_line`, `duplicate` and `entry` objects, then `batch`."""
        for bad in batch.bad:
            self._write("bad_line", file=batch.name, line=bad.line, text=bad.text, reason=bad.reason)
        for twice in batch.duplicates:
            self._write(
                "duplicate", file=batch.name, line=twice.line, first=twice.first, address=twice.address
            )
        for entry in batch.entries:
            found = entry.found
            self._write(
                "entry", file=batch.name, line=entry.line, kind=found.kind.value, address=found.address,
                video_id=found.video_id, note=found.note,
            )  # fmt: skip
        self._write(
            "batch", file=batch.name, entries=len(batch.entries), bad_lines=len(batch.bad),
            duplicates=len(batch.duplicates),
        )  # fmt: skip

    def message(self, text: str) -> None:
        """For people: on standard error."""
        self._messages.write(text)

    def detour(self, detour: Detour | None) -> None:
        """A `data_api` object, and the same for people on standard error."""
        self.message(wording.detour(detour))
        self._write(
            "data_api", asked=detour is None, reason=detour.reason if detour else None,
            until=detour.until.isoformat() if detour else None,
        )  # fmt: skip

    def happened(self, happening: Happening) -> None:
        """An object named after what happened."""
        extra: dict[str, Any] = {}
        if happening.entries is not None:
            extra = {"entries": happening.entries, "hidden": happening.hidden}
        elif happening.kind is Kind.ARCHIVED:
            extra = {"notes": list(happening.notes)}
        self._write(happening.kind.value, happening.at, **_job(happening.line), **extra)

    def state(self, state: State) -> None:
        """A `progress` object for each running job, now and then."""
        if self._quiet or time.monotonic() < self._next_progress:
            return
        self._next_progress = time.monotonic() + PROGRESS_S
        for line in state.live:
            if progress := line.progress:
                self._write(
                    "progress", job_id=line.job_id, video_id=line.video_id, stage=progress.stage.value,
                    activity=progress.activity, done=progress.done, total=progress.total,
                    speed=progress.speed, eta_s=progress.eta_s,
                )  # fmt: skip

    def preview(self, lines: Sequence[PreviewLine]) -> None:
        """A `preview` object for each item, then `preview_total`."""
        for line in lines:
            self._write(
                "preview", video_id=line.video_id, url=line.url, title=line.title, duration_s=line.duration_s,
                size=line.size, size_estimated=line.estimated, height=line.height, already=line.already,
                problem=line.problem,
            )  # fmt: skip
        new = [line for line in lines if not line.problem and not line.already]
        self._write(
            "preview_total", count=len(new), duration_s=sum(line.duration_s or 0 for line in new),
            size=sum(line.size or 0 for line in new), size_unknown=sum(line.size is None for line in new),
            size_estimated=sum(line.estimated for line in new),
            already=sum(1 for line in lines if line.already),
            problems=sum(1 for line in lines if line.problem),
        )  # fmt: skip

    def summary(self, summary: Summary) -> None:
        """The last object: `summary`."""
        seen = summary.overview
        self._write(
            "summary", archived=summary.archived, with_notes=summary.with_notes, hidden=seen.hidden,
            damaged=seen.damaged,
            already=summary.already, total=seen.total,
            not_finished=seen.queued + seen.running + seen.sources_open, waiting=seen.waiting,
            blocked=seen.blocked, failed=seen.failed, cancelled=seen.cancelled, bad_lines=summary.bad_lines,
            bytes_archived=seen.bytes_archived, seconds=round(summary.seconds, 3),
            unfinished=[_job(line) for line in summary.of(*_NOT_DONE)], interrupted=summary.interrupted,
            exit_code=int(summary.exit_code),
        )  # fmt: skip

    def _write(self, event: str, at: datetime | None = None, **fields: Any) -> None:
        moment = at or datetime.now(UTC)
        self._data.write(json.dumps({"event": event, "at": moment.isoformat(), **fields}, ensure_ascii=True))


_NOT_DONE = tuple(status for status in Status if status is not Status.DONE)


def _job(line: JobLine) -> dict[str, Any]:
    return {
        "job_id": line.job_id,
        "video_id": line.video_id,
        "url": line.url,
        "title": line.title,
        "channel": line.channel,
        "stage": line.stage.value,
        "status": line.status.value,
        "reason": line.reason,
        "failure_class": line.failure_class,
        "run_after": line.run_after.isoformat() if line.run_after else None,
        "attempts": line.attempts,
        "height_obtained": line.height_obtained,
        "height_offered": line.height_offered,
        "duration_s": line.duration_s,
        "size": line.size,
        "folder": str(line.folder) if line.folder is not None else None,
    }
