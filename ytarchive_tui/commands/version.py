"""`--version`: the program's own version and those of what it stands on, without importing it."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from ytarchive_tui import __version__


def versions() -> list[str]:
    """One line a component."""
    lines = [f"ytarchive-tui {__version__}"]
    for package in ("yt-dlp", "yt-dlp-ejs"):
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is not installed")
    return [*lines, f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"]
