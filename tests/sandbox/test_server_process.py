from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local_server import until

from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.process import SandboxFailed, SandboxProcess

PARENT = """
import asyncio, dataclasses, json, pathlib, sys
from ytarchive_tui.sandbox.process import SandboxProcess

async def main():
    async with SandboxProcess(pathlib.Path(sys.argv[1])) as addresses:
        print(json.dumps(dataclasses.asdict(addresses)), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def listens(url: str) -> bool:
    address = urlsplit(url)
    with closing(socket.socket()) as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0


async def test_a_child_runs_for_the_length_of_the_block(tmp_path: Path) -> None:
    async with SandboxProcess(tmp_path / "state", knobs={"latency_ms": 3, "ban_kind": "429"}) as addresses:
        knobs = await asyncio.to_thread(ControlClient(addresses).knobs)
        assert (knobs.latency_ms, knobs.ban_kind) == (3, "429")
        assert addresses.token not in repr(addresses)
        assert all(listens(url) for url in (addresses.proxy, addresses.api, addresses.control))
    assert not listens(addresses.proxy)


async def test_shutdown_by_control_ends_the_child(tmp_path: Path) -> None:
    async with SandboxProcess(tmp_path) as addresses:
        await asyncio.to_thread(ControlClient(addresses).shut_down)
        await until(lambda: not listens(addresses.control))


async def test_a_child_that_cannot_start_tells_why(tmp_path: Path) -> None:
    with pytest.raises(SandboxFailed, match="no such knob: nothing"):
        async with SandboxProcess(tmp_path, knobs={"nothing": 1}):
            pass


async def test_the_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    addresses = json.loads(await asyncio.wait_for(parent.stdout.readline(), 30))
    assert listens(addresses["control"])
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    await until(lambda: not listens(addresses["control"]))


async def test_an_interrupt_ends_it_in_good_order(tmp_path: Path) -> None:
    sandbox = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ytarchive_tui.sandbox", "--state", str(tmp_path)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert sandbox.stdout is not None
    assert (await asyncio.wait_for(sandbox.stdout.readline(), 30)).startswith(b"proxy    http://127.0.0.1:")
    sandbox.send_signal(signal.SIGINT)
    told, complaints = await asyncio.wait_for(sandbox.communicate(), 10)
    assert (sandbox.returncode, complaints) == (0, b"")
    assert b"yt-dlp --proxy" in told and b"--compat-options no-certifi" in told
