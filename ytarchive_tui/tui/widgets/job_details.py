"""The pane beside the queue: one job with its attempts, its files and its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.domain.events import EventKind, JournalEntry
from ytarchive_tui.domain.models import Format
from ytarchive_tui.tui.widgets.thumbnail import Thumbnail
from ytarchive_tui.tui.wording import cells, count, duration, fit, moment, size

if TYPE_CHECKING:
    from ytarchive_tui.db.attempts import Attempt
    from ytarchive_tui.services.job_details import JobDetails
    from ytarchive_tui.services.log_filter import LogLine

_Piece = tuple[str, str]
_HISTORY = 200
_NEWEST_FIRST = slice(None, None, -1)


class DetailsPane(VerticalScroll, can_focus=True):
    """Scrolls by itself; its title is the job's."""

    DEFAULT_CSS = """
    DetailsPane {
        background: $surface;
        padding: 0 1;
        border-top: solid $foreground 25%;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
        &:focus { border-top: solid $primary; }
    }
    """

    def compose(self) -> ComposeResult:
        """A picture where there is one, and one text."""
        yield Thumbnail()
        yield Static("", markup=False, id="text")

    def show(self, details: JobDetails | None, log: Sequence[LogLine] = ()) -> None:
        """Write another job's details with its newest log lines, or none."""
        # As `Content`: a title given as text would be read as markup, and `[/b]` would end the program.
        title = "" if details is None else f" {cells(details.row.title or details.row.url)} "
        self.border_title = Content(title)
        self.border_subtitle = "" if details is None else f" {_subtitle(details)} "
        text = Content("") if details is None else Content.assemble(*_lines(details, log))
        self.query_one("#text", Static).update(text)
        kept = details.kept if details is not None else None
        self.query_one(Thumbnail).show(kept.thumbnail if kept is not None else None)


def _subtitle(details: JobDetails) -> str:
    row = details.row
    parts = [count(row.attempts, "attempt")]
    if row.obtained_height:
        offered = row.offered_height
        better = offered is not None and offered > row.obtained_height
        parts.append(f"{row.obtained_height}p of {offered}p offered" if better else f"{row.obtained_height}p")
    elif row.offered_height:
        parts.append(f"up to {row.offered_height}p offered")
    return " · ".join(parts)


def _lines(details: JobDetails, log: Sequence[LogLine]) -> Iterator[_Piece]:
    row = details.row
    if row.reason and row.status not in ("done", "running"):
        look = {"failed": "$text-error", "waiting": "$text-warning", "blocked": "$text-accent"}.get(
            row.status, ""
        )
        kind = f" ({row.failure_class.value.replace('_', ' ')})" if row.failure_class else ""
        when = f"again at {moment(row.run_after)}: " if row.run_after else ""
        yield f"{when}{cells(row.reason)}", look
        yield f"{kind}\n", "dim"
    facts = [cells(row.channel or ""), duration(row.duration_s), size(row.size)]
    if row.priority:
        facts.append(f"priority {row.priority:+}")
    if known := " · ".join(filter(None, facts)):
        yield f"{known}\n", ""
    yield f"{cells(row.url)}\n", "$text-primary"
    yield "wanted   ", "dim"
    yield f"{cells(details.options.quality)} {details.options.container}\n", ""
    if details.offered:
        yield "offered  ", "dim"
        yield f"{cells(', '.join(details.offered))}\n", ""
    if details.kept is not None:
        yield from _kept(details)
    if details.attempts:
        yield "\nAttempts\n", "bold"
        for attempt in details.attempts[_NEWEST_FIRST]:
            yield from _attempt(attempt)
    if log:
        yield "\nLog", "bold"
        yield ", all of it with l\n", "dim"
        for line in log[_NEWEST_FIRST]:
            yield f"{_clock(line.at)} ", "dim"
            yield (
                f"{cells(line.text)}\n",
                {"warning": "$text-warning", "error": "$text-error"}.get(line.level, ""),
            )
    yield "\nHistory\n", "bold"
    for entry in details.journal[-_HISTORY:][_NEWEST_FIRST]:
        yield f"{entry.at.astimezone():%H:%M:%S} ", "dim"
        yield f"{_entry(entry)}\n", ""


def _clock(at: str) -> str:
    """The time of day of a log line, in the user's own zone."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S}"
    except ValueError:
        return fit(at, 8)


def _kept(details: JobDetails) -> Iterator[_Piece]:
    kept = details.kept
    assert kept is not None
    manifest = kept.manifest
    if manifest.obtained:
        yield "obtained ", "dim"
        yield f"{' + '.join(_format(each) for each in manifest.obtained)}\n", ""
    yield f"\nFiles in {cells(str(kept.archive / kept.folder))}\n", "bold"
    for file in manifest.files:
        yield f"{size(file.size):>8}  ", ""
        yield f"{file.sha256[:12]}  ", "dim"
        yield f"{cells(file.name)}\n", ""
    for note in manifest.notes:
        yield f"{cells(note)}\n", "$text-warning"


def _format(each: Format) -> str:
    parts = [
        each.format_id,
        each.ext,
        f"{each.height}p" if each.height else "",
        each.vcodec or each.acodec or "",
    ]
    return cells(" ".join(filter(None, parts)))


def _attempt(attempt: Attempt) -> Iterator[_Piece]:
    took = (
        "" if attempt.ended_at is None else duration((attempt.ended_at - attempt.started_at).total_seconds())
    )
    yield f"{attempt.started_at.astimezone():%H:%M:%S} ", "dim"
    yield fit(f"{attempt.stage} {attempt.n}", 12), ""
    outcome = attempt.outcome or "running"
    yield (
        fit(outcome, 12),
        {"succeeded": "$text-success", "failed": "$text-error"}.get(outcome, "$text-primary"),
    )
    yield f"{took:>6}  ", "dim"
    yield f"{cells(attempt.message or '')}\n", ""


def _entry(entry: JournalEntry) -> str:
    data = entry.data
    match entry.kind:
        case EventKind.JOB_REMOVED:
            return f"you: {'put on the list again' if data.get('back') else 'removed from the list'}"
        case EventKind.JOB_CHANGED:
            return f"you: {cells(str(data.get('action', 'changed')))}"
        case EventKind.STAGE_STARTED:
            return f"{cells(str(data.get('stage')))} started, attempt {data.get('attempt')}"
        case EventKind.STAGE_FINISHED:
            return f"{cells(str(data.get('stage', 'stage')))} finished"
        case EventKind.STAGE_FAILED:
            why = data.get("reason") or data.get("sentence") or data.get("message") or ""
            return f"{cells(str(data.get('stage', 'stage')))} failed: {cells(str(why))}"
        case EventKind.ITEM_ARCHIVED:
            return "in the archive"
        case EventKind.LEASE_LOST:
            return "the program stopped in the middle of it"
        case _:
            return entry.kind.value.replace("_", " ")
