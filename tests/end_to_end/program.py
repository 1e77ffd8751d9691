"""Runs the real `ytarchive-tui --batch` in a process of its own, reached by settings that every user has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ytarchive_tui.sandbox.addresses import Addresses

COMMAND = (sys.executable, "-m", "ytarchive_tui")
SHORT_RETRIES = {
    "NETWORK_S": "0.1,0.1",
    "EXPIRED_S": "0.1,0.1",
    "INCOMPLETE_S": "0.1,0.1",
    "LOCAL_S": "0.3",
    "UNKNOWN_S": "0.1",
    "JITTER": "0",
    "PATIENCE_S": "1",
}
ENDS = ("archived", "already", "waiting", "blocked", "failed", "cancelled")


@dataclass(frozen=True)
class Finished:
    """A run that has ended."""

    code: int
    stdout: bytes
    stderr: bytes

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """The objects of `--json`; fails when anything else is on standard output."""
        return [json.loads(line) for line in self.stdout.decode("ascii").splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        """All events of one name, in order."""
        return [each for each in self.events if each["event"] == event]

    @property
    def summary(self) -> dict[str, Any]:
        """The last object."""
        assert self.events[-1]["event"] == "summary", self.stderr.decode()
        return self.events[-1]

    @property
    def ends(self) -> dict[str, dict[str, Any]]:
        """Video id → the last thing told of its job."""
        return {each["video_id"]: each for each in self.events if each["event"] in ENDS}


class Program:
    """The program with one state folder and one archive; tests may point it elsewhere between runs."""

    def __init__(self, folder: Path, addresses: Addresses) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.archive = folder / "archive"
        self.addresses = addresses

    @property
    def database(self) -> Path:
        """The queue's file."""
        return self.state / "state" / "ytarchive.db"

    def command(self, *args: str | Path) -> list[str | Path]:
        """The command line; `args` name at least `--batch` and its file."""
        network = ("--proxy", self.addresses.proxy, "--ca-file", self.addresses.ca_file)
        return [*COMMAND, *args, "-o", self.archive, "--state-dir", self.state, *network]

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Ours without the user's settings, with short retries and with `settings` (`GROUP__NAME`)."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
        wanted = {f"RETRY__{name}": value for name, value in SHORT_RETRIES.items()} | dict(settings or {})
        return {
            **kept,
            "YTARCHIVE_CONFIG": str(self._no_settings()),
            **{f"YTARCHIVE_{name}": value for name, value in wanted.items()},
        }

    def run(
        self,
        lines: Iterable[str] | Path,
        *args: str,
        json_lines: bool = True,
        settings: Mapping[str, str] | None = None,
        timeout_s: float = 100,
    ) -> Finished:
        """Run a batch to its end."""
        done = subprocess.run(
            self.command("--batch", self._file(lines), *(["--json"] if json_lines else []), *args),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=self.environment(settings),
            timeout=timeout_s,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(
        self, lines: Iterable[str] | Path, *args: str, settings: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A batch that goes on while the block runs; killed at its end if it is still there.

        What it says lies in the files `out` and `err`, so that no full pipe can hold it up.
        """
        command = self.command("--batch", self._file(lines), "--json", *args)
        with (
            (self.folder / "out").open("wb") as out,
            (self.folder / "err").open("wb") as err,
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.environment(settings)
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def _file(self, lines: Iterable[str] | Path) -> Path:
        if isinstance(lines, Path):
            return lines
        file = self.folder / "urls.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file

    def _no_settings(self) -> Path:
        file = self.folder / "config.toml"
        if not file.exists():
            file.write_text("")
        return file
