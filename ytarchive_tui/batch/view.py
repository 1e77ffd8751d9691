"""What a run shows, whoever looks: a person at a terminal, a pipe, or a program that reads JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.happenings import Happening
from ytarchive_tui.batch.input import BatchInput
from ytarchive_tui.domain.models import Status

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import JobLine, LiveLine, Overview, PreviewLine
    from ytarchive_tui.services.quota import Detour

AGAIN = "run the same command again to go on"


@dataclass(frozen=True, slots=True)
class State:
    """How things stand at this moment."""

    overview: Overview
    live: Sequence[LiveLine]
    held: Sequence[JobLine]
    """Jobs that wait or need someone, as of the last look."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a batch."""

    overview: Overview
    archived: int
    """In this run."""
    unfinished: Sequence[JobLine]
    """Every job that is not done, with its reason."""
    bad_lines: int
    seconds: float
    interrupted: bool = False
    with_notes: int = 0
    """Of those archived in this run, how many have notes: something beside them was refused or left out."""

    @property
    def already(self) -> int:
        """Items that were in the archive before this run."""
        seen = self.overview
        return max(seen.done + seen.already - seen.damaged - self.archived, 0)

    @property
    def complete(self) -> bool:
        """True when every line was usable and everything that can be had by it is in the archive."""
        seen = self.overview
        open_ = seen.sources_open + seen.queued + seen.running + seen.waiting
        lost = seen.blocked + seen.failed + seen.cancelled + seen.damaged
        return not (self.bad_lines or self.unfinished or open_ or lost)

    @property
    def exit_code(self) -> ExitCode:
        """How the program ends."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.ALL_ARCHIVED if self.complete else ExitCode.NOT_ALL_ARCHIVED

    def of(self, *statuses: Status) -> list[JobLine]:
        """The unfinished jobs with one of these statuses."""
        return [line for line in self.unfinished if line.status in statuses]


class View(Protocol):
    """One way of showing a run; used as a context manager, so that a terminal is always given back."""

    pause_s: float
    """Between two looks at the queue for it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, batch: BatchInput) -> None:
        """The file was read: show its bad lines, duplicates and how many entries are left."""

    def message(self, text: str) -> None:
        """Say something to the person who started the run."""

    def detour(self, detour: Detour | None) -> None:
        """The Data API is not asked any more, and yt-dlp is instead; None: it is asked again."""

    def happened(self, happening: Happening) -> None:
        """One thing became true."""

    def state(self, state: State) -> None:
        """How things stand; called at each look."""

    def preview(self, lines: Sequence[PreviewLine]) -> None:
        """What would be downloaded."""

    def summary(self, summary: Summary) -> None:
        """The run is over."""
