"""What the journal records; the in-process bus carries only «something changed»."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from ytarchive_tui.domain.models import Frozen


class EventKind(StrEnum):
    """One kind of journal entry."""

    SOURCE_SUBMITTED = "source_submitted"
    SOURCE_LISTED = "source_listed"
    ITEM_SKIPPED = "item_skipped"
    """No job was queued for it: `reason` says archived, private, removed, not wanted, cancelled or failed."""
    JOB_QUEUED = "job_queued"
    STAGE_STARTED = "stage_started"
    STAGE_FINISHED = "stage_finished"
    STAGE_FAILED = "stage_failed"
    LEASE_LOST = "lease_lost"
    """A claim ended without a result: its owner died or was stopped."""
    ITEM_ARCHIVED = "item_archived"
    JOB_CHANGED = "job_changed"
    """A person paused, resumed, retried, moved or cancelled it."""


class JournalEntry(Frozen):
    """One line of the journal, in the order in which it became true."""

    id: int
    at: datetime
    kind: EventKind
    job_id: int | None = None
    item_id: int | None = None
    source_id: int | None = None
    data: dict[str, Any] = Field(default_factory=dict)
