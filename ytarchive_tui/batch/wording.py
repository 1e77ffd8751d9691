"""Amounts, moments and jobs as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ytarchive_tui.batch.happenings import Happening, Kind
from ytarchive_tui.domain.amounts import duration as duration
from ytarchive_tui.domain.amounts import size as size
from ytarchive_tui.domain.models import Status
from ytarchive_tui.domain.text import plain

if TYPE_CHECKING:
    from ytarchive_tui.batch.view import Summary
    from ytarchive_tui.services.queue_lines import JobLine
    from ytarchive_tui.services.quota import Detour

_TITLE = 200
_NOTES = 3


def moment(at: datetime | None) -> str:
    """When something goes on, in the user's own time; with the day unless that is today."""
    if at is None:
        return ""
    local = at.astimezone()
    today = datetime.now(local.tzinfo).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%a %d %b %H:%M}"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 video`, `1,200 videos`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def name(line: JobLine) -> str:
    """What a job is about: its title, or its address while there is none."""
    title = plain(line.title or "", _TITLE).strip()
    if not title:
        return plain(line.url, _TITLE)
    return f"{title} [{line.video_id}]" if line.video_id else title


def height(line: JobLine) -> str:
    """`1080p`, or `360p of 1080p` when better was offered; empty when it is not known."""
    if line.height_obtained is None:
        return ""
    if line.height_offered is None or line.height_offered <= line.height_obtained:
        return f"{line.height_obtained}p"
    return f"{line.height_obtained}p of {line.height_offered}p"


def details(line: JobLine) -> str:
    """What was obtained: height, length and size, as far as they are known."""
    return ", ".join(filter(None, (height(line), duration(line.duration_s), size(line.size))))


def reason(line: JobLine) -> str:
    """Why a job is not done, and when it goes on."""
    why = plain(line.reason or "no reason was given", _TITLE)
    match line.status:
        case Status.WAITING:
            return f"tries again at {moment(line.run_after)}: {why}"
        case Status.BLOCKED:
            return f"needs you: {why}"
        case Status.PAUSED:
            return "paused by you"
        case Status.QUEUED | Status.RUNNING:
            return "the next run goes on with it"
        case _:
            return why


def detour(found: Detour | None) -> str:
    """Who tells the metadata from now on."""
    return found.sentence if found else "the Data API is asked again"


def hidden(counts: Mapping[str, int], which: str = "") -> Iterator[str]:
    """What of a list gets no job: `3 private or removed`, with `which` after the number."""
    gone = counts.get("private", 0) + counts.get("removed", 0)
    for number, word in ((gone, "private or removed"), (counts.get("not_wanted", 0), "not wanted")):
        if number:
            yield f"{number:,}{which} {word}"


def _notes(notes: Sequence[str]) -> str:
    more = f"; and {count(len(notes) - _NOTES, 'more note')}" if len(notes) > _NOTES else ""
    return "".join(f"; {plain(note, _TITLE)}" for note in notes[:_NOTES]) + more


def sentence(happening: Happening) -> str:
    """One happening as one line."""
    line = happening.line
    match happening.kind:
        case Kind.LISTED:
            if happening.entries is None:
                return f"listed    {name(line)}"
            known = [count(happening.entries, "video"), *hidden(happening.hidden, " of them")]
            return f"listed    {name(line)}: {', '.join(known)}"
        case Kind.ARCHIVED:
            more = details(line)
            return f"archived  {name(line)}" + (f" ({more})" if more else "") + _notes(happening.notes)
        case Kind.ALREADY:
            return f"already   {name(line)}"
        case Kind.STARTED:
            return f"started   {name(line)}"
        case Kind.WAITING | Kind.BLOCKED | Kind.FAILED | Kind.CANCELLED:
            return f"{happening.kind.value:<9} {name(line)}: {reason(line)}"


def outcome(summary: Summary) -> str:
    """The whole run in one line."""
    seen = summary.overview
    with_notes = f" ({summary.with_notes:,} with notes)" if summary.with_notes else ""
    parts = [f"{summary.archived:,} archived{with_notes}"]
    for number, word in (
        (summary.already, "already there"),
        (seen.queued + seen.running + seen.sources_open, "not finished"),
        (seen.waiting, "waiting"),
        (seen.blocked, "need you" if seen.blocked != 1 else "needs you"),
        (seen.failed, "failed"),
        (seen.cancelled, "cancelled"),
        (seen.damaged, "damaged (add by name to fetch again)"),
    ):
        if number:
            parts.append(f"{number:,} {word}")
    parts += hidden(seen.hidden)
    if summary.bad_lines:
        parts.append(count(summary.bad_lines, "bad line"))
    return f"{', '.join(parts)}; {size(seen.bytes_archived)} in {duration(summary.seconds)}"
