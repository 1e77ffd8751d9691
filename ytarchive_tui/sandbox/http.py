"""HTTP/1.1 over one stream, parsed by h11."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from .model import Request

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 4 * 1024 * 1024
_READ = 64 * 1024
_FLUSH_S = 5.0


class BadRequest(Exception):
    """A request that can't be understood or is too large; carries the status that answers it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it stood on the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def request(self, connection: int, *, scheme: str, host: str | None = None) -> Request:
        """Return what is asked for; `host` overrides the Host header, an absolute target overrides both.

        The path is percent-decoded, and a query parameter given twice is joined by a comma (the Data
        API takes `id=a&id=b` for `id=a,b`). BadRequest when the target is no URL.
        """
        target = self.target
        if target.startswith("/"):
            target = f"{scheme}://{host or self.headers.get('host', '')}{target}"
        elif not target.startswith(("http://", "https://")):
            raise BadRequest(400, "the request's target is neither a path nor a URL")
        try:
            url = urlsplit(target)
            name = url.hostname or ""
        except ValueError as error:
            raise BadRequest(400, f"the request's target is no URL: {error}") from None
        query: dict[str, str] = {}
        for key, value in parse_qsl(url.query, keep_blank_values=True):
            query[key] = f"{query[key]},{value}" if key in query else value
        path = unquote(url.path) or "/"
        return Request(self.method, url.scheme, name, path, query, self.headers, self.body, connection)


class HttpStream:
    """The server's end of a connection: one request, one answer, and so on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tcp = writer.transport
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)

    async def receive(self) -> Incoming | None:
        """Return the next request, or None when the client is done. BadRequest as it says."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        elif self._http.our_state is not h11.IDLE:
            return None
        head: h11.Request | None = None
        body = bytearray()
        while True:
            match await self._next_event():
                case h11.Request() as head:
                    pass
                case h11.Data() as data:
                    body += data.data
                    if len(body) > LARGEST_BODY:
                        raise BadRequest(413, "the request's body is too large")
                case h11.EndOfMessage() if head is not None:
                    headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
                    return Incoming(head.method.decode(), head.target.decode(), headers, bytes(body))
                case _:
                    return None

    async def _next_event(self) -> object:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise BadRequest(error.error_status_hint, str(error)) from None
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(_READ))

    async def begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Send the answer's head; h11.LocalProtocolError when a header can't stand in HTTP."""
        encoded = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
        self._send(h11.Response(status_code=status, headers=encoded, reason=_reason(status)))
        await self._writer.drain()

    async def write(self, data: bytes) -> None:
        """Send a part of the body and wait while the client is slower than that."""
        self._send(h11.Data(data=data))
        await self._writer.drain()

    def end(self) -> None:
        """Say that the answer is whole."""
        self._send(h11.EndOfMessage())

    async def refuse(self, error: BadRequest) -> None:
        """Answer a request that can't be served, and close."""
        body = f"{error}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        await self.begin(error.status, [*headers, ("Connection", "close")])
        await self.write(body)
        await self.close()

    async def into_tls(self, context: ssl.SSLContext) -> None:
        """Accept the CONNECT just received and speak TLS from here on. OSError when the client won't."""
        self._send(h11.Response(status_code=200, headers=[], reason=b"Connection established"))
        if self._http.trailing_data[0]:
            raise ConnectionError("the client spoke before its CONNECT was answered")
        await self._writer.start_tls(context)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)

    async def wait_for_client(self) -> None:
        """Stay silent until the client hangs up."""
        while await self._reader.read(_READ):
            pass

    async def close(self) -> None:
        """Close in good order after all that was written."""
        self._writer.close()
        await self._writer.wait_closed()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._writer.transport.abort()

    async def reset(self) -> None:
        """Let the client have what was written, then send it a TCP reset (RST)."""
        plain: socket.socket = self._tcp.get_extra_info("socket")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _FLUSH_S
        while self._unsent(plain) and loop.time() < deadline:  # noqa: ASYNC110 - the system tells nobody
            await asyncio.sleep(0.002)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def _unsent(self, plain: socket.socket) -> int:
        own = self._writer.transport.get_write_buffer_size() + self._tcp.get_write_buffer_size()
        return own + _unacknowledged(plain)

    def _send(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")


def _unacknowledged(plain: socket.socket) -> int:
    """Return how many bytes the client's system has not taken yet, or 0 where that can't be known."""
    if sys.platform != "linux":
        return 0
    import fcntl
    import termios

    packed: bytes = fcntl.ioctl(plain.fileno(), termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", packed)[0])


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
