"""What is free on an archive's disk; light enough for what must be on the screen soon."""

from __future__ import annotations

import shutil
from pathlib import Path


def free_bytes(root: Path) -> int | None:
    """Bytes left where the archive lies or will lie; None when that can't be told."""
    for folder in (root, *root.parents):
        try:
            return shutil.disk_usage(folder).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
