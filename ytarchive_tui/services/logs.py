"""The log file: JSON lines, rotated, without secrets; written by a thread of its own."""

from __future__ import annotations

import json
import logging
import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import IO

from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.redact import redactor

ROOT = "ytarchive_tui"
FILES = 5
LINE_LIMIT = 4000
LONGEST_LINE = 64 * 1024
"""Bytes that a file may hold beyond its share: the record that fills it is still written to it."""
FACTS = ("job", "worker", "task", "failure")
"""Attributes of a log record (its `extra`) that become fields of the line."""


_ENCODE = json.JSONEncoder(ensure_ascii=False, default=str).encode
"""`json.dumps` with these options would make an encoder for each line."""


class JsonLine(logging.Formatter):
    """One record as one JSON object: `at` (UTC), `level`, `source`, `text`, and the facts it has."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._redact = redactor(secrets)
        self._second = -1
        self._begin = ""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self._at(record.created),
            "level": record.levelname.lower(),
            "source": record.name.removeprefix(f"{ROOT}."),
            "text": plain(self._redact(record.getMessage()), LINE_LIMIT),
        }
        line |= {fact: getattr(record, fact) for fact in FACTS if hasattr(record, fact)}
        if record.exc_info:
            trace = self._redact(self.formatException(record.exc_info))
            line["trace"] = [plain(part, LINE_LIMIT) for part in trace.splitlines()]
        return _ENCODE(line)

    def _at(self, moment: float) -> str:
        """ISO 8601 in milliseconds; most lines share their second with the one before."""
        second = int(moment)
        if second != self._second:
            self._second = second
            self._begin = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._begin}.{int((moment - second) * 1000):03}+00:00"


class PrivateRotatingFile(RotatingFileHandler):
    """A rotating file that only its owner can read, whatever the umask.

    It is flushed whenever `records`, from which its lines come, is empty: many lines are one write.
    """

    stream: IO[bytes]  # type: ignore[assignment]  # typeshed promises TextIOWrapper, here and in _open

    def __init__(self, path: Path, records: queue.SimpleQueue[logging.LogRecord], most: int) -> None:
        """`most`: bytes, after which the next record begins a new file."""
        self._records = records
        self._size = 0
        super().__init__(path, maxBytes=most, backupCount=FILES - 1)

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line; to see a full file coming, the standard way would format each record twice."""
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
            if self._size >= self.maxBytes:
                self.doRollover()
            self.stream.write(line)
            self._size += len(line)
            if self._records.empty():
                self.stream.flush()
        except Exception:
            self.handleError(record)

    def _open(self) -> IO[bytes]:  # type: ignore[override]
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(descriptor).st_size
        return os.fdopen(descriptor, "ab")


class HandOver(QueueHandler):
    """Hands records over as they are: they stay in this process and are formatted once, by the thread."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


@contextmanager
def log_file(folder: Path, *, level: str, keep_mb: int, secrets: tuple[str, ...]) -> Iterator[Path]:
    """Log the program's own records to `folder`/ytarchive.log (0600) until the block ends.

    The files together stay under `keep_mb` MiB.
    """
    path = folder / "ytarchive.log"
    most = keep_mb * 1024**2 // FILES - LONGEST_LINE
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    target = PrivateRotatingFile(path, records, most)
    target.setFormatter(JsonLine(secrets))
    listener = QueueListener(records, target)
    handler = HandOver(records)
    logger = logging.getLogger(ROOT)
    earlier = logger.level, logger.propagate
    logger.setLevel(level.upper())
    logger.propagate = False
    logger.addHandler(handler)
    listener.start()
    try:
        yield path
    finally:
        logger.removeHandler(handler)
        listener.stop()
        target.close()
        logger.level, logger.propagate = earlier
