"""The view for a person at a terminal: bars for what runs, above them what is finished.

It draws on standard error; the lines about items and the final table are data and go to
standard output, unless that is the same terminal. The cursor stays visible and no mode of the
terminal is changed, so there is nothing to restore even after a kill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ytarchive_tui.batch import wording
from ytarchive_tui.batch.happenings import Happening, Kind
from ytarchive_tui.batch.input import BatchInput
from ytarchive_tui.batch.output import LineWriter
from ytarchive_tui.batch.view import State, Summary
from ytarchive_tui.batch.view_plain import PlainView
from ytarchive_tui.domain.models import TAKING_STOCK, Progress, Status
from ytarchive_tui.domain.text import plain

if TYPE_CHECKING:
    from ytarchive_tui.services.queue_lines import JobLine, LiveLine, PreviewLine
    from ytarchive_tui.services.quota import Detour

_BAR = 12
_REASONS = 3
_ROWS = 40
_STUCK = (Status.FAILED, Status.BLOCKED, Status.WAITING, Status.PAUSED, Status.CANCELLED)
_STYLES = {
    Kind.ARCHIVED: "green",
    Kind.WAITING: "yellow",
    Kind.BLOCKED: "magenta",
    Kind.FAILED: "red",
    Kind.CANCELLED: "red",
}


class LiveView:
    """Bars on `console`, a terminal on standard error; without `data` the lines about items go there too."""

    pause_s = 0.1

    def __init__(self, console: Console, data: LineWriter | None) -> None:
        self._console = console
        self._above = _Above(console)
        self._plain = PlainView(data or self._above, self._above)
        self._own_data = data is None
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        self._console.show_cursor(True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def read(self, batch: BatchInput) -> None:
        """As in the plain view, above the bars."""
        self._plain.read(batch)

    def message(self, text: str) -> None:
        """One line above the bars."""
        self._plain.message(text)

    def detour(self, detour: Detour | None) -> None:
        """One line above the bars."""
        self._above.style = "yellow" if detour else ""
        self._plain.detour(detour)
        self._above.style = ""

    def happened(self, happening: Happening) -> None:
        """One line above the bars, coloured by what happened."""
        self._above.style = _STYLES.get(happening.kind, "")
        self._plain.happened(happening)
        self._above.style = ""

    def state(self, state: State) -> None:
        """Draw the bars."""
        self._live.update(render(state, self._console.width, self._console.height), refresh=True)

    def preview(self, lines: Sequence[PreviewLine]) -> None:
        """As in the plain view; the bars go."""
        self._live.update(Text(""), refresh=True)
        self._plain.preview(lines)

    def summary(self, summary: Summary) -> None:
        """The bars go; the table of what is not done and the totals stay."""
        self._live.update(Text(""), refresh=True)
        if self._own_data and (stuck := summary.of(*_STUCK)):
            self._console.print(_unfinished(stuck))
        self._plain.summary(summary)


class _Above:
    """Lines that scroll by above the bars."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.style = ""

    def write(self, line: str) -> None:
        """Print one line, broken where the terminal ends; nothing in it is read as markup."""
        self._console.print(Text(line, style=self.style), overflow="fold", highlight=False)


def render(state: State, width: int, height: int) -> RenderableType:
    """The bars: the whole batch, each running job, and why others wait."""
    room = max(height - _REASONS - 4, 1)
    parts: list[RenderableType] = [_overall(state)]
    parts += [_job(line, width) for line in state.live[:room]]
    if len(state.live) > room:
        parts.append(_text(f"… and {len(state.live) - room} more running", "dim"))
    parts += _held(state.held)
    return Group(*parts)


def _overall(state: State) -> RenderableType:
    seen = state.overview
    finished = seen.done + seen.already
    speed = sum(line.progress.speed or 0 for line in state.live if line.progress)
    known = f"{seen.total:,}" + ("+" if seen.sources_open else "")
    words = [f"{finished:,} of {known} archived"]
    for number, word in (
        (seen.waiting, "waiting"),
        (seen.blocked, "need you" if seen.blocked != 1 else "needs you"),
        (seen.failed, "failed"),
    ):
        if number:
            words.append(f"{number:,} {word}")
    if speed:
        words.append(f"{wording.size(speed)}/s")
    row = _row(_BAR * 2)
    row.add_row(_bar(finished, seen.total, _BAR * 2), _text(" · ".join(words), "bold"))
    return row


def _job(line: LiveLine, width: int) -> RenderableType:
    progress = line.progress
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=_BAR)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(width=min(30, width // 2), no_wrap=True, overflow="ellipsis", justify="right")
    bar = _bar(progress.done, progress.total, _BAR) if progress else _text("")
    row.add_row(bar, _text(wording.name(line)), _text(_pace(progress) or line.stage.value, "cyan"))
    return row


def _pace(progress: Progress | None) -> str:
    if progress is None:
        return ""
    if progress.activity in ("listing", TAKING_STOCK):
        return f"{progress.activity} {progress.done:,}"
    parts = [plain(progress.activity, 12)]
    if progress.total:
        parts.append(f"{min(progress.done / progress.total, 1):.0%}")
    if progress.speed:
        parts.append(f"{wording.size(progress.speed)}/s")
    if progress.eta_s is not None:
        parts.append(f"{wording.duration(progress.eta_s)} left")
    return " ".join(parts)


def _held(held: Sequence[JobLine]) -> list[RenderableType]:
    """The commonest reasons for which jobs wait, each with how many it holds up."""
    reasons = Counter(wording.reason(line) for line in held)
    shown: list[RenderableType] = [
        _text(f"{number:,} × {reason}" if number > 1 else reason, "yellow")
        for reason, number in reasons.most_common(_REASONS)
    ]
    if len(reasons) > _REASONS:
        shown.append(_text(f"… and {len(reasons) - _REASONS} other reasons", "dim"))
    return shown


def _unfinished(stuck: Sequence[JobLine]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("not done", width=9)
    table.add_column("what", ratio=2, no_wrap=True, overflow="ellipsis")
    table.add_column("why", ratio=3)
    for line in sorted(stuck, key=lambda line: _STUCK.index(line.status))[:_ROWS]:
        table.add_row(line.status.value, _text(wording.name(line)), Text(wording.reason(line)))
    if len(stuck) > _ROWS:
        table.add_row("", f"… and {len(stuck) - _ROWS:,} more", "")
    return table


def _row(first: int) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=first)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    return row


def _bar(done: float, total: float | None, width: int) -> RenderableType:
    if not total:
        return _text("")
    return ProgressBar(total=total, completed=min(done, total), width=width)


def _text(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
