"""The real program on a pseudo-terminal: what it writes, byte for byte."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Self

# What Textual itself writes: CSI sequences, the title, and the queries and answers of terminals.
_OWN = re.compile(
    r"\x1b\[[0-9;?<>=$]*[ -/]*[A-Za-z~]|\x1b\][0-9]+;[^\x07\x1b\x00-\x1f]*(?:\x07|\x1b\\)"
    r"|\x1bP[^\x1b]*\x1b\\|\r|\n|\x1b[=>78]"
)
_LEFT = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
RESTORED = ("\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l", "\x1b[?2004l")
"""Alternate screen left, cursor shown, mouse and bracketed paste off."""


class Terminal:
    """`with Terminal(arguments…) as it:`; the program is killed at the end if it still runs."""

    def __init__(self, *arguments: str, home: Path, size: tuple[int, int] = (100, 30)) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ytarchive_tui", *arguments],
            stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
            env=clean | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(home)},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(follower)
        self._bytes = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._leader >= 0:
            os.close(self._leader)

    @property
    def text(self) -> str:
        """Everything written so far."""
        return self._bytes.decode(errors="surrogateescape")

    def vanish(self) -> None:
        """Close the window: the program's terminal is gone and it gets a SIGHUP."""
        os.close(self._leader)
        self._leader = -1

    def press(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Read until that text was written after now."""
        start, deadline = len(self._bytes), time.monotonic() + seconds
        while text not in self._bytes[start:].decode(errors="replace"):
            assert time.monotonic() < deadline, self.text[-2000:]
            self._read(0.1)

    def end(self, number: signal.Signals | None = None, seconds: float = 15) -> int:
        """Send a signal, read to the end, and return the exit code."""
        if number is not None:
            self.process.send_signal(number)
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text[-2000:]
            self._read(0.1)
        self._read(0.1)
        return self.process.returncode

    def foreign_controls(self) -> list[str]:
        """Control characters that are no part of what Textual means to write."""
        return _LEFT.findall(_OWN.sub("", self.text))

    def _read(self, seconds: float) -> None:
        if select.select([self._leader], [], [], seconds)[0]:
            try:
                self._bytes += os.read(self._leader, 1 << 16)
            except OSError:
                time.sleep(0.05)
