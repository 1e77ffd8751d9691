"""What parent and child tell each other, beyond the domain's own models."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from ytarchive_tui.domain.models import Frozen, JobOptions, SourceKind
from ytarchive_tui.ytdlp.options import ExtractionConfig

TASKS = {
    name: f"ytarchive_tui.ytdlp.child.tasks:{name}"
    for name in ("resolve", "list_source", "look", "download", "sidecars", "check_format")
}
"""The tasks of this package, for `ChildPool`."""

Activity = Literal["video", "audio", "merging", "subtitles", "thumbnail"]


class ItemRequest(Frozen):
    """Asks for one item."""

    job: int
    url: str
    extractor: str
    video_id: str
    staging: Path
    options: JobOptions
    config: ExtractionConfig
    max_age_s: float = 3600.0
    """How old an extraction may be for a download to use it."""


class ListRequest(Frozen):
    """Asks for the entries of a source."""

    job: int
    url: str
    kind: SourceKind
    config: ExtractionConfig
    whole: bool = True
    """Whether lists in the list are listed as well; else they are named."""
    list_url: str | None = None
    """Where the entries were found before."""
    known: tuple[str, ...] = ()
    """The first ids as they were last listed; the reading ends before a request that brings nothing new."""
    told: int | None = None
    """How many entries the list said it had then."""
    unproved_from: date | None = None
    """See `domain.changes.unproved_from`."""
    most: int = 200_000
    """Entries after which a list is taken for endless."""


class LookRequest(Frozen):
    """Asks how some videos are seen, at one request each."""

    job: int
    video_ids: tuple[str, ...]
    config: ExtractionConfig


class FormatRequest(Frozen):
    """Asks whether options can be used."""

    options: JobOptions
    config: ExtractionConfig


class ProgressEvent(Frozen):
    """How far a download is; sizes in bytes, over all files of the item."""

    activity: Activity
    done: int = 0
    total: int | None = None
    speed: float | None = None
    eta_s: float | None = None
    received: int = 0
    """What came from the site in this task; what lay there before does not count."""
