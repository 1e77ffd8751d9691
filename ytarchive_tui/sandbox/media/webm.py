"""WebM from one track: `EBML Segment(Info Tracks (Cluster Void)*)`, after RFC 8794 and RFC 9559.

There are no Cues: nothing in the program seeks before ffmpeg has written the file anew.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from struct import pack

from .layout import Counter, Fragment, Plan
from .tracks import Track, track

_LONG = 1 << 56
"""Marks a size that takes eight bytes."""


def element(identity: int, content: bytes) -> bytes:
    """An element of that identity around its content."""
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    return name + pack(">Q", _LONG | len(content)) + content


def _uint(identity: int, number: int) -> bytes:
    return element(identity, number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big"))


def filler_header(size: int) -> bytes:
    """The beginning of a Void element of `size` bytes.

    ffmpeg (5.1) skips one of up to 2 GiB, and reads through a longer one: correct, but slow.
    """
    return b"\xec" + pack(">Q", _LONG | size - 9)


@lru_cache(maxsize=256)
def plan(name: str, seconds: int) -> Plan:
    """A file with the named track that lasts `seconds`."""
    each = track(name)
    total = each.packets_for(seconds)
    whole, rest = divmod(total, each.packets)
    fragment = _cluster(each, each.packets)
    last = _cluster(each, rest) if rest else fragment
    ebml = element(
        0x1A45DFA3,
        _uint(0x4286, 1) + _uint(0x42F7, 1) + _uint(0x42F2, 4) + _uint(0x42F3, 8)
        + element(0x4282, b"webm") + _uint(0x4287, 4) + _uint(0x4285, 2),
    )  # fmt: skip
    begin = ebml + b"\x18\x53\x80\x67"
    tables = _info(total * each.ticks) + element(0x1654AE6B, element(0xAE, _track_entry(each)))
    head_size = len(begin) + 8 + len(tables)

    def head(size: int) -> bytes:
        return begin + pack(">Q", _LONG | size - len(begin) - 8) + tables

    return Plan(head, head_size, fragment, last, whole + bool(rest), filler_header)


def _cluster(each: Track, count: int) -> Fragment:
    """A cluster with the first `count` packets, whose times count from the cluster's own."""
    blocks = b"".join(
        element(0xA3, pack(">BhB", 0x81, number * each.ticks, _flags(each, number)) + each.data[begin:end])
        for number, (begin, end) in enumerate(pairwise((0, *each.ends[:count])))
    )
    time = element(0xE7, bytes(8))
    header = b"\x1f\x43\xb6\x75" + pack(">Q", _LONG | len(time) + len(blocks)) + time
    return Fragment(header, (Counter(len(header) - 8, 8, 0, each.packets * each.ticks),), blocks)


def _flags(each: Track, number: int) -> int:
    return 0x80 if number == 0 or not each.is_video else 0  # a key frame


def _info(milliseconds: int) -> bytes:
    by = b"ytarchive-tui sandbox"
    return element(
        0x1549A966,
        _uint(0x2AD7B1, 1_000_000)
        + element(0x4489, pack(">d", milliseconds))
        + element(0x4D80, by)
        + element(0x5741, by),
    )


def _track_entry(each: Track) -> bytes:
    entry = _uint(0xD7, 1) + _uint(0x73C5, 1) + _uint(0x83, 1 if each.is_video else 2) + _uint(0x9C, 0)
    entry += _uint(0x23E383, each.ticks * 1_000_000)
    if each.is_video:
        shape = _uint(0xB0, each.width) + _uint(0xBA, each.height)
        return entry + element(0x86, b"V_VP9") + element(0xE0, shape)
    sound = element(0xB5, pack(">d", each.sample_rate)) + _uint(0x9F, each.channels)
    entry += element(0x86, b"A_OPUS") + element(0x63A2, each.config) + _uint(0x56AA, 0)
    return entry + _uint(0x56BB, 80_000_000) + element(0xE1, sound)
