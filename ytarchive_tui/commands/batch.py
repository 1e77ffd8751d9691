"""`--batch FILE`: from the options to a run with the right view."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.input import BatchInput, read_batch
from ytarchive_tui.batch.output import Lines
from ytarchive_tui.batch.run import BatchRequest, run_batch
from ytarchive_tui.batch.view import View
from ytarchive_tui.commands.setup import given_of, paths_of, settings_of
from ytarchive_tui.settings.load import Loaded
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools, find_tools

if TYPE_CHECKING:
    from ytarchive_tui.runtime import Runtime

GARBAGE = 20_000
"""Objects after which cycles are looked for: what a start makes stays, and a job leaves few cycles."""
NO_RUNTIME = (
    "no usable JavaScript runtime: YouTube may withhold formats; `ytarchive-tui doctor` says how to add one"
)


def run_file(file: str, options: Mapping[str, Any]) -> ExitCode:
    """Archive what the file lists; raises `UsageError` and `EngineBusyError`."""
    gc.set_threshold(GARBAGE)
    loaded, paths = settings_of(options), paths_of(options)
    with ExitStack() as stack:
        cache = paths.cache_dir
        if options["dry_run"]:
            # It writes nothing, not even a tool's executable copy.
            cache = Path(stack.enter_context(TemporaryDirectory(prefix="ytarchive-dry-run-")))
        tools = find_tools(loaded.settings.tools, os.environ, cache)
        if missing := missing_tools(tools):
            for line in missing:
                print(f"error: {line}", file=sys.stderr)
            return ExitCode.TOOLS_MISSING
        return asyncio.run(run_loaded(read_batch(file), loaded, paths, tools, options))


def missing_tools(tools: Tools) -> list[str]:
    """What makes every download impossible; a JavaScript runtime is wanted only by some."""
    return [
        f"{tool.name} {tool.problem}; `ytarchive-tui doctor` says how to mend it"
        for tool in (tools.ffmpeg, tools.ffprobe)
        if not tool.usable
    ]


async def run_loaded(
    batch: BatchInput, loaded: Loaded, paths: Paths, tools: Tools, options: Mapping[str, Any]
) -> ExitCode:
    """Run a batch that was read, under settings that were loaded."""
    request = BatchRequest(
        batch=batch,
        settings=loaded.settings,
        given=given_of(options, loaded),
        dry_run=options["dry_run"],
        fail_fast=not options["go_on"],
        retry_failed=options["retry_failed"],
        own_downloads=options["jobs"] is not None,
        warning=None if tools.js_runtime.usable else NO_RUNTIME,
    )

    def open_runtime() -> AbstractAsyncContextManager[Runtime]:
        # A file that can't be used should be told of at once, not after the import of the engine.
        from ytarchive_tui.runtime import Runtime

        return Runtime.open(loaded.settings, paths, tools=tools, dry_run=request.dry_run)

    view = chosen_view(as_json=options["as_json"], quiet=options["quiet"])
    return await run_batch(request, open_runtime, view)


def chosen_view(*, as_json: bool, quiet: bool) -> View:
    """JSON when asked for, bars when a person can see them, else plain lines."""
    data, messages = Lines(sys.stdout), Lines(sys.stderr)
    if as_json:
        from ytarchive_tui.batch.view_json import JsonView

        return JsonView(data, messages, quiet=quiet)
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown") and not quiet:
        from rich.console import Console

        from ytarchive_tui.batch.view_live import LiveView

        return LiveView(Console(stderr=True), None if sys.stdout.isatty() else data)
    from ytarchive_tui.batch.view_plain import PlainView

    return PlainView(data, messages, quiet=quiet)
