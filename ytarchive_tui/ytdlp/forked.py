"""What a process does to itself between the fork and its tasks."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

from ytarchive_tui.ytdlp import limits, task

GRACE_S = 2.0
"""How long the group may tidy up before the child kills it and itself."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_prctl = getattr(ctypes.CDLL(None), "prctl", None)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, where the system can do that (Linux)."""
    if _prctl is not None:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def become(tasks: Mapping[str, str], pipes: list[int], memory: int) -> NoReturn:
    """Turn the fresh fork into a child that runs tasks of one job, and never return.

    `tasks` maps names to `module:function`, `pipes` are stdin, stdout and stderr, `memory` is the hard limit
    for data, in bytes. A line on stdin is an order, `{"task": name, "request": {...}, "more": bool}`, or
    something that the parent tells (`task.told`); after an order without `more` the child ends.
    """
    status = 1
    try:
        _isolate(pipes, memory)
        status = _run(tasks)
    except BaseException:
        with contextlib.suppress(BaseException):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(status)


def _isolate(pipes: list[int], memory: int) -> None:
    # Not a session of its own: in the zygote's all children together take what is left over.
    os.setpgid(0, 0)
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
    limits.yield_as_process()
    limits.hold(memory)


def _run(tasks: Mapping[str, str]) -> int:
    events = task.take_stdout()
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(orders,), name="life line", daemon=True).start()
    more = True
    try:
        while more:
            order = orders.get()
            task.perform(task.find(tasks[order["task"]]), order["request"], events)
            more = order["more"]
    except SystemExit:
        # Asked to end: files are closed by now; whatever else is in the group goes too.
        os.killpg(0, signal.SIGKILL)
    return 0


def _read(orders: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Hand on the orders and note what is told.

    When stdin ends, nobody waits for a result any more: end the whole group.
    """
    with contextlib.suppress(OSError, ValueError), open(0, "rb", closefd=False) as stdin:
        for line in stdin:
            message = json.loads(line)
            if "task" in message:
                orders.put(message)
            else:
                task.told.update(message)
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


def _terminate(number: int, frame: object) -> NoReturn:
    # A second signal must not interrupt the tidying up that the first one started.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)
