"""Carries connections on to another proxy and cuts each of them somewhere, cleanly or by a reset."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

BLOCK = 16 * 1024
_RESET = struct.pack("ii", 1, 0)


class CuttingProxy:
    """`cuts` counts what was cut; `mean` is about how many bytes a connection lives, in both directions."""

    def __init__(self, behind: str, *, mean: int, seed: int) -> None:
        self.cuts = 0
        self._mean = mean
        address = urlsplit(behind)
        assert address.hostname and address.port
        self._behind = (address.hostname, address.port)
        self._chance = random.Random(seed)
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Until `close` is called."""
        while True:
            client, _ = self._listener.accept()
            if self._closed:
                client.close()
                self._listener.close()
                return
            try:
                server = socket.create_connection(self._behind)
            except OSError:
                client.close()
                continue
            _Line(self, client, server, self._lifetime(), self._chance.random() < 0.5).start()

    def close(self) -> None:
        """Take no more connections."""
        self._closed = True
        socket.create_connection(self._listener.getsockname()).close()

    def _lifetime(self) -> float:
        return self._chance.expovariate(1 / self._mean)


class _Line:
    """One connection, carried by two threads."""

    def __init__(
        self, proxy: CuttingProxy, client: socket.socket, server: socket.socket, left: float, reset: bool
    ) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._left, self._reset = left, reset
        self._lock = threading.Lock()
        self._open = 2

    def start(self) -> None:
        for source, target in ((self._client, self._server), (self._server, self._client)):
            threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(BLOCK):
                with self._lock:
                    part = data[: int(min(len(data), max(self._left, 0)))]
                    self._left -= len(data)
                target.sendall(part)
                if len(part) < len(data):
                    self._cut()
                    break
            else:
                target.shutdown(socket.SHUT_WR)
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self._client.close()
                self._server.close()

    def _cut(self) -> None:
        """Wake the other thread; the last one closes, which sends the reset."""
        self._proxy.cuts += 1
        for end in (self._client, self._server):
            with suppress(OSError):
                if self._reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RD if self._reset else socket.SHUT_RDWR)


@contextmanager
def cutting(behind: str, *, mean: int, seed: int = 1) -> Iterator[CuttingProxy]:
    """A cutting proxy in front of another one, for as long as the block runs."""
    proxy = CuttingProxy(behind, mean=mean, seed=seed)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
