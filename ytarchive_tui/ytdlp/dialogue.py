"""The near side of a child's pipes: send a request, read events, get the verdict."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError

OnEvent = Callable[[dict[str, Any]], Awaitable[None]]
Log = Callable[[str, int | None, str], None]
"""Takes the task's name, the request's `job` (if it has one) and one line of plain text."""

LINE_LIMIT = 16 * 1024 * 1024
LOG_LINE_LIMIT = 2_000
BLOCK = 65536
"""Bytes read at once; as many as a pipe holds."""
MOST_BLOCKS = 16
_PLAIN = {code: "�" for code in (*range(32), *range(127, 160)) if code != 9}
_PLAIN |= {code: "�" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}


def plain(text: str) -> str:
    """The text without control characters and bidirectional overrides, cut to a bearable length."""
    return text[:LOG_LINE_LIMIT].translate(_PLAIN)


async def reader_of(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """A stream that reads a pipe's end; closing the transport closes the descriptor."""
    stream = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    return stream, transport


class Lines:
    """Makes lines of blocks; of a line longer than `limit` bytes only the beginning."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()

    def of(self, block: bytes) -> Iterator[bytes]:
        """The lines that end in this block."""
        *ends, rest = block.split(b"\n")
        for end in ends:
            line, self._kept = self._kept + end, bytearray()
            yield bytes(line[: self._limit])
        if len(self._kept) < self._limit:
            self._kept += rest

    def rest(self) -> Iterator[bytes]:
        """What came after the last line's end."""
        line, self._kept = self._kept, bytearray()
        if line:
            yield bytes(line[: self._limit])


async def lines_of(stream: asyncio.StreamReader, limit: int) -> AsyncIterator[bytes]:
    """The stream's lines; of a line longer than `limit` bytes only the beginning."""
    lines = Lines(limit)
    while block := await stream.read(BLOCK):
        for line in lines.of(block):
            yield line
    for line in lines.rest():
        yield line


class Murmur:
    """What comes through a pipe, read when it suits: it wakes nobody, as a stream would with each line."""

    def __init__(self, descriptor: int) -> None:
        """Owns the descriptor from here on."""
        os.set_blocking(descriptor, False)
        self._descriptor: int | None = descriptor
        self._lines = Lines(LOG_LINE_LIMIT)

    def heard(self) -> Iterator[bytes]:
        """The lines that have come since; of a writer that does not stop, some."""
        for _ in range(MOST_BLOCKS):
            if self._descriptor is None:
                return
            try:
                block = os.read(self._descriptor, BLOCK)
            except OSError:  # Mostly: nothing is there now.
                return
            yield from self._lines.of(block)
            if len(block) < BLOCK:
                return

    def ended(self) -> Iterator[bytes]:
        """The same, and what comes after the last line's end."""
        yield from self.heard()
        yield from self._lines.rest()

    def close(self) -> list[bytes]:
        """Let go of the pipe; the last lines, as `ended`."""
        last = list(self.ended())
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None
        return last


class Dialogue:
    """One task's conversation: hands on its events and keeps its verdict and its last words."""

    def __init__(self, task: str, request: dict[str, Any], on_event: OnEvent | None, log: Log) -> None:
        job = request.get("job")
        self._task = task
        self.job = job if isinstance(job, int) else None
        self._on_event = on_event
        self._log = log
        self.last_words: deque[str] = deque(maxlen=5)

    async def verdict(self, stdout: asyncio.StreamReader) -> dict[str, Any] | None:
        """Read until the result; None when the child ended without one.

        Raises `StageError` when the child reports an error.
        """
        async for line in lines_of(stdout, LINE_LIMIT):
            message = _message(line)
            if "event" in message:
                if self._on_event is not None:
                    await self._on_event(message["event"])
            elif "error" in message:
                raise StageError(Evidence.model_validate(message["error"]))
            elif "result" in message:
                result: dict[str, Any] = message["result"]
                return result
            else:
                self.note(f"not a message: {line[:200].decode(errors='replace')}")
        return None

    def died(self, name: str, how: str) -> StageError:
        """The error for a child that left no verdict."""
        return StageError(
            Evidence(exception=(name,), message=f"{self._task}: {how}", warnings=tuple(self.last_words))
        )

    def note(self, text: str) -> None:
        """Log one line and remember it among the last words."""
        text = plain(text)
        if text.strip():
            self.last_words.append(text)
            self._log(self._task, self.job, text)


def _message(line: bytes) -> dict[str, Any]:
    """The line as a message of ours; empty when it is something else."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if isinstance(message, dict) and all(isinstance(content, dict) for content in message.values()):
        return message
    return {}
