from __future__ import annotations

import asyncio
import time
from pathlib import Path

from local_server import MEDIA, Local, running


async def seconds(local: Local, size: int, times: int = 1) -> float:
    begun = time.monotonic()
    answers = await asyncio.gather(*(local.fetch(f"/videoplayback?size={size}", MEDIA) for _ in range(times)))
    assert all(len(answer.body) == size for answer in answers)
    return time.monotonic() - begun


async def test_each_connection_has_its_own_bandwidth(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.connection_bps = 1_000_000
        assert 0.68 < await seconds(local, 700_000) < 1.4
        assert 0.68 < await seconds(local, 700_000, times=4) < 1.8


async def test_all_connections_share_the_total(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.total_bps = 1_000_000
        assert 0.78 < await seconds(local, 200_000, times=4) < 1.8


async def test_connections_get_equal_shares(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.total_bps = 2_000_000
        transfers = [asyncio.create_task(seconds(local, 200_000)) for _ in range(8)]
        each = await asyncio.gather(*transfers)
        assert min(each) > 0.5 * max(each)


async def test_a_small_answer_after_a_pause_gets_no_credit(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.connection_bps = 100_000
        client = local.tunnel(MEDIA)

        def timed() -> float:
            client.request("GET", "/videoplayback?size=20000")
            response = client.getresponse()
            begun = time.monotonic()
            response.read()
            return time.monotonic() - begun

        await asyncio.to_thread(timed)
        await asyncio.sleep(0.3)
        assert await asyncio.to_thread(timed) > 0.1
        client.close()


async def test_a_new_limit_counts_in_the_middle_of_a_transfer(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.knobs.connection_bps = 100_000
        slow = asyncio.create_task(seconds(local, 5_000_000))
        await asyncio.sleep(0.3)
        local.world.knobs.connection_bps = 0
        assert await asyncio.wait_for(slow, 5) < 3
