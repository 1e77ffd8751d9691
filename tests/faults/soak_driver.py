"""`ytarchive-tui` as it is, but for yt-dlp's tasks in the children: see `soak_tasks`."""

from __future__ import annotations

import os
from pathlib import Path

from ytarchive_tui import cli, outside
from ytarchive_tui.ytdlp import process

HERE = Path(__file__).parent


def stand_in() -> None:
    """Let children find and run our tasks."""
    scrubbed = process.scrubbed_environment

    def with_us(extra):  # type: ignore[no-untyped-def]
        environment = scrubbed(extra)
        return environment | {"PYTHONPATH": os.pathsep.join((environment["PYTHONPATH"], str(HERE)))}

    process.scrubbed_environment = with_us
    outside.TASKS |= {name: f"soak_tasks:{name}" for name in ("list_source", "resolve", "download")}


if __name__ == "__main__":
    stand_in()
    cli.main()
