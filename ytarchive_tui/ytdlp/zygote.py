"""The process that has everything imported and forks one child for each job.

Run as `python -m ytarchive_tui.ytdlp.zygote FD`, where FD is one end of a stream socket pair.
It has no threads and no other sockets, so forking it is safe. Lines on the socket are JSON:

  in   {"tasks": {name: "module:function"}, "config": {...}}           once
       {"fork": ticket, "memory": bytes}                               with stdin, stdout, stderr (SCM_RIGHTS)
       {"signal": number, "to": ticket}                                to the child's whole process group
  out  {"ready": true}, {"ticket": ..., "pid": ...}, {"ticket": ..., "exit": status}

`exit` is only sent when the child's whole group is gone. The end of the socket means that the parent
died: the zygote takes its children with it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from ytarchive_tui.ytdlp import forked, limits, task

GARBAGE = 20_000
"""Objects, some 5 MB, after which cycles are looked for. Each 700, that is a twentieth of a job's work and a
tenth of the imports'."""
GONE_S = 2.0
"""How long a killed group may need to disappear before it is called gone."""
GRACE_S = 2.0
"""How long children may tidy up when the parent died."""


class Zygote:
    """Forks, reaps and signals; one loop, one thread."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._buffer = b""
        self._descriptors: list[int] = []
        self._tasks: dict[str, str] = {}
        self._tickets: dict[int, int] = {}
        """Living children: pid → ticket."""
        self._leaving: dict[int, tuple[int, int, float]] = {}
        """Groups whose leader is dead: pid → ticket, status, deadline."""
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Answer until the parent closes its end."""
        while True:
            timeout = 0.005 if self._leaving else None
            control = self._control.fileno()
            readable, _, _ = select.select([control, self._woken], [], [], timeout)
            if self._woken in readable:
                os.read(self._woken, 4096)
            self._reap()
            if control in readable and not self._receive():
                return

    def end(self) -> None:
        """Take every child along: ask, wait a little, kill."""
        for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GONE_S)):
            for pid in self._tickets:
                _signal_group(pid, number)
            deadline = time.monotonic() + patience
            while (self._tickets or self._leaving) and time.monotonic() < deadline:
                select.select([self._woken], [], [], 0.01)
                self._reap()

    def _receive(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 64)
        except ConnectionError:
            return False
        self._descriptors += descriptors
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(data)

    def _obey(self, order: dict[str, Any]) -> None:
        if "tasks" in order:
            self._tasks = order["tasks"]
            task.preload(self._tasks.values(), order["config"])
            gc.freeze()
            self._say(ready=True)
        elif "fork" in order:
            self._fork(order)
        else:
            pid = next((p for p, ticket in self._tickets.items() if ticket == order["to"]), None)
            if pid is not None:
                _signal_group(pid, order["signal"])

    def _fork(self, order: dict[str, Any]) -> None:
        pipes, self._descriptors = self._descriptors[:3], self._descriptors[3:]
        try:
            pid = os.fork()
            if pid == 0:
                forked.become(self._tasks, pipes, order["memory"])
        except OSError as error:
            # A machine that has no room for one more process still has those that run.
            with contextlib.suppress(OSError):
                os.write(pipes[2], f"no process can be started: {error.strerror}\n".encode())
            self._say(ticket=order["fork"], exit=os.EX_OSERR)
        else:
            self._tickets[pid] = order["fork"]
            self._say(ticket=order["fork"], pid=pid)
        finally:
            for descriptor in pipes:
                os.close(descriptor)

    def _reap(self) -> None:
        while True:
            try:
                # The dead stay in the process table while their group is killed: no pid can be reused.
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if found is None:
                break
            pid = found.si_pid
            ticket = self._tickets.pop(pid, None)
            if ticket is not None:
                _signal_group(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            if ticket is not None:
                self._leaving[pid] = (ticket, status, time.monotonic() + GONE_S)
        for pid, (ticket, status, deadline) in list(self._leaving.items()):
            if not _group_exists(pid) or time.monotonic() > deadline:
                del self._leaving[pid]
                self._say(ticket=ticket, exit=os.waitstatus_to_exitcode(status))

    def _say(self, **message: Any) -> None:
        # An error means that the parent is gone; the next read says so too.
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        # Forked a moment ago, not yet a group of its own.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    except PermissionError:
        pass  # macOS says so for a group of zombies


def _group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return True


def main() -> None:
    """Serve on the descriptor that the command line names."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]
    gc.set_threshold(GARBAGE)
    # Orphans of a dead child (ffmpeg) come to the zygote, which sees that they end.
    forked.adopt_orphans()
    limits.yield_as_session()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as control:
        zygote = Zygote(control)
        try:
            zygote.serve()
        finally:
            zygote.end()


if __name__ == "__main__":
    main()
