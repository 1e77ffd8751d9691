"""Whether there is a way to the site at all: one connection, and nothing asked over it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urlsplit

from ytarchive_tui.settings.model import NetworkSettings

HOST = "www.youtube.com"
TIMEOUT_S = 5.0
_PORTS = {"http": 80, "https": 443}
_SOCKS_PORT = 1080


async def can_reach_site(network: NetworkSettings) -> bool:
    """Connect as children do, through the proxy of the settings; False when that fails or takes too long.

    An HTTP proxy is asked to lead to the site, which tells of the way behind it; others are only reached.
    """
    way = urlsplit(network.proxy) if network.proxy else None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await _connects(way, network.source_address)
    except (OSError, ValueError):
        return False


async def _connects(way: SplitResult | None, source_address: str | None) -> bool:
    local = (source_address, 0) if source_address else None
    host, port = HOST, 443
    if way is not None:
        host, port = way.hostname or "", way.port or _PORTS.get(way.scheme, _SOCKS_PORT)
    reader, writer = await asyncio.open_connection(host, port, local_addr=local)
    try:
        if way is None or way.scheme != "http":
            return True
        writer.write(_connect_request(way))
        status = (await reader.readline()).split()
        # 5xx: the proxy finds no way. Any other refusal is a matter of the settings, not of the network.
        return len(status) > 1 and not status[1].startswith(b"5")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _connect_request(way: SplitResult) -> bytes:
    login = ""
    if way.username:
        pair = f"{unquote(way.username)}:{unquote(way.password or '')}"
        login = f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"
    return f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n{login}\r\n".encode()
