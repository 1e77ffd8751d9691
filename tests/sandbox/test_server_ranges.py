from __future__ import annotations

from pathlib import Path

import pytest
from local_server import MEDIA, content, running

FILE = "/videoplayback?size=1000"
MODIFIED = "Sun, 01 Nov 2026 00:00:00 GMT"


async def test_a_whole_file_tells_its_length_and_version(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch(FILE, MEDIA)
        assert (answer.status, answer.body) == (200, content(0, 1000))
        told = {
            "content-length": "1000",
            "accept-ranges": "bytes",
            "etag": '"v1"',
            "content-type": "video/mp4",
        }
        assert told.items() <= answer.headers.items()
        assert answer.headers["last-modified"] == MODIFIED


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=900-", 900, 1000),
        ("bytes=900-5000", 900, 1000),
        ("bytes=-10", 990, 1000),
        ("bytes=-5000", 0, 1000),
    ],
)
async def test_a_range_is_cut_out(tmp_path: Path, asked: str, start: int, end: int) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch(FILE, MEDIA, Range=asked)
        assert (answer.status, answer.body) == (206, content(start, end))
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1000"
        [record] = local.world.log.since()
        assert (record.range_start, record.range_end, record.bytes_sent) == (start, end, end - start)


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=2000-3000", "bytes=-0"])
async def test_a_range_outside_the_file_is_not_satisfiable(tmp_path: Path, asked: str) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch(FILE, MEDIA, Range=asked)
        assert (answer.status, answer.body) == (416, b"")
        assert answer.headers["content-range"] == "bytes */1000"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=a-b", "bytes=0-1,4-5", "bytes=-", "lines=0-1"])
async def test_what_is_no_single_range_gets_the_whole_file(tmp_path: Path, asked: str) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch(FILE, MEDIA, Range=asked)
        assert (answer.status, len(answer.body)) == (200, 1000)


@pytest.mark.parametrize(
    ("version", "status"),
    [('"v1"', 206), (MODIFIED, 206), ('"v2"', 200), ("Mon, 02 Nov 2026 00:00:00 GMT", 200)],
)
async def test_if_range_guards_against_another_version(tmp_path: Path, version: str, status: int) -> None:
    async with running(tmp_path) as local:
        assert (await local.fetch(FILE, MEDIA, Range="bytes=10-", If_Range=version)).status == status


async def test_head_tells_the_length_and_sends_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        answer = await local.fetch(FILE, MEDIA, "HEAD")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "1000")
        assert local.world.log.since()[0].bytes_sent == 0


async def test_the_query_range_is_a_file_of_its_own(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        window = await local.fetch(f"{FILE}&range=100-299", MEDIA)
        assert (window.status, window.body) == (200, content(100, 300))
        assert "content-range" not in window.headers
        within = await local.fetch(f"{FILE}&range=100-299", MEDIA, Range="bytes=50-")
        assert (within.status, within.body) == (206, content(150, 300))
        assert within.headers["content-range"] == "bytes 50-199/200"
        assert (await local.fetch(f"{FILE}&range=1000-1999", MEDIA)).status == 416
