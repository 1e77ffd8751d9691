"""The far side of a child's pipes: one request line in, event lines and one verdict line out.

A line is a JSON object with one key: `event`, `result` or `error` (an `Evidence`). Further lines may come
in while the task runs; they go to `told`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models.base import Frozen, build_all

Emit = Callable[[dict[str, Any]], None]
Task = Callable[[dict[str, Any], Emit], dict[str, Any]]

told: dict[str, Any] = {}
"""What the parent said since the request: the newest word on each matter, such as `limit_bps`."""
MESSAGE_LIMIT = 2_000
"""Characters of an exception's text that are kept."""


def find(target: str) -> Task:
    """The function that `module:function` names."""
    module, _, function = target.partition(":")
    task: Task = getattr(importlib.import_module(module), function)
    return task


def preload(targets: Iterable[str], config: dict[str, Any]) -> None:
    """Import the modules of all targets, call each one's `warm(config)`, if it has one, and build all models.

    A warm-up that fails costs speed and nothing else, so it is only reported on stderr.
    """
    # Where another package has brought it, Cryptodome reads C declarations with it, a tenth of the imports'
    # time; else it gets on with ctypes.
    sys.modules.setdefault("cffi", None)  # type: ignore[arg-type]
    for name in dict.fromkeys(target.partition(":")[0] for target in targets):
        warm = getattr(importlib.import_module(name), "warm", None)
        if warm is not None:
            try:
                warm(config)
            except Exception:
                traceback.print_exc()
    for model in (Frozen, Evidence):
        build_all(model)


def causes(error: BaseException) -> list[BaseException]:
    """The exception and what caused it, outermost first.

    Follows yt-dlp's `exc_info` and `cause` attributes as well as Python's own chain.
    """
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain and len(chain) < 10:
        chain.append(current)
        inner = (getattr(current, "exc_info", None) or (None, None))[1]
        cause = getattr(current, "cause", None)
        current = next(
            (
                candidate
                for candidate in (inner, current.__cause__, cause, current.__context__)
                if isinstance(candidate, BaseException) and candidate not in chain
            ),
            None,
        )
    return chain


def evidence_of(error: BaseException) -> Evidence:
    """What any exception tells by itself."""
    chain = causes(error)
    number = next((e.errno for e in chain if isinstance(e, OSError) and e.errno is not None), None)
    text = str(error).encode("utf-8", "replace").decode()
    return Evidence(
        exception=tuple(type(e).__name__ for e in chain), message=text[:MESSAGE_LIMIT], errno=number
    )


class Events:
    """Writes whole lines to a descriptor, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, kind: str, content: dict[str, Any]) -> None:
        """Write one line; raises `SystemExit` when nobody reads any more."""
        data = json.dumps({kind: content}, default=str).encode() + b"\n"
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                raise SystemExit(1) from None

    def emit(self, event: dict[str, Any]) -> None:
        """Report something before the end of the task."""
        self.write("event", event)


def perform(task: Task, request: dict[str, Any], events: Events) -> None:
    """Run the task and write its verdict; only `SystemExit` and the like get out."""
    try:
        kind, content = "result", task(request, events.emit)
    except StageError as error:
        kind, content = "error", error.evidence.model_dump(mode="json")
    except Exception as error:
        traceback.print_exc()
        kind, content = "error", evidence_of(error).model_dump(mode="json")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    events.write(kind, content)


def take_stdout() -> Events:
    """Keep stdout for events; whatever is printed from now on goes to stderr."""
    events = Events(os.dup(1))
    os.dup2(2, 1)
    return events
