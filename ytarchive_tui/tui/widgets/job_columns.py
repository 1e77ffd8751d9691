"""The columns of the queue: what each says of a job, and in which look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from ytarchive_tui.db.pages import QueueRow
from ytarchive_tui.domain.models import TAKING_STOCK, Progress
from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.widgets.columns import Column, Piece
from ytarchive_tui.tui.wording import cells, count, duration, moment, size

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOKS = {
    "running": "info", "queued": "dim", "waiting": "warn", "blocked": "accent", "paused": "dim",
    "done": "good", "failed": "bad", "cancelled": "dim",
}  # fmt: skip
_SPEED = 9
"""Cells of `11.8 MB/s`, so that what follows stands in one line."""
_ACTIVITY = {
    "metadata": "asking what there is", "extract": "asking what there is", "download": "starting",
    "storage": "verifying", "listing": "reading the list",
}  # fmt: skip


class JobColumns:
    """Makes the columns; `progress` tells what is newest of a running job, `on_hold` whether all is held."""

    def __init__(
        self,
        glyphs: Glyphs,
        progress: Callable[[int], Progress | None],
        on_hold: Callable[[], bool],
        held: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`held`: why no download may begin now, and when it goes on."""
        self._glyphs = glyphs
        self._progress = progress
        self._on_hold = on_hold
        self._held = held
        self.frame = 0
        """Turns the spinners."""

    def columns(self) -> tuple[Column[QueueRow], ...]:
        """In their order on screen."""
        return (
            Column("status", "", self._status, width=1, keep=9),
            Column("title", "Title", self._title, width=24, share=6, most=80, keep=9),
            Column("channel", "Channel", self._channel, width=14, share=1, most=22, keep=3),
            Column("stage", "Stage", self._stage, width=8, keep=4),
            Column("progress", "Progress", self._bar, width=14, keep=6),
            Column("size", "Size", self._size, width=7, keep=2, justify="right"),
            Column("why", "Why / next", self._why, width=24, share=5, keep=8),
        )

    def _status(self, row: QueueRow, width: int) -> Sequence[Piece]:
        return [(self._glyphs.of_status(row.status, self.frame), LOOKS.get(row.status, "text"))]

    def _title(self, row: QueueRow, width: int) -> Sequence[Piece]:
        look = "dim" if row.status in ("done", "cancelled") else "text"
        name = cells(row.title or "").strip() or _short(row.url)
        if row.kind == "source":
            return [(name, look), (f" ({count(row.entries or 0, 'item')})", "dim")]
        return [(name, look if row.title else "dim")]

    def _channel(self, row: QueueRow, width: int) -> Sequence[Piece]:
        return [(cells(row.channel or ("a list" if row.kind == "source" else "")), "dim")]

    def _stage(self, row: QueueRow, width: int) -> Sequence[Piece]:
        if row.status == "done":
            return [("listed" if row.kind == "source" else "archived", "good")]
        if row.kind == "source":
            return [("listing", "dim")]
        return [(row.stage, "info" if row.status == "running" else "dim")]

    def _bar(self, row: QueueRow, width: int) -> Sequence[Piece]:
        progress = self._progress(row.id) if row.status == "running" else None
        if row.status != "running":
            return [(self._height(row), "dim")]
        if progress is None or not progress.total:
            listed = progress is not None and progress.activity in ("listing", TAKING_STOCK)
            return (
                [(f"{progress.done:,} found", "dim")]
                if progress is not None and progress.done and listed
                else []
            )
        share = progress.done / progress.total
        filled, rest = self._glyphs.progress(share, max(width - 5, 1))
        return [(filled, "bar"), (rest, "rest"), (f"{min(share, 1):>5.0%}", "text")]

    def _size(self, row: QueueRow, width: int) -> Sequence[Piece]:
        return [(size(row.size), "dim")]

    def _height(self, row: QueueRow) -> str:
        got, offered = row.obtained_height, row.offered_height
        if got is None:
            return ""
        return f"{got}p" if offered is None or offered <= got else f"{got}p of {offered}p"

    def _why(self, row: QueueRow, width: int) -> Sequence[Piece]:
        progress = self._progress(row.id) if row.status == "running" else None
        speed: list[Piece] = []
        if progress is not None and progress.speed:
            speed.append((f"{size(progress.speed) + '/s':>{_SPEED}}  ", "text"))
        return [*speed, why(row, progress, on_hold=self._on_hold(), held=self._held())]


def why(
    row: QueueRow, progress: Progress | None = None, *, on_hold: bool = False, held: str | None = None
) -> tuple[str, str]:
    """Why a job stands where it does and what comes next, in words, and the look for them.

    `held`: why no download may begin now, and when it goes on.
    """
    reason = cells(row.reason or "")
    match row.status:
        case "running" if row.cancel_requested:
            return "being cancelled", "warn"
        case "running" if row.pause_requested or on_hold:
            return "being paused", "warn"
        case "queued" if on_hold:
            return "on hold; P resumes all", "warn"
        case "waiting" if on_hold:
            return f"on hold, due {moment(_at(row.run_after))}: {reason}", "warn"
        case "queued" if held and row.kind == "item" and row.stage == "download":
            return held, "warn"
        case "running" if (
            progress is not None and progress.eta_s is not None and progress.activity != "listing"
        ):
            left = f"{duration(progress.eta_s)} left"
            usual = progress.activity in ("video", "audio")
            return left if usual else f"{left} · {_activity(progress.activity)}", "dim"
        case "running":
            begun = "listing" if row.kind == "source" else row.stage
            return _activity(progress.activity if progress else begun), "dim"
        case "waiting":
            return f"at {moment(_at(row.run_after))}: {reason}", "warn"
        case "blocked":
            return f"needs you: {reason}", "accent"
        case "paused":
            return "paused by you", "dim"
        case "failed":
            return reason or "failed", "bad"
        case "cancelled":
            return reason or "cancelled", "dim"
        case "done":
            return " · ".join(filter(None, (moment(_at(row.updated_at)), reason))), "dim"
        case _:
            follow = {
                "metadata": "next in line",
                "download": "ready to download",
                "storage": "ready to store",
            }
            first = f"priority {row.priority:+} · " if row.priority else ""
            return first + (reason or follow.get(row.stage, "")), "dim"


def _activity(word: str) -> str:
    return cells(_ACTIVITY.get(word, word))


def _at(us: int | None) -> datetime | None:
    return None if us is None else _EPOCH + timedelta(microseconds=us)


def _short(url: str) -> str:
    """An address without what all of them begin with, so that its id is seen in few cells."""
    bare = cells(url).removeprefix("https://").removeprefix("www.")
    return bare.replace("youtube.com/watch?v=", "youtu.be/", 1)
