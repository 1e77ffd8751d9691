"""Sends one answer: the part asked for, at the speed allowed, with the fault wished for."""

from __future__ import annotations

from collections.abc import Iterator

from .http import HttpStream
from .model import FaultKind, Request, Response, VirtualFile
from .ranges import Part, select
from .throttle import Line


class Dropped(ConnectionError):
    """The sandbox ended the connection on purpose."""


class Transfer:
    """One answer on its way; its attributes say how far it came, also after it broke."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request = request
        self.response = response
        self.status = 0
        self.bytes_sent = 0
        self.fault = ""
        self.part: Part | None = None
        """Which part of a file goes out; None when the body is no file."""

    async def send(self, stream: HttpStream, line: Line) -> None:
        """Send head and body. Dropped when a fault or going offline ends it, OSError when the client does."""
        response, body = self.response, self.response.body
        extra: tuple[tuple[str, str], ...] = ()
        if isinstance(body, bytes):
            part = Part(response.status, 0, len(body))
        elif response.status == 200:
            part = self.part = select(self.request, body, _value(response, "last-modified"))
            extra = (*part.headers, ("Accept-Ranges", "bytes"), ("ETag", body.etag))
        else:
            part = Part(response.status, 0, body.size)
        self.status = part.status
        await stream.begin(part.status, _headers(response, part, extra))
        if self.request.method != "HEAD":
            await self._send_body(stream, line, part)
        stream.end()

    async def _send_body(self, stream: HttpStream, line: Line, part: Part) -> None:
        fault = self.response.fault
        stop = part.end if fault is None else min(part.end, part.start + fault.after_bytes)
        with line.transfer():
            for block in _blocks(self.response.body, part.start, stop):
                sent = 0
                while sent < len(block):
                    if line.offline:
                        raise Dropped("offline")
                    piece = block[sent : sent + line.piece()]
                    await line.admit(len(piece))
                    await stream.write(piece)
                    sent += len(piece)
                    self.bytes_sent += len(piece)
        if fault is not None:
            self.fault = fault.kind
            await _strike(fault.kind, stream)


async def _strike(kind: FaultKind, stream: HttpStream) -> None:
    if kind is FaultKind.STALL:
        await stream.wait_for_client()
    elif kind is FaultKind.RESET:
        await stream.reset()
    else:
        await stream.close()
    raise Dropped(kind)


def _blocks(body: bytes | VirtualFile, start: int, end: int) -> Iterator[bytes]:
    if start >= end:
        return iter(())
    return iter((body[start:end],)) if isinstance(body, bytes) else body.read(start, end)


def _value(response: Response, name: str) -> str:
    return next((value for key, value in response.headers if key.lower() == name), "")


def _headers(response: Response, part: Part, extra: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Join the handler's headers and the server's; the handler's win, except for the length."""
    body = response.body
    content_type = response.content_type if isinstance(body, bytes) else body.content_type
    given = [(name, value) for name, value in response.headers if name.lower() != "content-length"]
    names = {name.lower() for name, _ in given}
    ours = [("Content-Type", content_type), *extra]
    headers = given + [(name, value) for name, value in ours if name.lower() not in names]
    if part.status >= 200 and part.status not in (204, 304):
        headers.append(("Content-Length", str(part.end - part.start)))
    return headers
