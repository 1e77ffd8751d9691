from __future__ import annotations

import asyncio
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local_server import MEDIA, content, running, until

SIZE = 3_000_000


def spoilt(kind: str, after: int) -> str:
    return f"/videoplayback?size={SIZE}&fault={kind}&after={after}"


def read_all(client: HTTPConnection, target: str) -> tuple[bytes, Exception | None]:
    """Return what came before the transfer ended, and the error that ended it."""
    client.request("GET", target)
    response = client.getresponse()
    assert response.getheader("Content-Length") == str(SIZE)
    received = b""
    try:
        while block := response.read1(65536):
            received += block
    except OSError as error:
        return received, error
    finally:
        client.close()
    return received, None


async def test_a_reset_comes_as_a_tcp_reset_after_the_bytes_before_it(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        proxy = HTTPConnection(urlsplit(local.addresses.proxy).netloc, timeout=10)
        url = f"http://{MEDIA}{spoilt('reset', 2_000_000)}"
        received, error = await asyncio.to_thread(read_all, proxy, url)
        assert isinstance(error, ConnectionResetError)
        assert received == content(0, 2_000_000)
        [record] = local.world.log.since()
        assert (record.status, record.bytes_sent, record.fault) == (200, 2_000_000, "reset")


async def test_a_reset_is_none_the_less_one_under_tls(tmp_path: Path) -> None:
    """Asks curl, because Python's ssl module tells a reset as the end of the stream."""
    async with running(tmp_path) as local:
        curl = await asyncio.create_subprocess_exec(
            *("curl", "--silent", "--show-error", "--output", "/dev/null", "--proxy", local.addresses.proxy),
            *("--cacert", local.addresses.ca_file, f"https://{MEDIA}{spoilt('reset', 1_000_000)}"),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await curl.communicate()
        assert curl.returncode == 56, said
        assert b"reset" in said.lower()


async def test_a_truncated_answer_ends_without_an_error_of_the_network(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        received, error = await asyncio.to_thread(
            read_all, local.tunnel(MEDIA), spoilt("truncate", 1_000_001)
        )
        assert error is None
        assert received == content(0, 1_000_001)
        with pytest.raises(IncompleteRead):
            await local.fetch(spoilt("truncate", 0), MEDIA)


async def test_a_stalled_answer_makes_the_client_time_out(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        client = local.tunnel(MEDIA, timeout=0.5)
        received, error = await asyncio.to_thread(read_all, client, spoilt("stall", 500_000))
        assert isinstance(error, TimeoutError)
        assert received == content(0, 500_000)
        await until(lambda: len(local.world.log) == 1)
        assert local.world.log.since()[0].fault == "stall"


async def test_a_fault_counts_within_the_part_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        with pytest.raises(IncompleteRead) as caught:
            await local.fetch(spoilt("truncate", 10), MEDIA, Range="bytes=100-")
        assert caught.value.partial == content(100, 110)


async def test_offline_drops_running_transfers_and_new_connections(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.connection_bps = 500_000
        transfer = asyncio.create_task(local.fetch(f"/videoplayback?size={SIZE}", MEDIA))
        await until(lambda: len(local.world.connections) == 1)
        local.world.knobs.offline = True
        for attempt in (transfer, local.fetch("/")):
            with pytest.raises((OSError, HTTPException)):
                await asyncio.wait_for(attempt, 5)
        assert await asyncio.to_thread(local.control.knobs)
        local.world.knobs.offline = False
        assert (await local.fetch("/")).status == 200


async def test_a_client_that_leaves_is_recorded_and_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        client = local.tunnel(MEDIA)

        def leave_early() -> None:
            client.request("GET", "/videoplayback?size=500000000")
            client.getresponse().read(1000)
            client.close()

        await asyncio.to_thread(leave_early)
        await until(lambda: len(local.world.log) == 1 and not local.world.connections)
        assert 1000 <= local.world.log.since()[0].bytes_sent < 500_000_000
