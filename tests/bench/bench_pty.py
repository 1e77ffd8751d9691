"""A program on a pseudo-terminal: when its frames are painted, and how large it is."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

CURSOR_ROW = re.compile(rb"\x1b\[1;[0-9;]*m[^\x1b]*#(\d{7})")
"""The row under the cursor is drawn in bold, with its number."""
FRAME_END = b"\x1b[?2026l"


class Screen:
    """`with Screen(command, …) as it:`; it is asked to quit at the end, and killed if it does not."""

    def __init__(self, command: Sequence[str], home: Path, size: tuple[int, int] = (120, 36)) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(home)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
        self._started = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
            env=kept | own, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(follower)
        self._last = self._started
        self.seen = bytearray()
        """Everything that was written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            deadline = time.monotonic() + 15
            while self.process.poll() is None and time.monotonic() < deadline:
                self._read(0.1)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._leader)

    def press(self, key: bytes) -> None:
        """As if it were typed."""
        os.write(self._leader, key)

    def wait_for(self, pattern: bytes, start: int = 0, seconds: float = 60) -> float:
        """Seconds from the start of the program to the end of the frame that shows `pattern`."""
        wanted = re.compile(pattern)
        deadline = time.monotonic() + seconds
        while (found := wanted.search(self.seen, start)) is None or FRAME_END not in self.seen[found.end() :]:
            assert time.monotonic() < deadline, bytes(self.seen[-2000:])
            self._read(0.5)
        return self._last - self._started

    def key_s(self, key: bytes, pattern: re.Pattern[bytes] = CURSOR_ROW, seconds: float = 20) -> float:
        """Press a key; seconds until the end of the frame that shows its effect."""
        start, pressed = len(self.seen), time.monotonic()
        self.press(key)
        while (found := pattern.search(self.seen, start)) is None or FRAME_END not in self.seen[
            found.end() :
        ]:
            assert time.monotonic() - pressed < seconds, bytes(self.seen[start:][-2000:])
            self._read(0.5)
        return self._last - pressed

    def settle(self, seconds: float) -> None:
        """Read for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def resident(self) -> int:
        """Bytes of memory of this one process, as the system counts them."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s*(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def _read(self, seconds: float) -> None:
        if select.select([self._leader], [], [], seconds)[0]:
            try:
                data = os.read(self._leader, 1 << 16)
            except OSError:
                time.sleep(0.05)
                return
            self._last = time.monotonic()
            self.seen += data
            if b"\x1b[?2026$p" in data:
                self.press(b"\x1b[?2026;2$y")
