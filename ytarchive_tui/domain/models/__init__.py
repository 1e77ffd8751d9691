"""The nouns: sources, items, jobs and what their stages hand on; all frozen."""

from ytarchive_tui.domain.models.archive import (
    EXTRACTED,
    ArchivedCopy,
    FileRole,
    Manifest,
    ManifestFile,
    StagedDownload,
    StagedFile,
)
from ytarchive_tui.domain.models.base import (
    Frozen,
)
from ytarchive_tui.domain.models.jobs import (
    AtSource,
    Claim,
    Container,
    Item,
    Job,
    JobKind,
    JobOptions,
    Source,
    SourceKind,
    Stage,
    Status,
    Submission,
    Submitted,
)
from ytarchive_tui.domain.models.metadata import (
    Chapter,
    Format,
    ItemMetadata,
    ListedItem,
    ListPage,
)
from ytarchive_tui.domain.models.outcomes import (
    Downloaded,
    Listed,
    Progress,
    Resolved,
    StageOutcome,
    Stored,
)

__all__ = [
    "EXTRACTED",
    "ArchivedCopy",
    "AtSource",
    "Chapter",
    "Claim",
    "Container",
    "Downloaded",
    "FileRole",
    "Format",
    "Frozen",
    "Item",
    "ItemMetadata",
    "Job",
    "JobKind",
    "JobOptions",
    "ListPage",
    "Listed",
    "ListedItem",
    "Manifest",
    "ManifestFile",
    "Progress",
    "Resolved",
    "Source",
    "SourceKind",
    "Stage",
    "StageOutcome",
    "StagedDownload",
    "StagedFile",
    "Status",
    "Stored",
    "Submission",
    "Submitted",
]
