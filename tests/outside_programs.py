"""ffmpeg, ffprobe and deno for the tests: the system's, else those of the packages."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ytarchive_tui.settings.model import ToolSettings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import find_tools


def complete_the_path() -> None:
    """Put a folder at the end of `PATH` that holds those programs which only a package brings.

    The tests judge what was made by calling ffprobe and ffmpeg by their names.
    """
    tools = find_tools(ToolSettings(), os.environ, Paths.usual(os.environ).cache_dir)
    lacking = [tool for tool in tools.all() if tool.origin == "package" and tool.path is not None]
    if not lacking:
        return
    folder = Path(tempfile.mkdtemp(prefix="ytarchive-programs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for tool in lacking:
        (folder / tool.name).symlink_to(tool.path)
    os.environ["PATH"] = f"{os.environ['PATH']}{os.pathsep}{folder}"
