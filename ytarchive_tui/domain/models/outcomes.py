"""How a running stage stands, and what a finished one hands on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ytarchive_tui.domain.models.archive import ArchivedCopy, StagedDownload
from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.models.jobs import Stage
from ytarchive_tui.domain.models.metadata import ItemMetadata


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


class Listed(Frozen):
    """A source was read to its end."""

    kind: Literal["listed"] = "listed"
    title: str | None = None
    entries: int


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


StageOutcome = Annotated[Listed | Resolved | Downloaded | Stored, Field(discriminator="kind")]
