"""The full-screen program: from the options to the first frame, and the engine behind it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths

if TYPE_CHECKING:
    from ytarchive_tui.runtime import Runtime


def run(options: Mapping[str, Any]) -> int:
    """Open the screen on the user's own archive; raises `UsageError`."""
    settings, paths = settings_of(options).settings, paths_of(options)
    return show(settings, paths, lambda: open_engine(settings, paths), ascii_only=options["ascii"])


def show(
    settings: Settings, paths: Paths, open_here: Any, *, ascii_only: bool = False, note: str = ""
) -> int:
    """Run the screen with an engine that `open_here` opens."""
    from ytarchive_tui.tui.bridge import Bridge
    from ytarchive_tui.tui.run import run_screen

    def attach() -> AbstractAsyncContextManager[Runtime]:
        from ytarchive_tui.runtime import Runtime

        return Runtime.attach(settings, paths)

    def bridge() -> Bridge:
        return Bridge(open_here, attach, database=paths.database, archive=settings.archive.root)

    code = asyncio.run(run_screen(settings, bridge, ascii_only=ascii_only, note=note))
    _leave_behind_no_reader(code)
    return code


def _leave_behind_no_reader(code: int) -> None:
    """End the process at once if Textual's reader of the keyboard still runs.

    On a terminal that vanished, Textual 8.2 stops before it tells that thread to end, and the thread
    then reads the end of the file for ever. Everything of ours is closed by now.
    """
    if any(thread.name == "textual-input" for thread in threading.enumerate()):
        os._exit(code)


@asynccontextmanager
async def open_engine(settings: Settings, paths: Paths) -> AsyncIterator[Runtime]:
    """The runtime with the tools that are found; raises `UsageError` when one is missing.

    Imports and looking for tools take half a second, so both happen beside the first frames.
    """
    await asyncio.to_thread(import_module, "ytarchive_tui.runtime")
    from ytarchive_tui.commands.batch import missing_tools
    from ytarchive_tui.runtime import Runtime
    from ytarchive_tui.settings.tools import find_tools

    tools = await asyncio.to_thread(find_tools, settings.tools, os.environ, paths.cache_dir)
    if missing := missing_tools(tools):
        raise UsageError("; ".join(missing))
    async with Runtime.open(settings, paths, tools=tools) as runtime:
        yield runtime
