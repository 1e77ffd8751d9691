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
from ytarchive_tui.settings.redact import redact

ROOT = "ytarchive_tui"
FILES = 5
LINE_LIMIT = 4000
LONGEST_LINE = 64 * 1024
"""Bytes that a file may hold beyond its share: the record that fills it is still written to it."""
FACTS = ("job", "worker", "task", "failure")
"""Attributes of a log record (its `extra`) that become fields of the line."""


class JsonLine(logging.Formatter):
    """One record as one JSON object: `at` (UTC), `level`, `source`, `text`, and the facts it has."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "source": record.name.removeprefix(f"{ROOT}."),
            "text": plain(redact(text, self._secrets), LINE_LIMIT),
        }
        line |= {fact: getattr(record, fact) for fact in FACTS if hasattr(record, fact)}
        if record.exc_info:
            trace = redact(self.formatException(record.exc_info), self._secrets)
            line["trace"] = [plain(part, LINE_LIMIT) for part in trace.splitlines()]
        return json.dumps(line, ensure_ascii=False, default=str)


class PrivateRotatingFile(RotatingFileHandler):
    """A rotating file that only its owner can read, whatever the umask."""

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Rotate once the file is full; to see it coming, the standard way formats each record twice."""
        return self.stream is not None and self.stream.tell() >= self.maxBytes

    def _open(self) -> IO[str]:  # type: ignore[override]  # typeshed promises TextIOWrapper
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="replace")


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
    target = PrivateRotatingFile(path, maxBytes=most, backupCount=FILES - 1)
    target.setFormatter(JsonLine(secrets))
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
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
