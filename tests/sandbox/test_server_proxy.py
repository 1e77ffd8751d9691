from __future__ import annotations

import asyncio
import http.client
import shutil
import ssl
import stat
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import pytest
from local_server import MEDIA, WWW, ask, ask_once, content, running

from ytarchive_tui.sandbox.http import LARGEST_BODY


async def test_other_hosts_are_refused_with_a_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        with pytest.raises(OSError, match="403"):
            await local.fetch("/", host="example.com")
        with pytest.raises(OSError, match="403"):
            await local.fetch("/", host="youtube.com.example.com")
        with pytest.raises(OSError, match="403"):
            await local.fetch("/", host=f"{WWW}:8443")
        proxy = http.client.HTTPConnection(urlsplit(local.addresses.proxy).netloc, timeout=5)
        plain = await asyncio.to_thread(ask_once, proxy, "http://example.com/")
        assert plain.status == 403
        assert b"local YouTube" in plain.body and b"example.com" in plain.body
        refused = [(record.method, record.host, record.status) for record in local.world.log.since()]
        assert refused[0] == ("CONNECT", "example.com", 403)
        assert refused[-1] == ("GET", "example.com", 403)


async def test_a_tunnel_to_youtube_leads_to_no_other_host(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch("/", Host="example.com")
        assert answer.status == 403


async def test_plain_http_goes_through_the_proxy(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        proxy = http.client.HTTPConnection(urlsplit(local.addresses.proxy).netloc, timeout=5)
        answer = await asyncio.to_thread(ask_once, proxy, "http://i.ytimg.com/vi/x/default.jpg")
        assert answer.body.startswith(b"GET http://i.ytimg.com/vi/x/default.jpg")


async def test_tls_is_trusted_with_the_ca_file_only(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        for host in (WWW, "youtu.be", MEDIA, "i.ytimg.com", "yt3.ggpht.com", "youtubei.googleapis.com"):
            assert (await local.fetch("/", host=host)).body.startswith(f"GET https://{host}/".encode())
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(ask_once, local.tunnel(WWW, cafile=certifi.where()), "/")
        assert (await local.fetch("/")).status == 200


async def test_the_authority_is_private_and_kept(tmp_path: Path) -> None:
    async with running(tmp_path / "state") as local:
        kept = await asyncio.to_thread(shutil.copy, local.addresses.ca_file, str(tmp_path))
    async with running(tmp_path / "state") as local:
        assert (await asyncio.to_thread(ask_once, local.tunnel(WWW, cafile=kept), "/")).status == 200
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "state").iterdir()} == {0o600}


async def test_a_connection_serves_many_requests(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        client = local.tunnel(WWW)
        one = await asyncio.to_thread(ask, client, "/a")
        two = await asyncio.to_thread(ask, client, "/b")
        other = await local.fetch("/c")
        assert one.body.split()[-1] == two.body.split()[-1] != other.body.split()[-1]
        assert (await asyncio.to_thread(local.control.stats)).open_connections >= 1
        client.close()


async def test_paths_are_decoded_and_repeated_parameters_joined(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch("/@caf%C3%A9?id=a&id=b&empty=")
        assert answer.body.decode().startswith(
            "GET https://www.youtube.com/@café {'id': 'a,b', 'empty': ''} 0 on"
        )


async def test_chunked_bodies_arrive_and_huge_ones_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        client = local.tunnel(WWW)

        def send_chunked() -> bytes:
            client.request("POST", "/upload", iter([b"x" * 70_000] * 3), encode_chunked=True)
            return client.getresponse().read()

        assert b" 210000 on" in await asyncio.to_thread(send_chunked)
        client.close()
        proxy = http.client.HTTPConnection(urlsplit(local.addresses.api).netloc, timeout=5)
        assert (await asyncio.to_thread(ask_once, proxy, "/", "POST", bytes(LARGEST_BODY + 1))).status == 413


@pytest.mark.parametrize("bad", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000])
async def test_malformed_requests_are_refused(tmp_path: Path, bad: bytes) -> None:
    async with running(tmp_path) as local:
        address = urlsplit(local.addresses.api)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(bad)
        assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] in (b"400", b"431")
        writer.close()


async def test_a_failing_handler_answers_500_and_the_sandbox_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        assert (await local.fetch("/broken")).status == 500
        assert (await local.fetch("/")).status == 200


async def test_curl_gets_every_byte(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        curl = await asyncio.create_subprocess_exec(
            *("curl", "--silent", "--show-error", "--proxy", local.addresses.proxy),
            *("--cacert", local.addresses.ca_file, f"https://{MEDIA}/videoplayback?size=3000001"),
            stdout=asyncio.subprocess.PIPE,
        )
        received, _ = await curl.communicate()
        assert received == content(0, 3_000_001)


async def test_latency_is_added_to_each_answer(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.latency_ms = 150
        await local.fetch("/")
        [record] = local.world.log.since()
        assert 0.15 <= record.duration_s < 1.5
