"""Tasks for the tests of the process layer; they run in children."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.ytdlp.task import told

Emit = Callable[[dict[str, Any]], None]
warmed: dict[str, Any] = {}


def warm(config: dict[str, Any]) -> None:
    warmed.update(config)


def about(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    print("a print goes to stderr \x1b[31m")
    emit({"first_code": time.monotonic()})
    return {
        "request": request,
        "pid": os.getpid(),
        "group": os.getpgid(0),
        "session": os.getsid(0),
        "session_nice": session_nice(),
        "nice": os.nice(0),
        "warmed": warmed,
        "env": dict(os.environ),
        "umask": os.umask(0o077),
        "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    }


def session_nice() -> int:
    """What Linux weighs the session by; 10 where it does not weigh sessions."""
    try:
        told = Path("/proc/self/autogroup").read_text()
        grouped = Path("/proc/sys/kernel/sched_autogroup_enabled").read_text().strip() == "1"
    except OSError:
        return 10
    return int(told.rpartition(" ")[2]) if grouped else 10


def count(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    for number in range(request["to"]):
        emit({"number": number})
    return {"done": True}


def fail(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    try:
        raise OSError(28, "disk full")
    except OSError as error:
        raise ValueError("outer") from error


def refuse(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    raise StageError(Evidence(exception=("Refused",), http_status=429))


def hang_with_grandchild(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """Start a grandchild that ignores TERM, and wait for ever."""
    code = "import signal,time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    grandchild = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert grandchild.stdout is not None
    grandchild.stdout.readline()
    emit({"pids": [os.getpid(), grandchild.pid]})
    time.sleep(600)
    return {}


def leave_grandchild(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """Return while a grandchild still runs."""
    return {"pid": subprocess.Popen(["sleep", "600"]).pid}


def eat(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    return {"size": len(bytearray(request["bytes"]))}


def die(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    os.write(2, b"last words\n")
    os.kill(os.getpid(), request["signal"])
    return {}


def babble(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """Write what is no message to every descriptor that could be the events'."""
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > 2:
            with contextlib.suppress(OSError):
                os.write(descriptor, b"garbage \xff\x00\x1b\n[1]\n" + b"x" * 300_000 + b"\n")
    return {"ok": True}


def murmur(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """Say a lot on stderr, the last line without an end; with `until_asked` only when asked to end."""
    said = b"".join(b"line %d\n" % number for number in range(request["lines"])) + b"no end"

    def say() -> None:
        with open(2, "wb", closefd=False) as stderr:
            stderr.write(said)

    if request.get("until_asked"):
        os.write(2, b"waiting\n")
        emit({"ready": True})
        try:
            time.sleep(600)
        finally:
            say()
    say()
    return {"said": len(said)}


def run_program(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    done = subprocess.run(request["command"], capture_output=True, text=True, check=False)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr[:500]}


def listen(request: dict[str, Any], emit: Emit) -> dict[str, Any]:
    heard: list[int] = []
    while request["until"] not in heard:
        if (limit := told.get("limit_bps")) not in (None, *heard):
            heard.append(limit)
            emit({"heard": limit})
        time.sleep(0.005)
    return {"heard": heard}
