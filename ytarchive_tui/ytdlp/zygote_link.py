"""The parent's end of the zygote: starts it, asks it for children, hears how they ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ytarchive_tui.ytdlp.dialogue import Log, Murmur, lines_of, plain, reader_of

PYTHON = (sys.executable, "-P", "-X", "utf8", "-m")
"""Runs a module with UTF-8 everywhere and without the working directory on the import path."""
START_S = 60.0
GONE_S = 10.0
_PASSED_ON = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "XDG_CONFIG_HOME"),
)


class ZygoteDiedError(Exception):
    """The zygote ended while it was needed; the next task starts a new one."""


def scrubbed_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What children may know of our environment: no proxies, no plug-ins, nothing of Python's.

    PYTHONPATH, which the interpreter needs to find this package, is removed before any task runs.
    """
    package_root = str(Path(__file__).resolve().parents[2])
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "YTDLP_NO_PLUGINS": "1",
        "PYTHONPATH": package_root,
        **extra,
    }


class Child:
    """One forked child: its pipes, and how to end it."""

    def __init__(
        self, link: ZygoteLink, ticket: int, pid: asyncio.Future[int], exited: asyncio.Future[int]
    ) -> None:
        self._link = link
        self._ticket = ticket
        self._pid = pid
        self.exited = exited
        """The exit code (negative for a signal) once the whole group is gone; `ZygoteDiedError` else."""
        self.stdout: asyncio.StreamReader
        self.stderr: Murmur
        self._transports: list[asyncio.BaseTransport] = []

    async def connect(self, stdin: int, stdout: int, stderr: int) -> None:
        """Take over our ends of its pipes."""
        pipe = os.fdopen(stdin, "wb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, pipe)
        self._stdin = transport
        self.stdout, out = await reader_of(stdout)
        self.stderr = Murmur(stderr)
        self._transports = [transport, out]

    def send(self, order: dict[str, Any]) -> None:
        """Write an order; stdin stays open, because its end means that we died."""
        self._stdin.write(json.dumps(order).encode() + b"\n")

    async def end(self, grace_s: float) -> None:
        """TERM to the group, KILL after the grace; returns when the whole group is gone."""
        for number, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, GONE_S)):
            await self._link.signal(self._ticket, number)
            if await self.gone(patience):
                return

    async def gone(self, timeout_s: float) -> bool:
        """Wait until the group is gone; False when it still lives after the time."""
        await asyncio.wait([self.exited], timeout=timeout_s)
        if not self.exited.done():
            return False
        if self.exited.exception() is not None:
            await self._gone_without_zygote()
        return True

    def close(self) -> None:
        """Let go of the pipes."""
        for transport in self._transports:
            transport.close()
        self.stderr.close()

    async def _gone_without_zygote(self) -> None:
        """Nobody reports the end any more: close the life line and look until the group is gone."""
        self._stdin.close()
        if not self._pid.done() or self._pid.exception() is not None:
            return
        for _ in range(int(GONE_S / 0.02)):
            try:
                os.killpg(self._pid.result(), 0)
            except (ProcessLookupError, PermissionError):
                return
            await asyncio.sleep(0.02)


class ZygoteLink:
    """Starts a zygote when one is needed and talks to it."""

    def __init__(
        self, tasks: Mapping[str, str], config: Mapping[str, Any], environment: Mapping[str, str], log: Log
    ) -> None:
        self._hello = {"tasks": dict(tasks), "config": dict(config)}
        self._environment = environment
        self._log = log
        self._tickets = itertools.count(1)
        self._starting = asyncio.Lock()
        self._control: socket.socket | None = None
        self._ready: asyncio.Future[None]
        self._pids: dict[int, asyncio.Future[int]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._process: asyncio.subprocess.Process
        self._chores: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    async def fork(self, memory: int) -> Child:
        """A new child of a zygote that was started; raises `ZygoteDiedError`."""
        loop = asyncio.get_running_loop()
        ticket = next(self._tickets)
        pid: asyncio.Future[int] = loop.create_future()
        exited: asyncio.Future[int] = loop.create_future()
        # Whoever has lost interest must not leave "exception was never retrieved" behind.
        for future in (pid, exited):
            future.add_done_callback(lambda done: done.exception())
        self._pids[ticket], self._exits[ticket] = pid, exited
        ends = [os.pipe() for _ in range(3)]
        (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = ends
        theirs = [theirs_in, theirs_out, theirs_err]
        child = Child(self, ticket, pid, exited)
        try:
            await self._send({"fork": ticket, "memory": memory}, theirs)
        except BaseException:
            for descriptor in (ours_in, ours_out, ours_err):
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        await child.connect(ours_in, ours_out, ours_err)
        return child

    async def signal(self, ticket: int, number: int) -> None:
        """Signal a child's group; in vain when it or the zygote is gone."""
        with contextlib.suppress(ZygoteDiedError):
            await self._send({"signal": int(number), "to": ticket})

    async def start(self) -> None:
        """Return when a zygote is there and has everything imported."""
        async with self._starting:
            if self._control is None:
                await self._launch()
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), START_S)
        except TimeoutError:
            self._process.kill()
            raise ZygoteDiedError(f"not ready after {START_S:.0f} s") from None

    async def close(self) -> None:
        """End the zygote, and with it every child."""
        if self._control is not None:
            self._control.shutdown(socket.SHUT_RDWR)
        await asyncio.gather(*self._chores)

    async def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *PYTHON,
                "ytarchive_tui.ytdlp.zygote",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=dict(self._environment),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours
        self._ready = asyncio.get_running_loop().create_future()
        self._ready.add_done_callback(lambda done: done.exception())
        self._chores = [chore for chore in self._chores if not chore.done()]
        self._chores.append(asyncio.create_task(self._hear(ours, self._process)))
        await self._send(self._hello)

    async def _send(self, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
        control = self._control
        if control is None:
            raise ZygoteDiedError("not running")
        data = json.dumps(message).encode() + b"\n"
        while data:
            try:
                sent = socket.send_fds(control, [data], descriptors or [])
            except BlockingIOError:
                await asyncio.sleep(0.005)
                continue
            except OSError as error:
                raise ZygoteDiedError(str(error)) from error
            data, descriptors = data[sent:], None

    async def _hear(self, control: socket.socket, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        complaints = asyncio.create_task(self._complaints(process.stderr))
        loop, buffer = asyncio.get_running_loop(), b""
        with contextlib.suppress(OSError):
            while data := await loop.sock_recv(control, 65536):
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self._note(json.loads(line))
        if self._control is control:
            self._control = None
        control.close()
        await process.wait()
        await complaints
        error = ZygoteDiedError(f"exit code {process.returncode}")
        pending: list[asyncio.Future[Any]] = [self._ready, *self._pids.values(), *self._exits.values()]
        for future in pending:
            if not future.done():
                future.set_exception(error)
        self._pids.clear()
        self._exits.clear()

    def _note(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self._ready.set_result(None)
        elif "pid" in message:
            self._pids[message["ticket"]].set_result(message["pid"])
        else:
            del self._pids[message["ticket"]]
            self._exits.pop(message["ticket"]).set_result(message["exit"])

    async def _complaints(self, stderr: asyncio.StreamReader) -> None:
        async for line in lines_of(stderr, 2_000):
            self._log("zygote", None, plain(line.decode(errors="replace")))
