"""One line of progress for all files of an item, at most five times a second."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from ytarchive_tui.ytdlp.child.pace import pace
from ytarchive_tui.ytdlp.protocol import Activity, ProgressEvent
from ytarchive_tui.ytdlp.task import Emit

INTERVAL_S = 0.2


class ProgressReport:
    """Sums the files up; `on_transfer` and `on_step` are yt-dlp's hooks."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._done: dict[str, int] = {}
        self._totals: dict[str, int | None] = {}
        self._activity: Activity | None = None
        self._next = 0.0
        self._before = pace.received

    def plan(self, formats: Iterable[Mapping[str, Any]]) -> None:
        """Tell what will be fetched, so that the total is known from the start."""
        for planned in formats:
            size = planned.get("filesize") or planned.get("filesize_approx")
            self._totals[str(planned.get("format_id"))] = int(size) if size else None

    def on_transfer(self, status: Mapping[str, Any]) -> None:
        """Take a progress report of yt-dlp's downloader."""
        now = time.monotonic()
        info = status["info_dict"]
        name = str(info.get("format_id"))
        activity: Activity = "audio" if info.get("vcodec") == "none" else "video"
        total = status.get("total_bytes") or status.get("total_bytes_estimate")
        self._done[name] = int(status.get("downloaded_bytes") or status.get("total_bytes") or 0)
        if total:
            self._totals[name] = int(total)
        if now >= self._next or activity != self._activity or status["status"] == "finished":
            self._next = now + INTERVAL_S
            self.say(activity, speed=status.get("speed") if status["status"] == "downloading" else None)

    def on_step(self, status: Mapping[str, Any]) -> None:
        """Take a report of a postprocessor."""
        if status["status"] == "started" and self._activity != "merging":
            self.say("merging")

    def say(self, activity: Activity, speed: float | None = None) -> None:
        """Report now."""
        self._activity = activity
        done = sum(self._done.values())
        known = [size for size in self._totals.values() if size is not None]
        total = max(sum(known), done) if len(known) == len(self._totals) and known else None
        eta = (total - done) / speed if speed and total is not None else None
        event = ProgressEvent(
            activity=activity,
            done=done,
            total=total,
            speed=speed,
            eta_s=eta,
            received=pace.received - self._before,
        )
        self._emit({"progress": event.model_dump()})
