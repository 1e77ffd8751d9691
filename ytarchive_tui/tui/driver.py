"""Textual's driver for terminals, with the manners that it lacks (8.2).

- A terminal that vanished swallows what is written. Textual's writer would end at its first error, and the
  program would wait behind it for ever.
- Ctrl-Z stops the whole process group, as a terminal does it, so that who started us through another program
  gets the shell back as well; where no shell could continue us, nobody is stopped.
- After a SIGSTOP from outside the terminal is set up anew from its own modes. Textual would set it up a
  second time on top of raw mode, and then never end.
- All this happens between two callbacks of the loop, never in the middle of a write.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any, TextIO, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Shows the app, gives the terminal back, and shows it again."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file = cast(Any, _Lasting(cast(TextIO, self._file)))
        self._shown = False
        self._away = False
        """Whether the terminal is given back for the time being."""
        self._listen()

    def write(self, data: str) -> None:
        """Dropped while the terminal is not ours."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def start_application_mode(self) -> None:
        """Take the terminal; in the background of a shell, that stops us instead."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._shown = self._writer_thread is not None and self._writer_thread.is_alive()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._shown = False
        super().stop_application_mode()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self._sigtstp_application)
        loop.add_signal_handler(signal.SIGCONT, self._sigcont_application)

    def _sigtstp_application(self, *_: object) -> None:
        self._leave()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTSTP, signal.SIGCONT):
            loop.remove_signal_handler(number)
        os.kill(0, signal.SIGTSTP)  # It returns when we are continued.
        self._listen()
        self._come_back()

    def _sigcont_application(self, *_: object) -> None:
        self._leave()
        self._come_back()

    def _leave(self) -> None:
        # Inside `App.suspend` the terminal is given back already, and whoever has it may be stopped with us.
        if self._shown and self._auto_restart:
            self._away = True
            self.suspend_application_mode()

    def _come_back(self) -> None:
        if self._away:
            self._must_signal_resume = True
            self.resume_application_mode()
            self._away = not self._shown
            # Textual draws anew only what changes, but the other screen of a terminal comes back empty.
            self._app.call_later(self._app.refresh, layout=True)


class _Lasting:
    """A terminal that may vanish."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()
