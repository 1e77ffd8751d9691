"""The memory of the GNU C library, which by itself keeps what it once had; elsewhere nothing is done."""

from __future__ import annotations

import ctypes
from typing import Any

_M_ARENA_MAX = -8
"""Of `mallopt`, from glibc's malloc.h."""
_library: Any = ctypes.CDLL(None)


def share_one() -> None:
    """Have all threads take from one heap, which a program calls before it has threads.

    With a heap for each, what the thread of a query gave back is of no use to the others: a sixth of a
    screen's memory.
    """
    if hasattr(_library, "mallopt"):
        _library.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Hand what is free to the system; 1 to 10 ms."""
    if hasattr(_library, "malloc_trim"):
        _library.malloc_trim(0)
