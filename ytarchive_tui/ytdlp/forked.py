"""What a process does to itself between the fork and the task."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from typing import NoReturn

from ytarchive_tui.ytdlp import task

GRACE_S = 2.0
"""How long the group may tidy up before the child kills it and itself."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_prctl = getattr(ctypes.CDLL(None), "prctl", None)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, where the system can do that (Linux)."""
    if _prctl is not None:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def become(target: str, pipes: list[int], memory: int) -> NoReturn:
    """Turn the fresh fork into a child that runs `target`, and never return.

    `pipes` are stdin, stdout and stderr; `memory` is the hard limit for data, in bytes.
    """
    status = 1
    try:
        _isolate(pipes, memory)
        status = _run(target)
    except SystemExit:
        pass  # the request never came
    except BaseException:
        with contextlib.suppress(BaseException):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(status)


def _isolate(pipes: list[int], memory: int) -> None:
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    for standard, pipe in enumerate(pipes):
        os.dup2(pipe, standard)
    os.closerange(3, 4096)
    os.umask(0o077)
    with contextlib.suppress(OSError):
        os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Not RLIMIT_AS: V8 reserves far more address space than it ever uses.
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _run(target: str) -> int:
    events = task.take_stdout()
    request = json.loads(_read_line())
    threading.Thread(target=_watch_parent, name="life line", daemon=True).start()
    try:
        task.perform(task.find(target), request, events)
    except SystemExit:
        # Asked to end: files are closed by now; whatever else is in the group goes too.
        os.killpg(0, signal.SIGKILL)
    return 0


def _read_line() -> bytes:
    """The request; byte blocks straight from the descriptor, so that nothing beyond it is swallowed."""
    line = bytearray()
    while not line.endswith(b"\n"):
        block = os.read(0, 65536)
        if not block:
            raise SystemExit(1)
        line += block
    return bytes(line)


def _watch_parent() -> None:
    """End the whole group when stdin ends: nobody waits for the result any more."""
    with contextlib.suppress(OSError):
        while os.read(0, 65536):
            pass
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


def _terminate(number: int, frame: object) -> NoReturn:
    # A second signal must not interrupt the tidying up that the first one started.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)
