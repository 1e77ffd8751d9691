"""Runs the commands that only ask, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metadata_samples import KEY

from ytarchive_tui.sandbox.addresses import Addresses


@dataclass(frozen=True)
class Ran:
    """A run that has ended."""

    code: int
    stdout: str
    stderr: str
    peak_kib: int = 0

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What `--json` wrote."""
        return [json.loads(line) for line in self.stdout.splitlines()]


class Commands:
    """The program with one state folder."""

    def __init__(self, folder: Path, sandbox: Addresses) -> None:
        self.folder = folder
        self.state = folder / "state"
        self._sandbox = sandbox

    def settings(self, key: str | None = KEY, **more: str) -> dict[str, str]:
        """Variables of the environment; `key` None for none."""
        config = self.folder / "config.toml"
        config.touch()
        api = {"YOUTUBE__API_KEYS": key, "YOUTUBE__API_ENDPOINT": self._sandbox.api} if key else {}
        return {f"YTARCHIVE_{name}": value for name, value in ({"CONFIG": str(config)} | api | more).items()}

    def environment(self, key: str | None = KEY, **more: str) -> dict[str, str]:
        """Ours without the user's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
        return kept | self.settings(key, **more)

    def command(self, *arguments: str) -> list[str]:
        """The command line."""
        return [
            *(sys.executable, "-m", "ytarchive_tui", "--state-dir", str(self.state)),
            *("--proxy", self._sandbox.proxy, "--ca-file", self._sandbox.ca_file),
            *("-o", str(self.folder / "archive"), *arguments),
        ]

    def run(self, *arguments: str, key: str | None = KEY, lines: Iterable[str] = (), **settings: str) -> Ran:
        """Run to the end, in a process of its own, with `lines` on standard input."""
        given = self.folder / "input"
        given.write_text("".join(f"{line}\n" for line in lines))
        out, err = self.folder / "out", self.folder / "err"
        with given.open() as stdin, out.open("w") as stdout, err.open("w") as stderr:
            process = subprocess.Popen(
                self.command(*arguments),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=self.environment(key, **settings),
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return Ran(process.returncode, out.read_text(), err.read_text(), usage.ru_maxrss)
