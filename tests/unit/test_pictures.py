"""Thumbnails become a few hundred pixels, whatever lies in the file."""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from ytarchive_tui.services import pictures
from ytarchive_tui.services.pictures import Pictures, find_ffmpeg, kind_of
from ytarchive_tui.settings.model import ToolSettings

RED = (254, 0, 0)


def red(file: Path, size: str = "1280x720") -> Path:
    """A picture in one colour, of the kind that its name says."""
    made = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        f"color=red:size={size}",
        "-frames:v",
        "1",
        str(file),
    ]
    subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    return file


def bomb(file: Path, side: int) -> Path:
    """A PNG of a few hundred bytes that says it has `side` times `side` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100_000), 9)
    written = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    file.write_bytes(written)
    return file


@pytest.fixture
def made() -> Pictures:
    return Pictures(lambda: find_ffmpeg(ToolSettings()))


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
async def test_each_kind_that_the_site_sends_is_made_small(kind: str, tmp_path: Path, made: Pictures) -> None:
    small = await made.small(red(tmp_path / f"a.{kind}"), 32, 18)
    assert small is not None and (small.width, small.height) == (32, 18)
    assert all(abs(got - wanted) < 8 for got, wanted in zip(small.pixels[:3], RED, strict=True))


async def test_other_shapes_keep_their_shape(tmp_path: Path, made: Pictures) -> None:
    small = await made.small(red(tmp_path / "a.png", "480x480"), 32, 18)
    assert small is not None and (small.width, small.height) == (18, 18)


async def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, made: Pictures) -> None:
    assert await made.small(bomb(tmp_path / "a.png", 30_000), 32, 18) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        b"RIFF\xff\xff\xff\x7fWEBPVP8 " + bytes(50),
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
async def test_what_is_no_picture_shows_nothing(content: bytes, tmp_path: Path, made: Pictures) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    assert await made.small(file, 32, 18) is None


def test_a_list_of_other_files_is_of_no_kind_that_ffmpeg_is_told() -> None:
    assert kind_of(b"#EXTM3U\n") is None and kind_of(b"ffconcat version 1.0") is None


async def test_links_pipes_and_large_files_are_not_read(
    tmp_path: Path, made: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = red(tmp_path / "a.png")
    (tmp_path / "link.png").symlink_to(file)
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("link.png", "pipe.png", "missing.png", "."):
        assert await made.small(tmp_path / name, 32, 18) is None
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    assert await made.small(file, 32, 18) is None


async def test_without_ffmpeg_there_is_no_picture(tmp_path: Path) -> None:
    file = red(tmp_path / "a.png")
    assert await Pictures(lambda: None).small(file, 32, 18) is None
    assert await Pictures(lambda: tmp_path / "missing").small(file, 32, 18) is None


async def test_a_decoder_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    hangs = tmp_path / "ffmpeg"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o700)
    monkeypatch.setattr(pictures, "PATIENCE_S", 0.2)
    assert await Pictures(lambda: hangs).small(red(tmp_path / "a.png"), 32, 18) is None


async def test_a_picture_is_made_once(tmp_path: Path, made: Pictures) -> None:
    file = red(tmp_path / "a.png")
    first = await made.small(file, 32, 18)
    file.unlink()
    assert await made.small(file, 32, 18) is first is not None
