"""The real app on one of the sample archives, with every clock of it stopped."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from sample_clips import ARCHIVE, NOW
from snapshot_states import FREE, speeds, state
from textual.pilot import Pilot

from ytarchive_tui.services.settings import SettingsFile
from ytarchive_tui.settings.load import load
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.tui import bridge as bridges
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.bridge import Bridge

_NEVER_S = 86_400.0
_LOG = Path("/home/ada/.local/state/ytarchive-tui/log")


class StoppedTime(datetime):
    """Says the same moment whenever it is asked."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz)


def stop_clocks(patch: pytest.MonkeyPatch) -> None:
    """Wall clock, time zone, heartbeat and free space are the same on every machine."""
    patch.setattr("ytarchive_tui.db.times.datetime", StoppedTime)
    patch.setattr(bridges, "BEAT_S", _NEVER_S)
    patch.setattr(bridges, "free_bytes", lambda archive: FREE)
    patch.setenv("TZ", "UTC")
    time.tzset()


@asynccontextmanager
async def still_app(
    name: str,
    folder: Path,
    *,
    theme: str = "archive",
    size: tuple[int, int] = (120, 36),
    ascii_only: bool = False,
) -> AsyncIterator[Pilot[None]]:
    """The app on the state of that name, its engine open and its first beat heard; see `stop_clocks`."""
    paths = Paths.private(folder)
    own = folder / "config.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.touch()
    cli = {"archive.root": ARCHIVE, "archive.quality": "1080p", "screen.theme": theme, "engine.downloads": 3}

    def read():  # type: ignore[no-untyped-def]
        return load(cli, {"YTARCHIVE_CONFIG": str(own)})

    loaded = read()
    with pytest.MonkeyPatch.context() as patch:
        if name == "empty":
            # Only there the folder's name is shown; nothing lies in it.
            patch.setattr("ytarchive_tui.tui.screens.logs.log_folder", lambda database: _LOG)
        async with state(name, paths, loaded.settings) as open_here:
            bridge = Bridge(open_here, open_here, database=paths.database, archive=ARCHIVE)
            if name != "empty":
                bridge.pulse.speeds.extend(speeds(60))
            file = SettingsFile(loaded, Path("/home/ada/.config/ytarchive-tui/config.toml"), read)
            app = YtarchiveApp(loaded.settings, bridge, file=file, ascii_only=ascii_only)
            app.glyphs = app.glyphs._replace(spinner=app.glyphs.spinner[2])
            async with app.run_test(size=size, notifications=True) as pilot:
                await bridge.runtime()
                yield pilot
            bridge.hurry()
            await bridge.close()
