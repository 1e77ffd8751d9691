"""Ends a program that was told to end and does not: nothing is lost by it, and the terminal is given back."""

from __future__ import annotations

import os
import sys
import termios
import threading
from contextlib import suppress
from typing import Any

_PLAIN_AGAIN = (
    b"\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"
    b"\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[0m"
)
"""The ordinary screen, a visible cursor, no reports of mouse, focus or pasting, usual keys and colours."""


class LastResort:
    """Remembers the terminal as it is now, and after `arm` ends the process unless `disarm` comes first."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None
        self._terminal: tuple[int, list[Any]] | None = None
        with suppress(OSError, ValueError, termios.error):
            number = sys.__stdin__.fileno() if sys.__stdin__ else 0
            self._terminal = number, termios.tcgetattr(number)

    def arm(self, seconds: float, code: int) -> None:
        """End with this exit code after so long; the first call counts."""
        if self._timer is None:
            self._timer = threading.Timer(seconds, self._end, (code,))
            self._timer.daemon = True
            self._timer.start()

    def disarm(self) -> None:
        """The program has come to its end by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, code: int) -> None:
        if self._terminal is not None:
            number, modes = self._terminal
            # The terminal may be gone, or read nothing any more.
            with suppress(OSError, termios.error):
                os.set_blocking(number, False)
                os.write(number, _PLAIN_AGAIN)
            with suppress(OSError, termios.error):
                termios.tcsetattr(number, termios.TCSANOW, modes)
        os._exit(code)
