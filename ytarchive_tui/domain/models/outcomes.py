"""How a running stage stands, and what a finished one hands on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ytarchive_tui.domain.models.archive import ArchivedCopy, MissingSidecar, StagedDownload
from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.models.jobs import AtSource, Stage
from ytarchive_tui.domain.models.metadata import ItemMetadata

TAKING_STOCK = "taking stock"
"""What a job does that comes first to an archive with items that nobody knows yet; counted in items."""


class Progress(Frozen):
    """The newest state of a running stage; lives in memory only."""

    job_id: int
    stage: Stage
    activity: str
    """What is being done, in a word or two: `video`, `audio`, `merging`, `verifying`, …"""
    done: int = 0
    """Bytes (or entries, while listing) so far, over all files of the job."""
    total: int | None = None
    speed: float | None = None
    """Bytes a second."""
    eta_s: float | None = None
    received: int = 0
    """Bytes of media that this run of the stage has taken from the site."""


class Former(Frozen):
    """How a source looked when it was last listed."""

    ids: tuple[str, ...]
    """In the order of the list."""
    absent: tuple[str, ...] = ()
    """What was missing from it already."""
    told: int | None = None
    """How many entries it said it had."""
    whole_at: datetime | None = None
    """When it was last read to its end."""


class Listed(Frozen):
    """A source was read, to its end or up to what was known."""

    kind: Literal["listed"] = "listed"
    title: str | None = None
    entries: int
    whole: bool = True
    """Whether it was read to its end."""
    feed_only: bool = False
    """Whether its feed named nothing new, so that no page of it was read."""
    told: int | None = None
    """How many entries the list says it has."""
    looks: Mapping[str, AtSource] = Field(default_factory=dict)
    """Video id → how an entry that was missing was seen when it was asked for by itself."""


class Resolved(Frozen):
    """An item's metadata is known."""

    kind: Literal["resolved"] = "resolved"
    metadata: ItemMetadata


class Downloaded(Frozen):
    """An item's files are complete in staging."""

    kind: Literal["downloaded"] = "downloaded"
    staged: StagedDownload


class Stored(Frozen):
    """An item's files are verified and in the archive."""

    kind: Literal["stored"] = "stored"
    archived: ArchivedCopy


class Supplied(Frozen):
    """An archived item was asked for its missing sidecars alone."""

    kind: Literal["supplied"] = "supplied"
    missing: tuple[MissingSidecar, ...]
    """What is still not there."""


StageOutcome = Annotated[Listed | Resolved | Downloaded | Stored | Supplied, Field(discriminator="kind")]
