"""How the program tells a script what became of its run."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The codes with which the program ends; `docs/exit-codes.md` explains each."""

    ALL_ARCHIVED = 0
    NOT_ALL_ARCHIVED = 1
    USAGE = 2
    TOOLS_MISSING = 3
    BUSY = 4
    INTERRUPTED = 130
