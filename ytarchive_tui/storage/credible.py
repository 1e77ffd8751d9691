"""Which manifests are believed: whoever writes on a disk may have made them."""

from __future__ import annotations

import math
import re

from ytarchive_tui.domain.models import Manifest

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_MOST_HEIGHT = 1 << 20
_MOST_S = 1e9
_YEARS = (2005, 3000)
"""From the first video of the site; later ones can't be shown in every time zone."""


def _is_text(name: str) -> bool:
    """Names of files can be any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_credible(folder: str, content: Manifest) -> bool:
    """Whether a manifest can be one of ours: who else writes on the disk gets nothing else into our rows."""
    heights = (content.offered_height, content.obtained_height)
    names = {file.name for file in content.files}
    return (
        _is_text(folder)
        and content.extractor == "youtube"
        and _YOUTUBE_ID.fullmatch(content.video_id) is not None
        and content.archived_at.tzinfo is not None
        and _YEARS[0] <= content.archived_at.year < _YEARS[1]
        and (
            content.duration_s is None
            or (math.isfinite(content.duration_s) and 0 <= content.duration_s < _MOST_S)
        )
        and all(height is None or 0 <= height < _MOST_HEIGHT for height in heights)
        and 0 <= content.job < 1 << 62
        and len(content.quality) <= 500
        and content.quality.isprintable()
        and 0 < len(names) == len(content.files) < 10_000
        and sum(file.size for file in content.files) < 1 << 62
    )
