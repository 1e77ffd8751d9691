"""Filler bytes computed from where they stand, so that any range of a huge file costs only its length."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b, shake_256

BLOCK = 64 * 1024
_STAMP = 32
_POOL = 1 << 20


@cache
def _pool() -> memoryview:
    """A MiB of random bytes, and its first block once more, so that a block may begin anywhere in it."""
    once = shake_256(b"ytarchive-tui sandbox").digest(_POOL)
    return memoryview(once + once[:BLOCK])


def noise(seed: bytes, region: int, start: int, end: int) -> Iterator[memoryview]:
    """Yield bytes [start, end) of the endless stream that belongs to this seed and region.

    Each block of 64 KiB begins with a hash of seed, region and its number, so no two are the same;
    the hash also says from where in the shared pool the rest is taken. Seeds have at most 64 bytes.
    """
    pool = _pool()
    while start < end:
        number, low = divmod(start, BLOCK)
        high = min(BLOCK, low + end - start)
        place = region.to_bytes(8, "big") + number.to_bytes(8, "big")
        stamp = blake2b(place, key=seed, digest_size=_STAMP).digest()
        if low < _STAMP:
            yield memoryview(stamp)[low:high]
        if high > _STAMP:
            begin = int.from_bytes(stamp[:8], "big") % _POOL
            yield pool[begin + max(low, _STAMP) - _STAMP : begin + high - _STAMP]
        start += high - low
