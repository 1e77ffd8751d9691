"""The view for pipes and logs: one event a line, no bars, no colours.

What became of items goes to standard output; what is said about the run goes to standard error.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ytarchive_tui.batch import wording
from ytarchive_tui.batch.happenings import Happening, Kind
from ytarchive_tui.batch.input import BatchInput
from ytarchive_tui.batch.output import LineWriter
from ytarchive_tui.batch.view import State, Summary
from ytarchive_tui.domain.text import plain

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import PreviewLine
    from ytarchive_tui.services.quota import Detour

PROGRESS_S = 10.0
"""At most one line of progress in this time."""

_GOOD_NEWS = frozenset({Kind.LISTED, Kind.STARTED, Kind.ARCHIVED, Kind.ALREADY})


class PlainView:
    """Plain lines; with `quiet` only what went wrong is told."""

    pause_s = 1.0

    def __init__(self, data: LineWriter, messages: LineWriter, *, quiet: bool = False) -> None:
        self._data = data
        self._messages = messages
        self._quiet = quiet
        self._next_progress = time.monotonic() + PROGRESS_S
        self._progress = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def read(self, batch: BatchInput) -> None:
        """Name every bad line, then say what is left."""
        for bad in batch.bad:
            text = f": {bad.text}" if bad.text else ""
            self._messages.write(f"{batch.name}:{bad.line}: {bad.reason}{text}")
        if self._quiet:
            return
        for twice in batch.duplicates:
            self._messages.write(f"{batch.name}:{twice.line}: the same as line {twice.first}, taken once")
        for entry in batch.entries:
            if entry.found.note:
                self._messages.write(f"{batch.name}:{entry.line}: {entry.found.note}")
        entries = wording.count(len(batch.entries), "entry", "entries")
        self._messages.write(f"{batch.name}: {entries} to archive")

    def message(self, text: str) -> None:
        """One line on standard error."""
        self._messages.write(text)

    def detour(self, detour: Detour | None) -> None:
        """One line on standard error."""
        self.message(wording.detour(detour))

    def happened(self, happening: Happening) -> None:
        """One line on standard output; that a download begins is no news here."""
        if happening.kind is Kind.STARTED or (self._quiet and happening.kind in _GOOD_NEWS):
            return
        self._data.write(wording.sentence(happening))

    def state(self, state: State) -> None:
        """Now and then one line of progress, if anything changed."""
        if self._quiet or time.monotonic() < self._next_progress:
            return
        self._next_progress = time.monotonic() + PROGRESS_S
        line = _progress(state)
        if line != self._progress:
            self._progress = line
            self._messages.write(line)

    def preview(self, lines: Sequence[PreviewLine]) -> None:
        """One line an item, then the totals."""
        for line in lines:
            self._data.write(preview_line(line))
        self._data.write(preview_total(lines))

    def summary(self, summary: Summary) -> None:
        """The whole run in one line."""
        if not self._quiet:
            self._data.write(wording.outcome(summary))


def preview_line(line: PreviewLine) -> str:
    """What would be done with one item."""
    title = plain(line.title or "", 200).strip() or plain(line.url, 200)
    if line.problem:
        return f"can't     {title}: {plain(line.problem, 200)}"
    if line.already:
        return f"already   {title}"
    height = f"{line.height}p" if line.height else ""
    size = ("about " if line.estimated else "") + wording.size(line.size)
    known = filter(None, (height, wording.duration(line.duration_s), size))
    return f"would get {title} ({', '.join(known) or 'nothing known'})"


def preview_total(lines: Sequence[PreviewLine]) -> str:
    """Count, length and size of what would be downloaded."""
    new = [line for line in lines if not line.problem and not line.already]
    length = wording.duration(sum(line.duration_s or 0 for line in new))
    total = wording.size(sum(line.size or 0 for line in new))
    unknown = sum(line.size is None for line in new)
    estimated = any(line.estimated for line in new)
    at_least = "at least " if unknown else "about " if estimated else ""
    already = sum(1 for line in lines if line.already)
    problems = sum(1 for line in lines if line.problem)
    rest = f"; {already:,} already there" if already else ""
    rest += f"; {problems:,} can't be had" if problems else ""
    return f"{wording.count(len(new), 'video')} to download, {length} long, {at_least}{total}{rest}"


def _progress(state: State) -> str:
    seen = state.overview
    finished = seen.done + seen.already
    speed = sum(line.progress.speed or 0 for line in state.live if line.progress)
    parts = [f"{finished:,} of {seen.total:,} done", f"{len(state.live)} running"]
    if seen.waiting:
        parts.append(f"{seen.waiting:,} waiting")
    if speed:
        parts.append(f"{wording.size(speed)}/s")
    return ", ".join(parts)
