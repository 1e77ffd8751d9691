"""Under which options each entry of a batch is archived."""

from __future__ import annotations

import os
from pathlib import Path

from ytarchive_tui.batch.input import Entry, EntryOptions
from ytarchive_tui.domain.models import JobOptions, Submission
from ytarchive_tui.settings.model import ArchiveSettings


def submission(
    entry: Entry, *, given: EntryOptions, defaults: EntryOptions, settings: ArchiveSettings
) -> Submission:
    """What is handed to the queue for one entry.

    The entry's own options win over those `given` on the command line, these over the file's
    `defaults`, and these over the settings. A relative `output` lies below the archive's folder.
    """
    chosen = settings.options().model_dump()
    for layer in (defaults, given, entry.options):
        chosen |= layer.model_dump(exclude_none=True, exclude={"output"})
        if layer.output is not None:
            # One form for each archive, which the state knows by its path.
            chosen["archive"] = Path(os.path.realpath(settings.root / layer.output.expanduser()))
    return Submission(
        url=entry.text,
        address=entry.found.address,
        kind=entry.found.kind,
        extractor=entry.found.extractor,
        video_id=entry.found.video_id,
        options=JobOptions.model_validate(chosen),
    )
