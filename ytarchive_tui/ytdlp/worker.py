"""A long-lived child that runs tasks one after the other, where forking is not safe.

Run as `python -m ytarchive_tui.ytdlp.worker`. The first line on stdin is `{"tasks", "config", "memory"}`,
each further one is `{"task", "request"}` or goes to `task.told`; answers are those of `task`. The end of
stdin means that the parent died.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import Any, NoReturn

from ytarchive_tui.ytdlp import limits, task


def main() -> None:
    """Serve until stdin ends."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]
    os.umask(0o077)
    limits.yield_as_session()
    limits.yield_as_process()
    signal.signal(signal.SIGTERM, _terminate)
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    events = task.take_stdout()
    hello = json.loads(sys.stdin.buffer.readline())
    limits.hold(hello["memory"])
    threading.Thread(target=_read, args=(orders,), name="life line", daemon=True).start()
    task.preload(hello["tasks"].values(), hello["config"])
    try:
        while True:
            order = orders.get()
            task.perform(task.find(hello["tasks"][order["task"]]), order["request"], events)
    except SystemExit:
        _leave()


def _read(orders: queue.SimpleQueue[dict[str, Any]]) -> NoReturn:
    for line in sys.stdin.buffer:
        order = json.loads(line)
        if "task" in order:
            orders.put(order)
        else:
            task.told.update(order)
    _leave()


def _leave() -> NoReturn:
    """End at once, and with us whatever a task has left running."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _terminate(number: int, frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
