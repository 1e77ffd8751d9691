"""A whole sandbox in its own process, and the real yt-dlp in another, for tests that judge by its eyes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ytarchive_tui.sandbox.addresses import Addresses

PROBE = Path(__file__).with_name("ytdlp_probe.py")


@contextmanager
def running(state: Path) -> Iterator[Addresses]:
    """A sandbox that ends with the block, or with this process."""
    command = [
        sys.executable,
        "-m",
        "ytarchive_tui.sandbox",
        "--json",
        "--with-parent",
        "--state",
        str(state),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield Addresses(**json.loads(process.stdout.readline()))
        process.stdin.close()


def ask_ytdlp(addresses: Addresses, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The outcome of each case, all run by one yt-dlp process; `ytdlp_probe` tells what a case holds."""
    done = subprocess.run(
        [sys.executable, str(PROBE)],
        input=json.dumps({"addresses": asdict(addresses), "cases": cases}),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    outcomes: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return outcomes
