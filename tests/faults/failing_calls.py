"""The plan that `failing_calls.c` follows: which call fails, or ends its process, and what was counted."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("failing_calls.c")
KILL_BEFORE, KILL_AFTER, KILL_TORN = 0, -1, -2
"""How a process is ended at a call; torn: when half of a write has been done."""
_LAYOUT = struct.Struct("@lll32s512s512s")


def build(folder: Path) -> Path:
    """Compile the library; the test is skipped where there is no compiler."""
    library = folder / "failing_calls.so"
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Plan:
    """The plan in its file; `environment` makes a process and its descendants follow it."""

    def __init__(self, library: Path, file: Path) -> None:
        self.environment = {"LD_PRELOAD": str(library), "FAILING_CALLS": str(file)}
        file.write_bytes(bytes(_LAYOUT.size))
        handle = os.open(file, os.O_RDWR)
        self._map = mmap.mmap(handle, _LAYOUT.size)
        os.close(handle)

    def make(self, folder: Path, *, strike: int = 0, how: int = KILL_BEFORE, kind: str = "") -> None:
        """Count from 0 the calls (of one kind) below the folder, and strike the one of that number."""
        values = (0, strike, how, kind.encode(), str(folder).encode(), b"")
        self._map[:] = _LAYOUT.pack(*values)

    @property
    def calls(self) -> int:
        """How many there were."""
        return int(_LAYOUT.unpack(self._map[:])[0])

    @property
    def struck(self) -> str:
        """Name and path of the call that was struck; empty when there was none."""
        told: bytes = _LAYOUT.unpack(self._map[:])[5]
        return told.partition(b"\0")[0].decode(errors="replace")
