"""A sandbox in this process with a small handler, and blocking clients to call it from threads."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Fault, FaultKind, Request, Response
from ytarchive_tui.sandbox.server import Sandbox
from ytarchive_tui.sandbox.world import World

MEDIA = "r1---sn-test.googlevideo.com"
WWW = "www.youtube.com"


@dataclass(frozen=True)
class Numbers:
    """A file in which each byte tells its own position."""

    size: int
    etag: str = '"v1"'
    content_type: str = "video/mp4"

    def read(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            stop = min(end, start + 256 * 1024)
            yield content(start, stop)
            start = stop


def content(start: int, end: int) -> bytes:
    """Return the bytes [start, end) of any `Numbers`; the period of 251 fits no block size."""
    pattern = bytes(range(251))
    first = start - start % 251
    return (pattern * ((end - first) // 251 + 1))[start - first : end - first]


async def small_handler(request: Request) -> Response:
    """Answer media requests by a file of `?size=`, spoilt by `?fault=kind&after=`, and echo all others."""
    if request.path == "/videoplayback":
        query = request.query
        fault = Fault(FaultKind(query["fault"]), int(query["after"])) if "fault" in query else None
        modified = (("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT"),)
        return Response(body=Numbers(int(query["size"])), headers=modified, fault=fault)
    if request.path == "/broken":
        raise RuntimeError("a handler's bug")
    told = f"{request.method} {request.scheme}://{request.host}{request.path} {dict(request.query)} "
    return Response(body=f"{told}{len(request.body)} on {request.connection}".encode())


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Local:
    """A running sandbox as a test sees it."""

    world: World
    addresses: Addresses
    control: ControlClient = field(init=False)

    def __post_init__(self) -> None:
        self.control = ControlClient(self.addresses)

    def tunnel(self, host: str, *, timeout: float = 10.0, cafile: str | None = None) -> HTTPSConnection:
        """Return a client that reaches `host` through the proxy and trusts the sandbox's authority."""
        proxy = urlsplit(self.addresses.proxy)
        trust = ssl.create_default_context(cafile=cafile or self.addresses.ca_file)
        assert proxy.hostname is not None
        client = HTTPSConnection(proxy.hostname, proxy.port, timeout=timeout, context=trust)
        client.set_tunnel(host)
        return client

    async def fetch(self, path: str, host: str = WWW, method: str = "GET", **headers: str) -> Answer:
        """Make one request on a connection of its own."""
        return await asyncio.to_thread(ask_once, self.tunnel(host), path, method, b"", **headers)


def ask(client: HTTPConnection, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """Make one request; header names are given with underscores."""
    client.request(
        method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = client.getresponse()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def ask_once(
    client: HTTPConnection, path: str, method: str = "GET", body: bytes = b"", **headers: str
) -> Answer:
    """Make one request and close the connection."""
    with closing(client):
        return ask(client, path, method, body, **headers)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Local]:
    """Run a sandbox with `small_handler`, keeping its authority in `folder`."""
    world = World(folder)
    async with Sandbox(world, small_handler) as addresses:
        yield Local(world, addresses)


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until `condition` holds; AssertionError when it doesn't in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not condition():
        assert loop.time() < deadline, "the condition never came true"
        await asyncio.sleep(0.01)
