"""Hands a folder or a file to the desktop's own programs."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path


async def open_folder(path: Path) -> bool:
    """Show it in the file browser; False where there is none, as over SSH.

    The program gets none of our terminal: what it prints would end up on the screen.
    """
    if sys.platform == "darwin":
        program = "open"
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        program = "xdg-open"
    else:
        return False
    found = shutil.which(program)
    if found is None:
        return False
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        found, str(path), stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    return await process.wait() == 0
