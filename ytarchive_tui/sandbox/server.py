"""The sandbox's three listeners on 127.0.0.1: proxy, Data API and control."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import secrets
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import TracebackType

from .addresses import Addresses
from .control import Control
from .hosts import API_HOST, is_youtube
from .http import BadRequest, HttpStream
from .model import Handler, Knobs
from .router import Router
from .throttle import Bandwidth, Line
from .tls import server_context
from .transfer import Dropped, Transfer
from .world import World

_log = logging.getLogger(__name__)

LOCAL = "127.0.0.1"

Serve = Callable[[HttpStream], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports to listen on; 0 takes a free one."""

    proxy: int = 0
    api: int = 0
    control: int = 0


class Sandbox:
    """A running local YouTube: `async with Sandbox(world, handler) as addresses`.

    OSError when a port is taken or the world's folder can't be written.
    """

    def __init__(self, world: World, handler: Handler, ports: Ports | None = None) -> None:
        self.closing = asyncio.Event()
        """Set when a client asked the sandbox to shut down."""
        self._world = world
        self._router = Router(world, handler)
        self._ports = ports if ports is not None else Ports()
        self._bandwidth = Bandwidth(world.knobs)
        self._token = secrets.token_urlsafe(24)
        self._control = Control(world, self._token)
        self._numbers = itertools.count(1)
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext

    async def __aenter__(self) -> Addresses:
        self._tls, ca_file = server_context(self._world.state)
        try:
            addresses = Addresses(
                proxy=await self._listen(self._ports.proxy, self._serve_proxy),
                ca_file=str(ca_file.absolute()),
                api=await self._listen(self._ports.api, self._serve_api),
                control=await self._listen(self._ports.control, self._serve_control),
                token=self._token,
                pid=os.getpid(),
            )
        except OSError:
            await self._close()
            raise
        self._world.addresses = addresses
        return addresses

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, port: int, serve: Serve) -> str:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._run(serve, reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        server = await asyncio.start_server(accept, LOCAL, port, backlog=512)
        self._servers.append(server)
        return f"http://{LOCAL}:{server.sockets[0].getsockname()[1]}"

    async def _run(self, serve: Serve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, and leave nothing of it open."""
        stream = HttpStream(reader, writer)
        try:
            await serve(stream)
            await stream.close()
        except BadRequest as error:
            with suppress(OSError):
                await stream.refuse(error)
        except OSError:
            pass  # the client left, would not trust us, or was dropped on purpose
        except Exception:
            _log.exception("a connection failed")
        finally:
            stream.abort()

    async def _serve_proxy(self, stream: HttpStream) -> None:
        with self._connection() as number:
            incoming, scheme = await stream.receive(), "http"
            if incoming is not None and incoming.method == "CONNECT":
                host, _, port = incoming.target.rpartition(":")
                if is_youtube(host.lower()) and port == "443":
                    await stream.into_tls(self._tls)
                    incoming, scheme = await stream.receive(), "https"
                else:
                    incoming = replace(incoming, target=f"https://{incoming.target}/")  # to be refused
            line = Line(self._bandwidth)
            while incoming is not None:
                await self._router.answer(incoming.request(number, scheme=scheme), stream, line)
                incoming = await stream.receive()

    async def _serve_api(self, stream: HttpStream) -> None:
        with self._connection() as number:
            line = Line(self._bandwidth)
            while (incoming := await stream.receive()) is not None:
                request = incoming.request(number, scheme="http", host=API_HOST)
                await self._router.answer(request, stream, line)

    async def _serve_control(self, stream: HttpStream) -> None:
        line = Line(Bandwidth(Knobs()))
        while (incoming := await stream.receive()) is not None:
            request = incoming.request(0, scheme="http")
            await Transfer(request, self._control.answer(request)).send(stream, line)
            if self._control.stopped:
                self.closing.set()

    @contextmanager
    def _connection(self) -> Iterator[int]:
        """Number a connection to the local YouTube and count it as open; Dropped while offline."""
        if self._world.knobs.offline:
            raise Dropped("offline")
        number = next(self._numbers)
        self._world.connections.add(number)
        try:
            yield number
        finally:
            self._world.connections.discard(number)
