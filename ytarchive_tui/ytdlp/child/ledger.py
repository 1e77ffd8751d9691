"""What is known of each file in a staging folder, kept beside them."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

LEDGER = "validators.jsonl"


class Ledger:
    """Facts about files by their names; what a file is to be is noted before its first byte.

    A kill loses no note; after a lost power the newest may be gone, and what they were about is begun anew.

    Each change is a line, `[name, facts]` or `[name, null]`; one that was cut short ends what is known.
    """

    def __init__(self, staging: Path) -> None:
        self.staging = staging
        self._path = staging / LEDGER
        self._records: dict[str, dict[str, Any]] = {}
        self._length = 0
        """Bytes of the lines that can be read."""
        self._read()

    def get(self, name: str) -> dict[str, Any]:
        """The file's record; empty when there is none.

        `fingerprint` of the source, `size` when complete, `rewritten` when ffmpeg has worked on it.
        """
        return dict(self._records.get(name, {}))

    def put(self, name: str, **facts: Any) -> None:
        """Note facts about a file; raises `OSError`."""
        known = self.get(name)
        if known | facts != known:
            self._append(name, facts)
            self._records[name] = known | facts

    def drop(self, name: str) -> None:
        """Forget a file; raises `OSError`."""
        if name in self._records:
            self._append(name, None)
            del self._records[name]

    def is_complete(self, path: Path) -> bool:
        """True when the file was finished and has the size it had then."""
        size = self.get(path.name).get("size")
        return size is not None and is_plain(path) and path.stat().st_size == size

    def _read(self) -> None:
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except OSError:
            return
        for line in lines:
            try:
                name, facts = json.loads(line)
            except (ValueError, TypeError):
                return
            if not line.endswith(b"\n") or not isinstance(name, str):
                return
            if isinstance(facts, dict):
                self._records[name] = self.get(name) | facts
            else:
                self._records.pop(name, None)
            self._length += len(line)

    def _append(self, name: str, facts: dict[str, Any] | None) -> None:
        """Far cheaper than a new file in place of the old one, which ext4 brings to the disk at once."""
        lines = _line(name, facts)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size < self._length:
                # Somebody has removed or emptied it.
                lines = b"".join(_line(*known) for known in self._records.items()) + lines
                self._length = 0
            if size != self._length:
                os.ftruncate(descriptor, self._length)
            if os.write(descriptor, lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        finally:
            os.close(descriptor)
        self._length += len(lines)


def _line(name: str, facts: dict[str, Any] | None) -> bytes:
    return json.dumps([name, facts]).encode() + b"\n"


def is_plain(path: Path) -> bool:
    """True for a file that is no link: nothing in staging may lead out of it."""
    return path.is_file() and not path.is_symlink()
