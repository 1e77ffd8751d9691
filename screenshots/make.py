"""Writes the pictures in this folder: `python screenshots/make.py`; takes about two minutes.

The real program runs without a terminal on the local YouTube that comes with it, archives a playlist, runs
into trouble, and is drawn while downloads go on. Nothing leaves this machine, and nothing is drawn by hand.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

# Before Textual is imported, which looks at the terminal that this is started from.
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"

from svg import drawn
from textual.pilot import Pilot

from ytarchive_tui.commands.screen import open_engine
from ytarchive_tui.runtime import Runtime
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import DEMO_HANDLE, DEMO_PLAYLIST, condition_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition
from ytarchive_tui.sandbox.process import SandboxProcess
from ytarchive_tui.services.queue_lines import Figures
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.submitting import read, submissions

FOLDER = Path(__file__).parent
USUAL = (120, 36)
AT_FIRST = {"media_bytes": 24_000_000, "latency_ms": 20}
"""So that there is something in the archive soon."""
THEN = (600_000, 1_100_000, 800_000, 1_300_000, 900_000)
"""Bytes a second of each connection, one after the other: slow enough to look at, uneven as lines are."""
_EACH_S = 3.0
TROUBLE = (
    *(Condition.MEMBERS, Condition.AGE, Condition.GEO, Condition.PREMIERE),
    *(Condition.DELETED, Condition.PRIVATE, Condition.TERMINATED),
)
"""Not what the site answers by refusing everything: then nothing would run."""
PASTED = f"""{DEMO_HANDLE}
{DEMO_PLAYLIST}   # the short films
https://youtu.be/wQ7kLm2xRtE
https://example.org/not-here
wQ7kLm2xRtE"""
_PATIENCE_S = 240.0
_REST_S = 1.5


class Studio:
    """The running program, and where its pictures go."""

    def __init__(self, pilot: Pilot[None], bridge: Bridge) -> None:
        self._pilot = pilot
        self._bridge = bridge

    @property
    def app(self) -> YtarchiveApp:
        """What is drawn."""
        assert isinstance(self._pilot.app, YtarchiveApp)
        return self._pilot.app

    async def until(self, enough: Callable[[Figures], bool]) -> None:
        """Wait for the queue to look like that."""
        deadline = time.monotonic() + _PATIENCE_S
        while (figures := self._bridge.pulse.figures) is None or not enough(figures):
            if time.monotonic() > deadline:
                sys.exit(f"the queue never came to look as it should: {figures}")
            await asyncio.sleep(0.2)

    async def press(self, *keys: str) -> None:
        """Keys, and a moment for what follows from them."""
        await self._pilot.press(*keys)
        await asyncio.sleep(_REST_S)

    async def draw(self, name: str, size: tuple[int, int] = USUAL, theme: str = "archive") -> None:
        """One picture."""
        self.app.theme = theme
        await self._pilot.resize_terminal(*size)
        await asyncio.sleep(_REST_S)
        lines = [list(strip) for strip in self.app.screen._compositor.render_strips()]
        (FOLDER / f"{name}.svg").write_text(drawn(lines, size[0], self.app.ansi_theme, "ytarchive-tui"))
        print(f"{name}.svg")


@asynccontextmanager
async def studio(root: Path, addresses: Addresses) -> AsyncIterator[Studio]:
    """The program with its engine, in folders of its own."""
    settings = Settings.model_validate({
        "archive": {"root": root / "archive", "quality": "1080p"},
        "network": {"proxy": addresses.proxy, "ca_file": addresses.ca_file},
        "engine": {"downloads": 4, "lookahead": 60, "drain_s": 0},
    })  # fmt: skip
    paths = Paths.private(root / "own")

    @asynccontextmanager
    async def open_here() -> AsyncIterator[Runtime]:
        async with open_engine(settings, paths) as runtime:
            yield runtime

    bridge = Bridge(open_here, open_here, database=paths.database, archive=settings.archive.root)
    app = YtarchiveApp(settings, bridge)
    async with app.run_test(size=USUAL) as pilot:
        await bridge.runtime()
        yield Studio(pilot, bridge)
    bridge.hurry()
    await bridge.close()


async def add(it: Studio, *addresses: str) -> None:
    """Hand addresses to the queue, as the dialog does."""
    archive = it.app.settings.archive
    queue = await it.app.bridge.queue()
    await queue.submit(submissions(read("\n".join(addresses)), archive, archive.quality))


async def main() -> None:
    """Every picture, in the order of what happens."""
    with tempfile.TemporaryDirectory(prefix="ytarchive-") as folder:
        root = Path(folder)
        async with (
            SandboxProcess(root / "sandbox", knobs=AT_FIRST) as addresses,
            studio(root, addresses) as it,
        ):
            await add(it, DEMO_PLAYLIST)
            await it.until(lambda figures: figures.done >= 13)
            await add(it, *(f"https://youtu.be/{condition_id(each)}" for each in TROUBLE), DEMO_HANDLE)
            await it.until(lambda now: now.done >= 28 and now.blocked >= 4 and now.waiting >= 3)
            for speed in THEN:
                await asyncio.to_thread(ControlClient(addresses).set, connection_bps=speed, latency_ms=60)
                await asyncio.sleep(_EACH_S)
            await draw_all(it)


async def draw_all(it: Studio) -> None:
    """While downloads go on."""
    await it.draw("queue")
    await it.draw("queue-80x24", (80, 24))
    await it.draw("queue-200x50", (200, 50))
    await it.draw("queue-high-contrast", theme="high-contrast")
    await it.press("4")
    await it.draw("recovery")
    await it.draw("recovery-ansi", theme="ansi-dark")
    await it.press("3", "j")
    await it.draw("library")
    await it.press("2")
    await it.draw("browse")
    await it.press("5", "k", "k")
    await it.draw("logs")
    await it.press("1")
    it.app.offer(PASTED)
    await it.draw("add")


if __name__ == "__main__":
    asyncio.run(main())
