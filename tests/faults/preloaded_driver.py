"""`ytarchive-tui` as it is; its children, too, follow the plan of `failing_calls`."""

from __future__ import annotations

import os

from ytarchive_tui import cli
from ytarchive_tui.ytdlp import process


def pass_the_plan_on() -> None:
    """Children get a scrubbed environment, which would leave out what the test preloads."""
    scrubbed = process.scrubbed_environment
    plan = {name: os.environ[name] for name in ("LD_PRELOAD", "FAILING_CALLS")}
    process.scrubbed_environment = lambda extra: scrubbed(extra) | plan


if __name__ == "__main__":
    pass_the_plan_on()
    cli.main()
