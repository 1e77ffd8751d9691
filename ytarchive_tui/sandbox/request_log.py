"""What was asked of the sandbox and what it answered."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from .classify import RequestKind

CAPACITY = 200_000


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One answered request; written when the answer ends, however it ends."""

    sequence: int
    time: str
    """When the request arrived, by the sandbox's clock: ISO 8601, UTC."""
    kind: RequestKind
    method: str
    host: str
    path: str
    query: str
    """The Data API's query without the key; empty for every other kind."""
    video_id: str
    list_id: str
    itag: str
    range_start: int | None
    range_end: int | None
    """The part of a file that the answer promised, end exclusive; None for an answer that is no file."""
    status: int
    """0 when the connection ended before an answer began."""
    bytes_sent: int
    """Bytes of the body handed to the system; a client that dies may not have read them all."""
    connection: int
    duration_s: float
    fault: str
    """The `FaultKind` that struck, or empty."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Totals since the start or the last `clear`, by kind."""

    requests: dict[str, int]
    bytes_sent: dict[str, int]
    open_connections: int


class RequestLog:
    """The newest records, and totals over all of them."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=capacity)
        self._requests: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter(self._records)

    def next_sequence(self) -> int:
        """Return the number for the next record; numbers rise for ever, also over `clear`."""
        self._sequence += 1
        return self._sequence

    def add(self, record: RequestRecord) -> None:
        """Append `record`, dropping the oldest one when the log is full."""
        self._records.append(record)
        self._requests[record.kind] += 1
        self._bytes[record.kind] += record.bytes_sent

    def since(self, sequence: int = 0, kind: RequestKind | None = None) -> list[RequestRecord]:
        """Return the records after `sequence`, oldest first, of one kind if given."""
        newest_first = takewhile(lambda record: record.sequence > sequence, reversed(self._records))
        found = [record for record in newest_first if kind is None or record.kind is kind]
        found.reverse()
        return found

    def clear(self) -> None:
        """Forget every record and the totals."""
        self._records.clear()
        self._requests.clear()
        self._bytes.clear()

    def stats(self, open_connections: int) -> Stats:
        """Return the totals by kind."""
        return Stats(dict(self._requests), dict(self._bytes), open_connections)
