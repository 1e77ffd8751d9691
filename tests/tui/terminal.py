"""The real program on a pseudo-terminal: what it writes, byte for byte, and how it leaves the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from tui.wire import Wire, take_apart

COMMAND = (sys.executable, "-m", "ytarchive_tui")
FIRST_WORDS = "Nothing in the queue"
FAILING = (
    "from ytarchive_tui.tui.screens.queue import QueueScreen\n"
    "def fail(self): raise RuntimeError('what a title said: \\x1b]52;c;ZWNobw==\\x07 \\x1b[2J \\x9b31m')\n"
    "QueueScreen.do_sort = fail\n"
    "from ytarchive_tui.cli import main\n"
    "main()"
)
"""The program with a fault behind the key `s`."""


def arguments(folder: Path) -> tuple[str, ...]:
    """Options that keep a run below a folder of its own."""
    return ("--state-dir", str(folder / "own"), "-o", str(folder / "archive"))


class Terminal:
    """`with Terminal(arguments…) as it:`; the program is killed at the end if it still runs.

    A thread reads what the program writes for as long as the window is open, as a terminal does.
    """

    def __init__(
        self, *options: str, home: Path, size: tuple[int, int] = (100, 30),
        command: tuple[str, ...] = COMMAND, env: Mapping[str, str | None] | None = None,
    ) -> None:  # fmt: skip
        self._leader, follower = pty.openpty()
        self.size = size
        self.resize(*size)
        self.modes_before = termios.tcgetattr(follower)
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("YTARCHIVE_", "PYTHONUNBUFFERED"))
        }
        wanted: dict[str, str | None] = {
            **clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
            # They would say more than the window's own size.
            "COLUMNS": None, "LINES": None,
            **(env or {}),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [*command, *options],
            stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
            env={name: value for name, value in wanted.items() if value is not None},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(follower)
        self._bytes = bytearray()
        self._news = threading.Condition()
        self._closing = False
        self.let_go = False
        """Whether every process has closed the terminal."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._leader >= 0:
            self.vanish()

    @property
    def now(self) -> int:
        """How many bytes were written so far."""
        return len(self._bytes)

    def raw(self, start: int) -> bytes:
        """Everything written since, byte for byte."""
        return bytes(self._bytes[start:])

    @property
    def text(self) -> str:
        """Everything written so far, sequences and all."""
        return self._bytes.decode(errors="surrogateescape")

    def wire(self, start: int = 0) -> Wire:
        """Everything written since, taken apart."""
        return take_apart(self.raw(start), self.size)

    def last(self) -> str:
        """The end of what was seen, for a person who looks for a fault."""
        return "\n".join(line for line in self.wire().text[-6000:].splitlines() if line.strip())[-2500:]

    def modes_kept(self) -> bool:
        """Whether echo, line mode and the like are as before."""
        return termios.tcgetattr(self._leader) == self.modes_before

    def vanish(self) -> None:
        """Close the window: the program's terminal is gone and it gets a SIGHUP."""
        self._closing = True
        self._reader.join()
        os.close(self._leader)
        self._leader = -1

    def resize(self, columns: int, lines: int) -> None:
        """As a person who pulls at the window."""
        self.size = (max(self.size[0], columns), max(self.size[1], lines))
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def press_for(self, keys: str, text: str, seconds: float = 90) -> None:
        """Press, and wait until that text is seen."""
        began = self.now
        self.press(keys)
        self.wait_for(text, seconds, since=began)

    def wait_for(self, text: str, seconds: float = 30, *, since: int | None = None) -> None:
        """Wait until that text is seen that was written after now, or after `since`."""
        start = self.now if since is None else since
        self.until(lambda: text in self.wire(start).text, seconds, f"«{text}»")

    def pause(self, seconds: float) -> None:
        """Until the program has something to tell and then rests, for as long as that at most."""
        deadline = time.monotonic() + seconds
        before = self.now
        while time.monotonic() < deadline:
            with self._news:
                if not self._news.wait(0.05) and self.now > before:
                    return

    def until(
        self, condition: Callable[[], object], seconds: float = 30, what: str = "the condition"
    ) -> None:
        """Look whenever something was written, and ten times a second."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come:\n{self.last()}"
            with self._news:
                self._news.wait(0.1)

    def end(self, number: signal.Signals | None = None, seconds: float = 20) -> int:
        """Send a signal, wait for the end and the last byte, and return the exit code."""
        if number is not None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it goes on:\n{self.last()}") from None
        self.until(lambda: self.let_go or not select.select([self._leader], [], [], 0)[0], 5)
        return code

    def _read(self) -> None:
        while not self._closing:
            if select.select([self._leader], [], [], 0.05)[0]:
                try:
                    told = os.read(self._leader, 1 << 16)
                except OSError:
                    # Nobody has it open: so it is before the program begins, and after all have ended.
                    self.let_go = True
                    time.sleep(0.02)
                    continue
                self.let_go = False
                self._bytes += told
                with self._news:
                    self._news.notify_all()
