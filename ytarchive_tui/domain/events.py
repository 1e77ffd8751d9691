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
    SOURCE_CHANGED = "source_changed"
    """`change` says what a listing found: see `domain.changes.Change`."""
    ITEM_CHANGED = "item_changed"
    """`field` was `before` and is `after`: title, description, thumbnail, at_source."""
    ITEM_SKIPPED = "item_skipped"
    """No job was queued for it: `reason` says archived, private, removed, not wanted, cancelled or failed."""
    JOB_QUEUED = "job_queued"
    STAGE_STARTED = "stage_started"
    STAGE_FINISHED = "stage_finished"
    STAGE_FAILED = "stage_failed"
    LEASE_LOST = "lease_lost"
    """A claim ended without a result: its owner died or was stopped."""
    ITEM_ARCHIVED = "item_archived"
    ITEM_NOT_REPLACED = "item_not_replaced"
    """It was fetched again, and what came is less than what the archive has: that stays."""
    ITEM_SUPPLIED = "item_supplied"
    """Sidecars that had been missing came: `files`; `missing` says what is still not there."""
    ITEM_DELETED = "item_deleted"
    """A person had its files deleted."""
    ITEM_RELINKED = "item_relinked"
    """Its files were found at another place."""
    SITE_HELD = "site_held"
    """A breaker opened, or stayed open after a probe: `site`, `account`, `trips`, `lasts_s`, `until`,
    `reason`."""
    SITE_FREE = "site_free"
    """It closed again."""
    DOWNLOADS_HELD = "downloads_held"
    """A data cap was reached, or a window without downloads began: `until`, `reason`."""
    DOWNLOADS_FREE = "downloads_free"
    """They may go on."""
    JOB_CHANGED = "job_changed"
    """A person paused, resumed, retried, moved or cancelled it."""
    JOB_REMOVED = "job_removed"
    """A person took it off the list; with `back`: put it on the list again."""


class JournalEntry(Frozen):
    """One line of the journal, in the order in which it became true."""

    id: int
    at: datetime
    kind: EventKind
    job_id: int | None = None
    item_id: int | None = None
    source_id: int | None = None
    data: dict[str, Any] = Field(default_factory=dict)
