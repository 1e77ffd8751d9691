"""Thumbnails made small enough for a terminal's cells.

A thumbnail is written by strangers, so it never meets a decoder in this process: ffmpeg decodes it in one of
its own that reads nothing but the bytes it is given, as the kind of file that these say they are.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.settings.model import ToolSettings
from ytarchive_tui.settings.packages import packaged_ffmpeg

MOST_BYTES = 8 << 20
MOST_PIXELS = 20_000_000
"""A few kilobytes can pretend to be a picture of gigabytes; ffmpeg refuses beyond this."""
MOST_MEMORY = 256 << 20
"""Bytes of one allocation of ffmpeg's."""
PATIENCE_S = 5.0
KEPT = 64
_NICE = 10
_KINDS = ((b"\xff\xd8\xff", "jpeg_pipe"), (b"\x89PNG\r\n", "png_pipe"))


class Picture(NamedTuple):
    """Pixels, row by row, three bytes (red, green, blue) each."""

    width: int
    height: int
    pixels: bytes


class Pictures:
    """Makes one picture at a time, and keeps the last few; `find` tells where ffmpeg is."""

    def __init__(self, find: Callable[[], Path | None]) -> None:
        self._find = find
        self._turn = asyncio.Lock()
        self._made: OrderedDict[tuple[Path, int, int], Picture | None] = OrderedDict()

    async def small(self, file: Path, width: int, height: int) -> Picture | None:
        """The picture in a file, in at most so many pixels; None where there is none that can be shown."""
        key = (file, width, height)
        if key not in self._made:
            async with self._turn:
                self._made[key] = await self._make(file, width, height)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key]

    async def _make(self, file: Path, width: int, height: int) -> Picture | None:
        try:
            content = await asyncio.to_thread(_read, file)
            ffmpeg = await asyncio.to_thread(self._find)
            kind = kind_of(content)
            if kind is None or ffmpeg is None:
                return None
            return _parsed(await _decoded(ffmpeg, kind, content, width, height), width, height)
        except (OSError, TimeoutError):
            return None


def find_ffmpeg(tools: ToolSettings) -> Path | None:
    """The program that the settings name, else the system's, else the package's; it is not tried."""
    if tools.ffmpeg is not None:
        return tools.ffmpeg
    found = shutil.which("ffmpeg")
    return Path(found) if found else packaged_ffmpeg()


def kind_of(content: bytes) -> str | None:
    """ffmpeg's name for what the first bytes say; None for all that is no picture of YouTube's."""
    for start, kind in _KINDS:
        if content.startswith(start):
            return kind
    return "webp_pipe" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def _read(file: Path) -> bytes:
    """A plain file of a reasonable size; raises `OSError`."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        told = os.fstat(opened.fileno())
        if not stat.S_ISREG(told.st_mode) or told.st_size > MOST_BYTES:
            raise OSError("is no small plain file")
        return opened.read(MOST_BYTES)


async def _decoded(ffmpeg: Path, kind: str, content: bytes, width: int, height: int) -> bytes:
    """A PPM; raises `OSError` and `TimeoutError`. Cancelled, it leaves no process behind."""
    scale = f"scale=w={width}:h={height}:force_original_aspect_ratio=decrease:flags=area"
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        str(ffmpeg), "-nostdin", "-v", "quiet", "-threads", "1", "-max_alloc", str(MOST_MEMORY),
        "-protocol_whitelist", "pipe", "-max_pixels", str(MOST_PIXELS), "-f", kind, "-i", "pipe:0",
        "-frames:v", "1", "-vf", scale, "-f", "image2pipe", "-c:v", "ppm", "-threads", "1", "pipe:1",
        stdin=pipe, stdout=pipe, stderr=nowhere, cwd="/", start_new_session=True,
    )  # fmt: skip
    try:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        async with asyncio.timeout(PATIENCE_S):
            written, _ = await process.communicate(content)
        return written
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _parsed(ppm: bytes, width: int, height: int) -> Picture | None:
    """What `P6` holds, if it is whole and no larger than asked for."""
    header = re.match(rb"P6\s(\d{1,4})\s(\d{1,4})\s255\s", ppm)
    if header is None:
        return None
    across, down, pixels = int(header[1]), int(header[2]), ppm[header.end() :]
    fits = 0 < across <= width and 0 < down <= height and len(pixels) == across * down * 3
    return Picture(across, down, pixels) if fits else None
