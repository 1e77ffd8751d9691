"""`--demo` on a terminal: the screen on the local YouTube, with something to look at."""

from __future__ import annotations

import asyncio
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
OWN = {"YTARCHIVE_ENGINE__LOOKAHEAD": "60", "YTARCHIVE_SITE__COOLDOWN_S": "6,12,24"}
"""Trouble shows early, not only once the films before it are done; and a refusal holds work for seconds."""


def run(options: Mapping[str, Any]) -> int:
    """Open the screen on the demo channel and a list in which everything goes wrong; raises `UsageError`."""
    refuse_own_settings(options)
    root: Path = (options["output"] or Path(tempfile.mkdtemp(prefix="ytarchive-demo-"))).absolute()
    paths = Paths.private(root / STATE)
    make_private_folder(paths.config_file.parent)
    paths.config_file.write_text("# The demo reads no settings but these.\n")
    own = {**options, "output": root, "config": paths.config_file}
    loaded = settings_of(own, env=OWN)
    settings = loaded.settings
    file = SettingsFile(loaded, paths.config_file, lambda: settings_of(own, env=OWN))

    @asynccontextmanager
    async def open_here() -> AsyncIterator[Runtime]:
        from ytarchive_tui.sandbox.process import SandboxProcess

        async with SandboxProcess(root / STATE / "sandbox", knobs=KNOBS) as addresses:
            network = {"proxy": addresses.proxy, "ca_file": addresses.ca_file}
            inner = settings_of({**own, **network}, env=OWN).settings
            async with open_engine(inner, paths) as runtime:
                filling = asyncio.create_task(_fill(runtime, inner.archive))
                try:
                    yield runtime
                finally:
                    filling.cancel()
                    await asyncio.wait({filling})

    note = f"A local YouTube; nothing leaves this machine. Everything lies in {root}"
    return show(settings, paths, open_here, ascii_only=options["ascii"], note=note, file=file)


async def _fill(runtime: Runtime, archive: Any) -> None:
    """Short films first, then trouble, then the channel.

    Not the trouble in which the site refuses everything: all work would be held before there is any to see.
    """
    from ytarchive_tui.sandbox.catalog import CONDITION_IDS, DEMO_HANDLE, DEMO_PLAYLIST, condition_id
    from ytarchive_tui.sandbox.model import Condition
    from ytarchive_tui.tui.submitting import read, submissions

    throttling = (Condition.BOT_CHECK, Condition.PLAYER_429, Condition.MEDIA_429, Condition.MEDIA_403)
    trouble = [each for each in CONDITION_IDS if each not in map(condition_id, throttling)]
    queue = runtime.queue
    if (await queue.figures()).total:
        return
    await queue.submit(submissions(read(DEMO_PLAYLIST), archive, archive.quality))
    # The films are in line once their list has been read; single videos would overtake them.
    while (await queue.figures()).total < 2:
        await queue.wait_for_change(5.0)
    lines = read("\n".join((*trouble, DEMO_HANDLE)))
    await queue.submit(submissions(lines, archive, archive.quality))
