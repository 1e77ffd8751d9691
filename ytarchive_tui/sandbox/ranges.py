"""Which bytes of a virtual file an answer carries.

RFC 9110 §14 for the Range and If-Range headers. A query `range=a-b` is googlevideo's own way: the
answer is a plain 200 whose content is that window of the file, and a Range header counts within it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .model import Request, VirtualFile

_RANGE = re.compile(r"(\d*)-(\d*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes [start, end) of a file, with the status and headers that announce them."""

    status: int
    start: int
    end: int
    headers: tuple[tuple[str, str], ...] = ()


def select(request: Request, file: VirtualFile, last_modified: str) -> Part:
    """Return the part of `file` that `request` asks for; `last_modified` may be empty."""
    low, high = 0, file.size
    if "range" in request.query:
        window = _parse(request.query["range"], file.size)
        if window is None or window[0] >= window[1]:
            return _unsatisfiable(file.size)
        low, high = window
    size = high - low
    asked = _range_header(request, file.etag, last_modified)
    found = _parse(asked, size) if asked is not None else None
    if found is None:
        return Part(200, low, high)
    start, end = found
    if start >= end:
        return _unsatisfiable(size)
    return Part(206, low + start, low + end, (("Content-Range", f"bytes {start}-{end - 1}/{size}"),))


def _range_header(request: Request, etag: str, last_modified: str) -> str | None:
    """Return the one byte range asked for, unless If-Range says that the client holds another version."""
    unit, _, ranges = request.headers.get("range", "").partition("=")
    if unit.strip().lower() != "bytes" or request.method != "GET":
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition not in (etag, last_modified):
        return None
    return ranges.strip()


def _parse(text: str, size: int) -> tuple[int, int] | None:
    """Return [start, end) of `a-b`, `a-` or `-n`, empty when out of the file; None when it is no range."""
    match = _RANGE.fullmatch(text)
    if match is None or len(text) > 40 or text == "-":
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1) if last else size


def _unsatisfiable(size: int) -> Part:
    return Part(416, 0, 0, (("Content-Range", f"bytes */{size}"),))
