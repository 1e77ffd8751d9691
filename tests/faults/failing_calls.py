"""The plan that `failing_calls.c` follows: which call fails, or ends its process, and what was counted."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).with_name("failing_calls.c")
KILL_BEFORE, KILL_AFTER, KILL_TORN = 0, -1, -2
"""How a process is ended at a call; torn: when half of a write has been done."""
READING = ("look", "read", "stat")
"""Kinds of calls that change nothing; `look` opens for reading."""
_LAYOUT = struct.Struct("@lll32s512s512s128s128s768s512s")
_NOW = _LAYOUT.size - 512 - 768 - 128


def build(folder: Path) -> Path:
    """Compile the library; the test is skipped where there is no compiler."""
    library = folder / "failing_calls.so"
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Point(NamedTuple):
    """Calls of which one may stand for all: a kind, a glob of paths, and what is being done (empty: any)."""

    kind: str
    path: str
    doing: str = ""


class Call(NamedTuple):
    """One call: its kind, its path below the folder, and what the program was doing."""

    kind: str
    path: str
    doing: str

    @property
    def point(self) -> Point:
        """Where it belongs: numbers and ids are left open; only writes to the database tell for what.

        Those are made under its lock, so nothing else is being done then.
        """
        path = re.sub(r"[\[\]?*]", "?", self.path)
        path = re.sub(r"video\d+", "video*", re.sub(r"/staging/\d+", "/staging/*", path))
        path = re.sub(r"/trash/[^/]+", "/trash/*", path)
        path = re.sub(r"\.v\d+\.backup", ".v*.backup", path)
        of_database = path.startswith("/state/ytarchive.db") and self.kind not in READING
        return Point(self.kind, path, self.doing if of_database else "")


class Plan:
    """The plan in its file; `environment` makes a process and its descendants follow it."""

    def __init__(self, library: Path, file: Path) -> None:
        self.kind = ""
        """The kind whose calls are counted, where they are counted by kind alone."""
        self.environment = {"LD_PRELOAD": str(library), "FAILING_CALLS": str(file)}
        file.write_bytes(bytes(_LAYOUT.size))
        handle = os.open(file, os.O_RDWR)
        self._map = mmap.mmap(handle, _LAYOUT.size)
        os.close(handle)

    def make(
        self,
        folder: Path,
        *,
        strike: int = 0,
        how: int = KILL_BEFORE,
        point: Point | None = None,
        kind: str = "",
        trace: Path | None = None,
    ) -> None:
        """Count from 0 the calls below the folder (of one kind, or at one point), and strike that number.

        The kind `changes` is all but those of `READING`. `trace` gets a line for each of them, see `traced`.
        """
        self.kind = "" if point else kind
        kind, path, doing = point or (kind, "", "")
        texts = (kind, str(folder), path, doing, "", "", str(trace or ""))
        self._map[:] = _LAYOUT.pack(0, strike, how, *(text.encode() for text in texts))

    @property
    def calls(self) -> int:
        """How many there were."""
        return int(_LAYOUT.unpack(self._map[:])[0])

    @property
    def struck(self) -> Call | None:
        """The call that was struck, if there was one."""
        line: bytes = _LAYOUT.unpack(self._map[:])[8]
        text = line.partition(b"\0")[0].decode(errors="replace")
        return Call(*text.split("\t")[:3]) if text else None


def traced(trace: Path) -> list[Call]:
    """What a run noted, in order."""
    return [Call(*line.split("\t")[:3]) for line in trace.read_text(errors="replace").splitlines()]


def doing(words: str) -> None:
    """Say in the process under test what it is about to do; does nothing where no plan is followed."""
    if _NOW_OF:
        _NOW_OF[0][_NOW : _NOW + 128] = words.encode()[:127].ljust(128, b"\0")


_NOW_OF: list[mmap.mmap] = []


def follow() -> None:
    """Open the plan of the environment for `doing`."""
    handle = os.open(os.environ["FAILING_CALLS"], os.O_RDWR)
    _NOW_OF[:] = [mmap.mmap(handle, _LAYOUT.size)]
    os.close(handle)
