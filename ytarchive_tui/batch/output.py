"""Standard output and standard error as places for lines, whatever is at their other end."""

from __future__ import annotations

import os
from typing import Protocol, TextIO


class LineWriter(Protocol):
    """Where lines go."""

    def write(self, line: str) -> None:
        """Write one line."""


class Lines:
    """Writes whole lines; when the reader goes away the rest is dropped and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def write(self, line: str) -> None:
        """Write one line and flush it; characters that the stream can't show become escapes."""
        if self._gone:
            return
        encoding = self._stream.encoding or "utf-8"
        text = line.encode(encoding, "backslashreplace").decode(encoding)
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self._gone = True
            silence(self._stream)


def silence(stream: TextIO) -> None:
    """Lead the stream nowhere, or the interpreter complains when it flushes it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
