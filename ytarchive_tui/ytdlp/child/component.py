"""One file of a download: is what lies in staging still the site's file, and is it whole?

yt-dlp resumes by size alone: a file that changed at the source becomes half old, half new, and a page
of HTML is saved as a video. So each answer is held against what was noted when the file was begun.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from yt_dlp.networking import Response
from yt_dlp.utils import determine_protocol

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.ytdlp.child.ledger import Ledger, is_plain

TOLERANCE = 100
"""Bytes by which a file may differ from its announced size: yt-dlp's own (youtube-dl issue 175)."""
_NOT_MEDIA = ("text/html", "application/json")
_TOTAL = re.compile(r"bytes \d+-\d+/(\d+)")


class SourceChangedError(Exception):
    """The site's file is not, or not provably, the one that was begun."""


def is_fragmented(info: Any) -> bool:
    """True for a file that is put together from many requests (HLS, DASH)."""
    return determine_protocol(info) not in ("http", "https")


def fingerprint(url: str, response: Response) -> dict[str, Any]:
    """What identifies the file behind an answer; only what the answer really tells.

    YouTube's media addresses name the format, the time of its last change and its length
    (`itag`, `lmt`, `clen`): together they identify the file as a validator does.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = {key: query[key][0] for key in ("itag", "lmt", "clen") if key in query}
    headers = response.headers
    ranged = _TOTAL.match(headers.get("Content-Range") or "")
    length = headers.get("Content-Length") if response.status == 200 else None
    etag = headers.get("ETag")
    found = {
        "etag": etag if etag and not etag.startswith("W/") else None,
        "last_modified": headers.get("Last-Modified"),
        "total": int(ranged[1]) if ranged else int(length) if length and length.isdecimal() else None,
        "named": "/".join(named.values()) if len(named) == 3 else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def contradicts(noted: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    """True when something that both tell is different."""
    return any(noted[name] != seen[name] for name in noted.keys() & seen.keys())


def proves(noted: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    """True when both surely are the same file."""
    same = {name for name in noted.keys() & seen.keys() if noted[name] == seen[name]}
    return not contradicts(noted, seen) and (
        "etag" in same or "named" in same or {"last_modified", "total"} <= same
    )


class Component:
    """A file while it is being fetched."""

    def __init__(self, ledger: Ledger, path: Path, *, fragmented: bool) -> None:
        self._ledger = ledger
        self._path = path
        self._fragmented = fragmented
        self._part = path.with_name(path.name + ".part")
        self._noted: dict[str, Any] | None = None
        self._must_prove = False
        self._whole = False

    def prepare(self, probe: Callable[[], tuple[str, Response]]) -> int:
        """Keep what can be built upon, remove the rest; returns the bytes kept.

        `probe` asks the site about the file; it is only needed for one that is already complete.
        """
        record = self._ledger.get(self._path.name)
        noted = record.get("fingerprint")
        if self._ledger.is_complete(self._path):
            # What a later step has rewritten can no longer be compared with the site's file.
            if record.get("rewritten") or (noted and proves(noted, fingerprint(*probe()))):
                self._whole = True
                return self._path.stat().st_size
        elif noted and not self._fragmented and not self._path.exists() and is_plain(self._part):
            kept = self._resumable(noted.get("total"))
            if kept is not None:
                self._noted, self._must_prove = noted, True
                return kept
        self.discard()
        return 0

    def _resumable(self, total: int | None) -> int | None:
        """Bytes of the part from which yt-dlp can go on; None when it is longer than the whole.

        A part that has all bytes but was never renamed (after a kill, or on a full disk) gives its last one
        up: asked for what follows after the end, the site would refuse (416).
        """
        size = self._part.stat().st_size
        if total is None or size < total:
            return size
        if size > total:
            return None
        os.truncate(self._part, size - 1)
        return size - 1

    def check_answer(self, url: str, response: Response) -> None:
        """Refuse what is no media or comes from another file than what was fetched before.

        Raises `StageError` (NotMedia) or `SourceChangedError`.
        """
        kind = (response.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        if kind in _NOT_MEDIA:
            raise _refusal("NotMedia", f"the site answered {kind} instead of media", response.status)
        if self._fragmented:
            return
        seen = fingerprint(url, response)
        if self._noted is None:
            self._noted = seen
            self._ledger.put(self._path.name, fingerprint=seen)
        elif contradicts(self._noted, seen) or (self._must_prove and not proves(self._noted, seen)):
            raise SourceChangedError(f"{self._path.name}: not provably the same file, starting over")
        self._must_prove = False

    def finish(self, announced: int | None) -> None:
        """Check the finished file against what the site said, and note that it is complete.

        Raises `StageError` (SizeMismatch), after removing the file.
        """
        if self._whole:
            return
        size = self._path.stat().st_size
        total = (self._noted or {}).get("total")
        wrong = total is not None and size != total
        short = not self._fragmented and announced is not None and abs(size - announced) > TOLERANCE
        if wrong or short:
            self.discard()
            raise _refusal("SizeMismatch", f"got {size} bytes of {total if wrong else announced}")
        self._ledger.put(self._path.name, size=size)

    def discard(self) -> None:
        """Remove the file and all its pieces, and forget it."""
        self._noted, self._must_prove, self._whole = None, False, False
        self._ledger.drop(self._path.name)
        for piece in self._path.parent.glob(f"{self._path.name}*"):
            piece.unlink()


def _refusal(name: str, message: str, status: int | None = None) -> StageError:
    return StageError(Evidence(exception=(name,), message=message, http_status=status, activity="media"))
