"""Tells a service manager how the daemon stands: systemd's notification protocol (sd_notify(3)), by hand."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class Notifier:
    """Sends datagrams to the manager's socket; without one it does nothing."""

    def __init__(self, address: str | None, watchdog_s: float | None) -> None:
        self.watchdog_s = watchdog_s
        """The manager restarts a service that gives no sign of life for so long; None: it doesn't."""
        self._socket: socket.socket | None = None
        self._address = "\0" + address[1:] if address and address[0] == "@" else address

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Notifier:
        """As the environment says, for this very process."""
        meant = env.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        period = env.get("WATCHDOG_USEC", "")
        return cls(env.get("NOTIFY_SOCKET"), int(period) / 1e6 if meant and period.isdecimal() else None)

    def ready(self) -> None:
        """The engine works."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def alive(self, status: str) -> None:
        """A sign of life, and one line for people."""
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def __enter__(self) -> Self:
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()

    def _send(self, message: str) -> None:
        if self._socket is None or self._address is None:
            return
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError:
            # Nobody listens, or the manager is behind: the work matters more.
            return
