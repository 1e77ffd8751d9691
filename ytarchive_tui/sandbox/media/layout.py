"""How a file of any length and size is made of a header, one repeated fragment, and filler.

    head | fragment 0, filler | fragment 1, filler | ... | last fragment, filler

Fragments differ only in a few counters (sequence number, time), and all but the last have the same
size, so the place of every byte follows from its offset by a division.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .noise import noise

READ = 256 * 1024
FILLER = 64
"""The least filler after a fragment: its own header, and enough noise to tell two files apart."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A big-endian number in a fragment's header that grows by `step` from one fragment to the next."""

    offset: int
    width: int
    first: int
    step: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of media: a header with counters, then packets that never change."""

    header: bytes
    counters: tuple[Counter, ...]
    packets: bytes

    @property
    def size(self) -> int:
        return len(self.header) + len(self.packets)

    def header_at(self, index: int) -> bytes:
        """The header of the fragment's repetition number `index`."""
        header = bytearray(self.header)
        for counter in self.counters:
            number = counter.first + index * counter.step
            header[counter.offset : counter.offset + counter.width] = number.to_bytes(counter.width, "big")
        return bytes(header)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a container makes of some tracks and a duration: everything but identity and size."""

    head: Callable[[int], bytes]
    """The file's beginning, given the size of the whole file."""
    head_size: int
    fragment: Fragment
    last: Fragment
    count: int
    """Fragments in all, the last one included; at least 1."""
    filler_header: Callable[[int], bytes]
    """The beginning of a filler element of that many bytes in all."""

    @property
    def natural_size(self) -> int:
        """The smallest file."""
        return self.head_size + (self.count - 1) * self.fragment.size + self.last.size + self.count * FILLER


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A `VirtualFile`: a plan, stretched to `size` bytes and made unique by `seed` (at most 64 bytes)."""

    plan: Plan
    seed: bytes
    size: int
    content_type: str
    etag: str

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of [start, end), cut to the file, in blocks of at most 256 KiB."""
        return _joined(self._pieces(max(0, start), min(end, self.size)))

    def unit_start(self, index: int) -> int:
        """The offset at which fragment number `index` begins; the file's size for one past the last."""
        if index >= self.plan.count:
            return self.size
        return self.plan.head_size + index * (self.plan.fragment.size + self._filler)

    @property
    def _filler(self) -> int:
        """Filler after each fragment; the last one has what division leaves besides."""
        return FILLER + (self.size - self.plan.natural_size) // self.plan.count

    def _pieces(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        plan = self.plan
        if start < min(end, plan.head_size):
            yield plan.head(self.size)[start:end]
            start = plan.head_size
        stride = plan.fragment.size + self._filler
        while start < end:
            index = min((start - plan.head_size) // stride, plan.count - 1)
            begin, stop = self.unit_start(index), self.unit_start(index + 1)
            yield from self._unit(index, stop - begin, start - begin, min(end, stop) - begin)
            start = stop

    def _unit(self, index: int, size: int, start: int, end: int) -> Iterator[bytes | memoryview]:
        """Bytes [start, end) of a fragment and its filler, which are `size` bytes together."""
        fragment = self.plan.last if index == self.plan.count - 1 else self.plan.fragment
        packets, filler = len(fragment.header), fragment.size
        if start < packets:
            yield fragment.header_at(index)[start:end]
        if start < filler and end > packets:
            yield memoryview(fragment.packets)[max(start - packets, 0) : end - packets]
        if end > filler:
            header = self.plan.filler_header(size - filler)
            low, high = max(start - filler, 0), end - filler
            if low < len(header):
                yield header[low:high]
            yield from noise(self.seed, index, max(low - len(header), 0), high - len(header))


@dataclass(frozen=True, slots=True)
class Slice:
    """A `VirtualFile` that is a part of another."""

    whole: MediaFile
    start: int
    size: int
    content_type: str

    @property
    def etag(self) -> str:
        return f'{self.whole.etag[:-1]}-{self.start}"'

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of [start, end), cut to the part, in blocks of at most 256 KiB."""
        return self.whole.read(self.start + max(0, start), self.start + min(end, self.size))


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A `VirtualFile` whose bytes are at hand."""

    data: bytes
    content_type: str
    etag: str

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of [start, end), cut to the file, in blocks of at most 256 KiB."""
        end = min(end, self.size)
        for begin in range(max(0, start), end, READ):
            yield self.data[begin : min(begin + READ, end)]


def _joined(pieces: Iterator[bytes | memoryview]) -> Iterator[bytes]:
    """Join small pieces to full blocks: a server writes few large blocks faster than many small ones."""
    waiting: list[bytes | memoryview] = []
    room = READ
    for piece in pieces:
        while len(piece) >= room:
            waiting.append(piece[:room])
            yield b"".join(waiting)
            waiting, piece, room = [], piece[room:], READ
        if piece:
            waiting.append(piece)
            room -= len(piece)
    if waiting:
        yield b"".join(waiting)
