"""One local YouTube for all tests of the screen; a fresh state, archive and app for each."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ytarchive_tui.commands.screen import open_engine
from ytarchive_tui.runtime import Runtime
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.screens.queue import QueueScreen


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    command = (sys.executable, "-m", "ytarchive_tui.sandbox", "--json", "--with-parent", "--state")
    state = str(tmp_path_factory.mktemp("sandbox"))
    with subprocess.Popen((*command, state), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        yield Addresses(**json.loads(process.stdout.readline()))
        process.stdin.close()


@pytest.fixture
def youtube(sandbox: Addresses) -> Iterator[ControlClient]:
    client = ControlClient(sandbox)
    client.reset()
    yield client
    client.reset()


class Stage:
    """An app on a fresh state, with its bridge."""

    def __init__(self, settings: Settings, folder: Path, *, workers: bool) -> None:
        self.paths = Paths.private(folder)
        self.settings = settings

        @asynccontextmanager
        async def open_here() -> AsyncIterator[Runtime]:
            opening = open_engine(settings, self.paths) if workers else Runtime.attach(settings, self.paths)
            async with opening as runtime:
                yield runtime

        self.bridge = Bridge(
            open_here, lambda: Runtime.attach(settings, self.paths),
            database=self.paths.database, archive=settings.archive.root,
        )  # fmt: skip
        self.app = YtarchiveApp(settings, self.bridge)

    @property
    def queue(self) -> QueueScreen:
        screen = self.app.base
        assert isinstance(screen, QueueScreen)
        return screen

    def screen_text(self) -> str:
        """What is on the screen now, line by line."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in lines)

    async def until(self, condition: Callable[[], object], seconds: float = 40.0) -> None:
        """Wait for a condition; fails with the screen."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.screen_text()
            await asyncio.sleep(0.02)


@pytest.fixture
def stage(tmp_path: Path, sandbox: Addresses) -> Callable[..., Stage]:
    def make(*, workers: bool = True, **screen: object) -> Stage:
        settings = Settings.model_validate({
            "archive": {"root": tmp_path / "archive"},
            "network": {"proxy": sandbox.proxy, "ca_file": sandbox.ca_file},
            "engine": {"downloads": 2, "drain_s": 1},
            "screen": screen,
        })  # fmt: skip
        return Stage(settings, tmp_path / "own", workers=workers)

    return make


@asynccontextmanager
async def shown(stage: Stage, size: tuple[int, int] = (120, 36)):  # type: ignore[no-untyped-def]
    """The app under a pilot, with the engine open."""
    async with stage.app.run_test(size=size, notifications=True) as pilot:
        await stage.bridge.runtime()
        yield pilot
    stage.bridge.hurry()
    await stage.bridge.close()
