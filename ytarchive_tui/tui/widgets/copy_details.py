"""The pane beside the library: one copy with its files, what was offered and obtained, and its history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.db.library_rows import Check, LibraryDetails, Outlook
from ytarchive_tui.domain.events import EventKind, JournalEntry
from ytarchive_tui.domain.models import AtSource, Format, ManifestFile
from ytarchive_tui.services import source_words
from ytarchive_tui.tui.widgets.copy_columns import STATES, day
from ytarchive_tui.tui.widgets.thumbnail import Thumbnail
from ytarchive_tui.tui.wording import cells, count, duration, size

_Piece = tuple[str, str]
_HISTORY = 100
_DESCRIPTION = 4000
_STYLES: Mapping[str, str] = {
    "stored": "$text-muted",
    "whole": "$text-success",
    "withheld": "$text-warning",
    "changed": "$text-warning",
    "missing": "$text-error",
}
_TOLD = {
    EventKind.JOB_QUEUED: "queued",
    EventKind.LEASE_LOST: "the program stopped in the middle of it",
    EventKind.ITEM_ARCHIVED: "stored in the archive",
    EventKind.ITEM_SKIPPED: "nothing to do",
    EventKind.ITEM_NOT_REPLACED: "fetched again, but the copy there was is better and stays",
    EventKind.ITEM_SUPPLIED: "what it lacked came and was added",
    EventKind.ITEM_DELETED: "you: deleted its files",
    EventKind.ITEM_RELINKED: "you: found its files at another place",
}


class CopyDetails(VerticalScroll, can_focus=True):
    """Scrolls by itself; its title is the item's."""

    DEFAULT_CSS = """
    CopyDetails {
        background: $surface;
        padding: 0 1;
        border-top: solid $foreground 25%;
        border-title-color: $foreground;
        border-title-style: bold;
        scrollbar-size-vertical: 1;
        &:focus { border-top: solid $primary; }
    }
    """

    def compose(self) -> ComposeResult:
        """A picture where there is one, and one text."""
        yield Thumbnail()
        yield Static("", markup=False, id="text")

    def show(self, details: LibraryDetails | None) -> None:
        """Write another copy's details, or none."""
        if details is None:
            self.border_title = ""
            self.query_one("#text", Static).update(Content(""))
            self.query_one(Thumbnail).show(None)
            return
        row = details.row
        self.border_title = Content(f" {cells(row.title or row.video_id)} ")
        self.query_one("#text", Static).update(Content.assemble(*_lines(details)))
        self.query_one(Thumbnail).show(details.copy.thumbnail)


def _got(height: int | None, offered: int | None) -> str:
    if height is None:
        return "audio"
    return f"{height}p of {offered}p offered" if offered and offered > height else f"{height}p"


def _lines(details: LibraryDetails) -> Iterator[_Piece]:
    row, manifest = details.row, details.copy.manifest
    facts = [
        cells(row.channel or ""),
        day(row.published),
        duration(row.seconds),
        _got(row.height, row.offered),
        size(row.size),
    ]
    yield f"{' · '.join(filter(None, facts))}\n", ""
    yield f"{cells(row.url)}\n", "$text-primary"
    yield from _state(details)
    yield "\nFiles\n", "bold"
    yield f"{cells(str(details.copy.archive / row.folder))}\n", "$text-muted"
    for file in manifest.files:
        yield f"{size(file.size):>8}  ", ""
        yield f"{file.sha256[:12]}  ", "$text-muted"
        yield f"{cells(file.name)}\n", ""
    if languages := ", ".join(_language(file) for file in manifest.files if file.language):
        yield "Subtitles  ", "bold"
        yield f"{cells(languages)}\n", ""
    yield "Obtained   ", "bold"
    yield f"{' + '.join(map(_format, manifest.obtained)) or _got(row.height, row.offered)}\n", ""
    if row.offered:
        yield "Offered    ", "bold"
        asked = manifest.quality == f"{row.height}p"
        lesser = row.height is not None and row.offered > row.height and not asked
        yield f"up to {row.offered}p", "$text-warning" if lesser else ""
        yield f", asked for: {cells(manifest.quality)}\n", ""
    for note in manifest.notes:
        yield f"{cells(note)}\n", "$text-warning"
    if details.sidecars is not None:
        yield "Lacking    ", "bold"
        lacking = ", ".join(each.note.partition(":")[0] for each in manifest.missing)
        yield f"{cells(lacking)}: {_next(details.sidecars, 'given up')}\n", ""
    if details.withheld is not None:
        yield "Better     ", "bold"
        yield f"{_next(details.withheld, 'looked for when tools are newer')}\n", ""
    yield "\nHistory\n", "bold"
    yield from _history(details)
    if details.metadata is not None and details.metadata.description:
        yield "\nDescription\n", "bold"
        for line in details.metadata.description[:_DESCRIPTION].splitlines():
            yield f"{cells(line)}\n", ""


def _next(outlook: Outlook, end: str) -> str:
    """What is still tried, and when; `end`: what is said after the last try."""
    tried = f" after {count(outlook.tries, 'try', 'tries')}" if outlook.tries else ""
    if outlook.next_at is not None:
        return f"asked for again {_moment(outlook.next_at)}{tried}"
    return f"{end}{tried}" if outlook.tries else "asked for again by itself"


def _state(details: LibraryDetails) -> Iterator[_Piece]:
    row, last = details.row, details.checks[-1] if details.checks else None
    when = "" if row.state in ("stored", "withheld") or last is None else f" {_moment(last.at)}"
    yield f"{STATES[row.state]}{when}", _STYLES[row.state]
    if details.at_source is not AtSource.UNKNOWN:
        seen = details.at_source_seen_at
        yield (
            f" · {details.at_source} at its source",
            "" if details.at_source is AtSource.PUBLIC else "$text-warning",
        )
        yield f", seen {_moment(seen)}" if seen else "", ""
    yield "\n", ""
    if last is not None and row.state in ("changed", "missing"):
        for problem in last.problems:
            yield f"  {cells(problem)}\n", _STYLES[row.state]


def _history(details: LibraryDetails) -> Iterator[_Piece]:
    """Newest first."""
    told: list[tuple[datetime, str, str]] = [
        *((entry.at, words, "") for entry in details.journal if (words := _entry(entry))),
        *((check.at, *_check(check)) for check in details.checks),
    ]
    told.sort(key=lambda each: each[0], reverse=True)
    for at, words, style in told[:_HISTORY]:
        yield f"{_moment(at)}  ", "$text-muted"
        yield f"{words}\n", style


def _check(check: Check) -> tuple[str, str]:
    if not check.problems:
        return "verified, every byte as stored", "$text-success"
    return f"verified: {count(len(check.problems), 'file')} {check.found}", _STYLES[check.found]


def _entry(entry: JournalEntry) -> str:
    data = entry.data
    match entry.kind:
        case EventKind.STAGE_FAILED:
            return f"{cells(str(data.get('stage')))} failed: {cells(str(data.get('reason') or ''))}"
        case EventKind.STAGE_FINISHED:
            return f"{cells(str(data.get('stage')))} finished"
        case EventKind.JOB_REMOVED:
            return f"you: {'put on the list again' if data.get('back') else 'removed from the list'}"
        case EventKind.JOB_CHANGED:
            return f"you: {cells(str(data.get('action', 'changed')))}"
        case EventKind.JOB_QUEUED if data.get("better_than") is not None:
            return "looked for a better picture"
        case EventKind.ITEM_CHANGED:
            what, text = source_words.item_line(data)
            return f"{what}: {cells(text)}"
        case EventKind.JOB_QUEUED if "again" in data:
            return f"you: fetch again, {cells(str(data['again']))}"
        case _:
            return _TOLD.get(entry.kind, "")


def _language(file: ManifestFile) -> str:
    return f"{file.language} (automatic)" if file.auto else str(file.language)


def _format(each: Format) -> str:
    parts = (each.format_id, each.ext, f"{each.height}p" if each.height else "", each.vcodec, each.acodec)
    return cells(" ".join(part for part in parts if part and part != "none"))


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
