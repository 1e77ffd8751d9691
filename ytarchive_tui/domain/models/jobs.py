"""Sources, items, and the jobs that bring them to their goal."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ytarchive_tui.domain.models.base import Frozen


class SourceKind(StrEnum):
    """What a submitted address points at."""

    VIDEO = "video"
    PLAYLIST = "playlist"
    CHANNEL = "channel"
    TAB = "tab"


class JobKind(StrEnum):
    """Whether a job refreshes a source or archives an item."""

    SOURCE = "source"
    ITEM = "item"


class Listing(StrEnum):
    """What a source is listed for."""

    ARCHIVE = "archive"
    """Each wanted item of it gets a job."""
    BROWSE = "browse"
    """Someone looks at it; nothing is queued until items are chosen."""


class Scan(StrEnum):
    """How much of a source one listing reads."""

    FULL = "full"
    """To its end."""
    FEED = "feed"
    """Nothing if the source's feed names only what is known, else as DELTA."""
    DELTA = "delta"
    """The newest pages, up to entries that are known and stand as they stood."""
    BELIEVE = "believe"
    """To its end, and however much vanished from it is believed: somebody said so."""


class Stage(StrEnum):
    """Where a job stands on its way."""

    METADATA = "metadata"
    DOWNLOAD = "download"
    STORAGE = "storage"


class Status(StrEnum):
    """Whether a job can go on, and who has to act if it can't."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """Goes on by itself at `run_after`."""
    BLOCKED = "blocked"
    """Needs a person, or a breaker to close."""
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True when no further attempt follows by itself or by an outside event."""
        return self in (Status.DONE, Status.FAILED, Status.CANCELLED)


class AtSource(StrEnum):
    """What was last seen of an item at its source."""

    UNKNOWN = "unknown"
    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"
    MEMBERS = "members"
    REMOVED = "removed"
    UPCOMING = "upcoming"


class Container(StrEnum):
    """The file kind into which video and audio are merged."""

    MP4 = "mp4"
    MKV = "mkv"


class JobOptions(Frozen):
    """The profile under which one item is archived."""

    archive: Path
    """Root of the archive; the job's staging folder lies below it, so that committing is a rename."""
    quality: str = "best"
    """`best`, `2160p` … `144p`, `audio`, or a yt-dlp format string."""
    container: Container = Container.MP4
    subtitles: tuple[str, ...] = ()
    """Language codes, exact or with a trailing `.*`; empty for none."""
    auto_captions: bool = False
    """Whether automatic captions may stand in for a language without subtitles."""
    thumbnail: bool = True
    embed_chapters: bool = True
    accept_flaws: bool = False
    """Whether a file with flaws of its source (holes, an early end) is archived as it is, with a note."""
    better_than: int | None = None
    """Only if a picture of more lines than these is offered; else the copy that there is stays as it is."""


class Choice(Frozen):
    """What of a list is wanted, and in which order."""

    rule: str | None = None
    """In the language of `domain.selection`; None: everything."""
    order: str = "newest"
    """One of `domain.selection.Order`."""
    most: int | None = None
    """Only that many entries, the first in that order."""


class Submission(Frozen):
    """One address to be stored as a source, before anything is asked of the network."""

    url: str
    """As the user wrote it."""
    address: str
    """Canonical form: two spellings of the same thing have the same address."""
    kind: SourceKind
    extractor: str = "youtube"
    video_id: str | None = None
    """Set for `video`: the item is known before any request."""
    options: JobOptions
    priority: int = 0
    choice: Choice | None = None
    """What of a list is wanted; None leaves it as it was, and a new list is wanted whole."""


class Submitted(Frozen):
    """What became of a submission."""

    source_id: int
    item_id: int | None = None
    job_id: int | None = None
    """The job that was queued or was already on its way; None when there is nothing to do."""
    already_archived: bool = False


class Source(Frozen):
    """What the user submitted."""

    id: int
    url: str
    """As the user wrote it."""
    address: str
    """Canonical form; what is asked of the site."""
    kind: SourceKind
    title: str | None = None
    options: JobOptions
    rule: str | None = None
    """Which entries are wanted, in the language of `domain.selection`; None: all."""
    list_url: str | None = None
    """The list that was found to hold its entries; asking for it first saves the way there."""
    created_at: datetime
    refreshed_at: datetime | None = None


class Item(Frozen):
    """One video; (extractor, video_id) is its identity."""

    id: int
    extractor: str
    video_id: str
    url: str
    title: str | None = None
    channel: str | None = None
    duration_s: float | None = None
    wanted: bool = True
    archived_at: datetime | None = None
    """When a verified copy entered the archive; None while there is none."""
    at_source: AtSource = AtSource.UNKNOWN
    at_source_seen_at: datetime | None = None


class Job(Frozen):
    """The work that brings one item, or refreshes one source, to its goal."""

    id: int
    kind: JobKind
    listing: Listing = Listing.ARCHIVE
    """Of a source's job."""
    scan: Scan = Scan.FULL
    """Of a source's job."""
    stage: Stage
    status: Status
    options: JobOptions
    priority: int = 0
    attempt: int = 0
    """Attempts of the current stage so far, the running one included."""
    fence: int = 0
    """Rises with each claim; a result that carries an older one is refused."""
    cancel_requested: bool = False
    run_after: datetime | None = None
    failure_class: str | None = None
    repeated: int = 0
    """How often that failure came in a row; 0 after a success."""
    reason: str | None = None
    """Why it waits, is blocked or failed: one sentence for people."""
    source: Source | None = None
    item: Item | None = None
    created_at: datetime
    updated_at: datetime


class Claim(Frozen):
    """A worker's right to run one stage of one job until the lease ends."""

    job: Job
    owner: str
    fence: int
    lease_s: float
