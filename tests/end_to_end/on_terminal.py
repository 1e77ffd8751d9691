"""Runs a command on a terminal of its own and keeps every byte that it writes there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """What a terminal was sent, and how the command ended."""

    code: int
    output: bytes
    seconds_after_signal: float
    modes_kept: bool
    """Whether the terminal's own settings are as they were before."""


def show(
    command: Sequence[str | Path],
    env: dict[str, str],
    *,
    when: Callable[[bytes], bool] = lambda output: False,
    send: Sequence[int] = (),
    timeout_s: float = 90,
) -> Shown:
    """Run to the end; once `when` is true of the output so far, send the signals, half a second apart."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**env, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    output, waiting, sent_at, next_at = b"", list(send), 0.0, 0.0
    deadline = time.monotonic() + timeout_s
    try:
        while process.poll() is None and time.monotonic() < deadline:
            output += _read(master)
            if waiting and time.monotonic() >= next_at and (sent_at or when(output)):
                process.send_signal(signal.Signals(waiting.pop(0)))
                sent_at = sent_at or time.monotonic()
                next_at = time.monotonic() + 0.5
        took = time.monotonic() - sent_at
        while more := _read(master):
            output += more
        return Shown(process.wait(0), output, took, termios.tcgetattr(slave) == before)
    finally:
        process.kill()
        os.close(slave)
        os.close(master)


def _read(master: int) -> bytes:
    ready, _, _ = select.select([master], [], [], 0.05)
    return os.read(master, 65536) if ready else b""
