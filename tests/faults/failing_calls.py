"""The plan that `failing_calls.c` follows: which calls fail, or end their process, and what was counted."""

from __future__ import annotations

import errno
import mmap
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).with_name("failing_calls.c")
KILL_BEFORE, KILL_AFTER, KILL_TORN = 0, -1, -2
"""How a process is ended at a call; torn: when half of a write has been done."""
READING = ("look", "read", "stat")
"""Kinds of calls that change nothing; `look` opens for reading."""
MOST = 64
"""So many calls can be struck by one plan."""
ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE)
_HEAD = struct.Struct("@ll512s128s512s")
_STRIKE = struct.Struct("@ll32s512s128s768s")
_SIZE = _HEAD.size + MOST * _STRIKE.size
_NOW = _HEAD.size - 512 - 128


def build(folder: Path) -> Path:
    """Compile the library; the test is skipped where there is no compiler."""
    library = folder / "failing_calls.so"
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Point(NamedTuple):
    """Calls of which one may stand for all: a kind, a glob of paths, and one of what is done (empty: any)."""

    kind: str
    path: str
    doing: str = ""


class Numbered(NamedTuple):
    """One call of a run: which one at its point, from 1."""

    point: Point
    number: int


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
        path = re.sub(r"video\d+", "video*", re.sub(r"/staging/\d+", "/staging/*", self._glob()))
        path = re.sub(r"/trash/[^/]+", "/trash/*", path)
        of_database = path.startswith("/state/ytarchive.db") and self.kind not in READING
        return Point(self.kind, path, re.sub(r" #\d+$", " #*", self.doing) if of_database else "")

    @property
    def own_point(self) -> Point:
        """As `point`, but that of its item alone, as far as the path or the transaction tells which."""
        of_transaction = self.path.endswith(".db-wal") and self.kind not in READING
        return Point(self.kind, self._glob(), self.doing if of_transaction else "")

    @property
    def job(self) -> int | None:
        """Whose call it is; None: everybody's, or nobody can tell."""
        named = re.search(r"/(?:staging|trash)/(\d+)|video(\d+)", self.path)
        if named:
            return int(named[1]) if named[1] else int(named[2]) + 1
        told = re.search(r" #(\d+)$", self.own_point.doing)
        return int(told[1]) if told else None

    def _glob(self) -> str:
        path = re.sub(r"[\[\]?*]", "?", self.path)
        path = re.sub(r"/trash/(\d+)-[^/]+", r"/trash/\1-*", path)
        return re.sub(r"\.v\d+\.backup", ".v*.backup", path)


def errors_of(point: Point) -> tuple[int, ...]:
    """What the system can answer: who only reads finds no disk full, and only opening needs a number."""
    if point.kind == "look":
        return (errno.EIO, errno.EMFILE)
    return (errno.EIO,) if point.kind in READING else ERRORS


class Plan:
    """The plan in its file; `environment` makes a process and its descendants follow it."""

    def __init__(self, library: Path, file: Path) -> None:
        self.kind = ""
        """The kind whose calls are counted, where they are counted by kind alone."""
        self.environment = {"LD_PRELOAD": str(library), "FAILING_CALLS": str(file)}
        file.write_bytes(bytes(_SIZE))
        handle = os.open(file, os.O_RDWR)
        self._map = mmap.mmap(handle, _SIZE)
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
        self._write(folder, how, trace, [(strike, point or Point(kind, ""))])

    def make_many(self, folder: Path, calls: Iterable[Numbered], how: int) -> None:
        """Strike each of these, up to `MOST`, in one run or in several that follow each other."""
        self.kind = ""
        self._write(folder, how, None, [(each.number, each.point) for each in calls])

    @property
    def calls(self) -> int:
        """How many there were."""
        return int(_STRIKE.unpack_from(self._map, _HEAD.size)[0])

    @property
    def struck(self) -> Call | None:
        """The call that was struck, if there was one."""
        return self.all_struck[0]

    @property
    def all_struck(self) -> list[Call | None]:
        """The struck calls, in the order of the plan; None for each that was not come to."""
        made = int(_HEAD.unpack_from(self._map)[1])
        lines = [_STRIKE.unpack_from(self._map, _HEAD.size + at * _STRIKE.size)[5] for at in range(made)]
        texts = [line.partition(b"\0")[0].decode(errors="replace") for line in lines]
        return [Call(*text.split("\t")[:3]) if text else None for text in texts]

    def _write(self, folder: Path, how: int, trace: Path | None, strikes: list[tuple[int, Point]]) -> None:
        assert len(strikes) <= MOST
        head = _HEAD.pack(how, len(strikes), str(folder).encode(), b"", str(trace or "").encode())
        parts = [
            _STRIKE.pack(0, number, *(text.encode() for text in point), b"") for number, point in strikes
        ]
        self._map[:] = (head + b"".join(parts)).ljust(_SIZE, b"\0")


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
    _NOW_OF[:] = [mmap.mmap(handle, _SIZE)]
    os.close(handle)
