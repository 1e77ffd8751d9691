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
from ytarchive_tui.db import heap
from ytarchive_tui.domain.errors import ToolsMissingError
from ytarchive_tui.services.settings import SettingsFile
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths

if TYPE_CHECKING:
    from ytarchive_tui.runtime import Runtime

_PYTHONS_OWN = ("C.UTF-8", "C.utf8", "UTF-8")


def run(options: Mapping[str, Any]) -> int:
    """Open the screen on the user's own archive; raises `UsageError`."""
    loaded, paths = settings_of(options), paths_of(options)
    settings = loaded.settings
    file = SettingsFile(loaded, paths.config_file, lambda: settings_of(options))
    own_downloads = options["jobs"] is not None

    def open_here() -> AbstractAsyncContextManager[Runtime]:
        return open_engine(settings, paths, own_downloads=own_downloads)

    return show(settings, paths, open_here, ascii_only=options["ascii"], file=file)


def show(
    settings: Settings,
    paths: Paths,
    open_here: Any,
    *,
    ascii_only: bool = False,
    note: str = "",
    file: SettingsFile | None = None,
) -> int:
    """Run the screen with an engine that `open_here` opens."""
    heap.share_one()
    from ytarchive_tui.tui.bridge import Bridge
    from ytarchive_tui.tui.run import run_screen

    def attach() -> AbstractAsyncContextManager[Runtime]:
        from ytarchive_tui.runtime import Runtime

        return Runtime.attach(settings, paths)

    def bridge() -> Bridge:
        return Bridge(open_here, attach, database=paths.database, archive=settings.archive.root)

    utf8 = reads_utf8(os.environ)
    code = asyncio.run(run_screen(settings, bridge, ascii_only=ascii_only, utf8=utf8, note=note, file=file))
    _leave_behind_no_reader(code)
    return code


def reads_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the terminal reads UTF-8, as far as its locale tells; one that tells nothing does.

    Python itself sets LC_CTYPE to C.UTF-8 where the locale is C (PEP 538), so that this tells nothing.
    """
    own = environ.get("LC_CTYPE", "")
    told = environ.get("LC_ALL") or ("" if own in _PYTHONS_OWN else own) or environ.get("LANG") or own
    return not told or "utf8" in told.lower().replace("-", "")


def _leave_behind_no_reader(code: int) -> None:
    """End the process at once if Textual's reader of the keyboard still runs.

    On a terminal that vanished, Textual 8.2 stops before it tells that thread to end, and the thread
    then reads the end of the file for ever. Everything of ours is closed by now.
    """
    if any(thread.name == "textual-input" for thread in threading.enumerate()):
        os._exit(code)


@asynccontextmanager
async def open_engine(
    settings: Settings, paths: Paths, *, own_downloads: bool = False
) -> AsyncIterator[Runtime]:
    """The runtime with the tools that are found; raises `ToolsMissingError`.

    `own_downloads`: the command line named the number of parallel downloads, so an old wish is forgotten.
    Imports and looking for tools take half a second, so both happen beside the first frames.
    """
    await asyncio.to_thread(import_module, "ytarchive_tui.runtime")
    from ytarchive_tui.commands.batch import missing_tools
    from ytarchive_tui.runtime import Runtime
    from ytarchive_tui.settings.tools import find_tools

    tools = await asyncio.to_thread(find_tools, settings.tools, os.environ, paths.cache_dir)
    if missing := missing_tools(tools):
        raise ToolsMissingError("; ".join(missing))
    async with Runtime.open(settings, paths, tools=tools) as runtime:
        if own_downloads:
            await runtime.queue.forget_downloads()
        yield runtime
