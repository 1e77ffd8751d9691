"""`--demo` on a terminal: the screen on the local YouTube, with something to look at."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytarchive_tui.commands.screen import open_engine, show
from ytarchive_tui.commands.setup import settings_of
from ytarchive_tui.demo import STATE, refuse_own_settings
from ytarchive_tui.services.settings import SettingsFile
from ytarchive_tui.settings.paths import Paths, make_private_folder

if TYPE_CHECKING:
    from ytarchive_tui.runtime import Runtime

KNOBS = {"media_bytes": 12_000_000, "connection_bps": 1_500_000, "total_bps": 4_000_000, "latency_ms": 40}
"""Slow enough to watch, fast enough not to bore."""


AHEAD = {"YTARCHIVE_ENGINE__LOOKAHEAD": "60"}
"""So that trouble shows early, and not only once the films before it are done."""


def run(options: Mapping[str, Any]) -> int:
    """Open the screen on the demo channel and a list in which everything goes wrong; raises `UsageError`."""
    refuse_own_settings(options)
    root: Path = (options["output"] or Path(tempfile.mkdtemp(prefix="ytarchive-demo-"))).absolute()
    paths = Paths.private(root / STATE)
    make_private_folder(paths.config_file.parent)
    paths.config_file.write_text("# The demo reads no settings but these.\n")
    own = {**options, "output": root, "config": paths.config_file}
    loaded = settings_of(own, env=AHEAD)
    settings = loaded.settings
    file = SettingsFile(loaded, paths.config_file, lambda: settings_of(own, env=AHEAD))

    @asynccontextmanager
    async def open_here() -> AsyncIterator[Runtime]:
        from ytarchive_tui.sandbox.process import SandboxProcess

        async with SandboxProcess(root / STATE / "sandbox", knobs=KNOBS) as addresses:
            network = {"proxy": addresses.proxy, "ca_file": addresses.ca_file}
            inner = settings_of({**own, **network}, env=AHEAD).settings
            async with open_engine(inner, paths) as runtime:
                if not (await runtime.queue.figures()).total:
                    await _fill(runtime, inner.archive)
                yield runtime

    note = f"A local YouTube; nothing leaves this machine. Everything lies in {root}"
    return show(settings, paths, open_here, ascii_only=options["ascii"], note=note, file=file)


async def _fill(runtime: Runtime, archive: Any) -> None:
    """Short films first, then the channel, then trouble of every kind."""
    from ytarchive_tui.sandbox.catalog import CONDITIONS_PLAYLIST, DEMO_HANDLE, DEMO_PLAYLIST
    from ytarchive_tui.tui.submitting import read, submissions

    lines = read(f"{DEMO_PLAYLIST}\n{CONDITIONS_PLAYLIST}\n{DEMO_HANDLE}")
    await runtime.queue.submit(submissions(lines, archive, archive.quality))
