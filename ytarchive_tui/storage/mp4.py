"""What the sample tables of an ordinary MP4 tell, read without starting a program.

Starting ffprobe costs more than all else that is done to verify a short video. So the kind of file that
nearly every download ends as (one movie box, H.264 and AAC, no fragments) is read here, and gets the
same `probe.Report`. Whatever is unusual in the least is left to ffprobe, and so is every refusal.
ISO/IEC 14496-12 §8 (boxes), 14496-15 §5.3 (H.264 samples).
"""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from struct import Struct, error, unpack_from
from typing import BinaryIO

from .probe import Report, Stream, Timeline

_LARGEST_MOOV = 64 * 1024 * 1024
_MOST_SAMPLES = 1 << 24
_PLAIN_TOP = {b"ftyp", b"moov", b"mdat", b"free"}
_AAC = 0x40
_IGNORED = b"text"
"""Handler of the track in which ffmpeg puts chapters."""


class _Unusual(Exception):
    """Something that only ffprobe should judge."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    content: memoryview


def read(file: BinaryIO, size: int) -> Report | None:
    """The file's streams with their timelines; None for whatever is not plain, whole H.264 and AAC."""
    if size == 0:
        return None
    with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
        try:
            return _report(data)
        except (_Unusual, error, ValueError, IndexError, KeyError, OverflowError):
            return None


def _report(data: mmap.mmap) -> Report:
    moov = _movie(data)
    boxes = _by_kind(moov)
    movie_scale, duration = _scale_and_duration(boxes[b"mvhd"])
    report = Report(format_name="mov,mp4", duration_s=duration / movie_scale)
    for box in _boxes(moov):
        if box.kind == b"mvex":
            raise _Unusual
        if box.kind == b"trak" and (stream := _stream(data, box.content, movie_scale)):
            report.streams.append(stream)
    return report


def _movie(data: mmap.mmap) -> bytes:
    """The content of the only movie box."""
    at, found = 0, b""
    while at < len(data):
        length, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), 16
        if kind not in _PLAIN_TOP or length < head or at + length > len(data):
            raise _Unusual
        if kind == b"moov":
            if found or length > _LARGEST_MOOV:
                raise _Unusual
            found = data[at + head : at + length]
        at += length
    return found


def _boxes(content: bytes | memoryview) -> Iterator[_Box]:
    view, at = memoryview(content), 0
    while at < len(view):
        length = int.from_bytes(view[at : at + 4])
        if length < 8 or at + length > len(view):
            raise _Unusual
        yield _Box(bytes(view[at + 4 : at + 8]), view[at + 8 : at + length])
        at += length


def _by_kind(content: bytes | memoryview) -> dict[bytes, memoryview]:
    return {box.kind: box.content for box in _boxes(content)}


def _scale_and_duration(header: memoryview) -> tuple[int, int]:
    """Of `mvhd` or `mdhd`: units a second, and units."""
    scale, duration = unpack_from(">IQ" if header[0] else ">II", header, 20 if header[0] else 12)
    if scale == 0:
        raise _Unusual
    return scale, duration


def _stream(data: mmap.mmap, trak: memoryview, movie_scale: int) -> Stream | None:
    boxes = _by_kind(trak)
    media = _by_kind(boxes[b"mdia"])
    handler = bytes(media[b"hdlr"][8:12])
    if handler == _IGNORED:
        return None
    scale, _ = _scale_and_duration(media[b"mdhd"])
    table = _by_kind(_by_kind(media[b"minf"])[b"stbl"])
    (entry,) = _boxes(table[b"stsd"][8:])
    sizes = _sizes(table[b"stsz"])
    places = list(_places(table, sizes, len(data)))
    if (handler, entry.kind) == (b"vide", b"avc1"):
        kind, codec, height = "video", "h264", unpack_from(">H", entry.content, 26)[0]
        _check_units(data, places, _by_kind(entry.content[78:])[b"avcC"])
    elif (handler, entry.kind) == (b"soun", b"mp4a") and _is_aac(entry.content):
        kind, codec, height = "audio", "aac", None
    else:
        raise _Unusual
    shift = _shift(boxes.get(b"edts"), scale, movie_scale)
    return Stream(kind, codec, height, _timeline(table, len(sizes), scale, shift))


def _is_aac(entry: memoryview) -> bool:
    """Whether the decoder's configuration in the sample entry names AAC."""
    told = bytes(_by_kind(entry[28:])[b"esds"])
    at = told.index(b"\x04", 4 + 5)
    while told[at + 1] & 0x80:
        at += 1
    return told[at + 2] == _AAC


def _sizes(box: memoryview) -> array[int]:
    same, count = unpack_from(">II", box, 4)
    if count > _MOST_SAMPLES:
        # Equal sizes stand in no table, so the count may be any number that damage or malice wrote.
        raise _Unusual
    return array("Q", repeat(same, count)) if same else _numbers(box, 8, 1)


def _numbers(box: memoryview, at: int, width: int, item: str = "I") -> array[int]:
    """A table of big-endian numbers behind its count of rows, `width` to a row."""
    count = unpack_from(">I", box, at)[0] * width
    return array("Q" if item != "i" else "q", unpack_from(f">{count}{item}", box, at + 4))


def _places(table: dict[bytes, memoryview], sizes: array[int], end: int) -> Iterator[tuple[int, int]]:
    """Where each sample begins and ends in the file."""
    chunks = _numbers(table[b"co64"], 4, 1, "Q") if b"co64" in table else _numbers(table[b"stco"], 4, 1)
    runs = _numbers(table[b"stsc"], 4, 3)
    firsts = [*runs[::3], len(chunks) + 1]
    of_chunk = chain.from_iterable(
        repeat(samples, after - first)
        for samples, first, after in zip(runs[1::3], firsts, firsts[1:], strict=False)
    )
    number = 0
    for at, samples in zip(chunks, of_chunk, strict=True):
        for size in sizes[number : number + samples]:
            if at + size > end:
                raise _Unusual
            yield at, at + size
            at += size
        number += samples
    if number != len(sizes):
        raise _Unusual


def _check_units(data: mmap.mmap, places: list[tuple[int, int]], settings: memoryview) -> None:
    """Every picture has to be filled by its units exactly, each with a possible first byte."""
    if settings[4] & 3 != 3:
        raise _Unusual
    head = Struct(">IB").unpack_from
    for at, end in places:
        while at < end:
            length, first = head(data, at)
            if length == 0 or first & 0x80 or not 1 <= first & 0x1F <= 20:
                raise _Unusual
            at += 4 + length
        if at != end:
            raise _Unusual


def _shift(edits: memoryview | None, scale: int, movie_scale: int) -> float:
    """By how many seconds the edit list moves the stream to an earlier time."""
    if edits is None:
        return 0.0
    content = _by_kind(edits)[b"elst"]
    row = ">Qq" if content[0] else ">Ii"
    width, count = (20 if content[0] else 12), unpack_from(">I", content, 4)[0]
    rows = [unpack_from(row, content, 8 + number * width) for number in range(count)]
    delay = rows.pop(0)[0] if rows and rows[0][1] == -1 else 0
    if len(rows) != 1 or rows[0][1] < 0:
        raise _Unusual
    start: int = rows[0][1]
    return start / scale - delay / movie_scale


def _timeline(table: dict[bytes, memoryview], samples: int, scale: int, shift: float) -> Timeline:
    durations = _numbers(table[b"stts"], 4, 2)
    lengths = chain.from_iterable(map(repeat, durations[1::2], durations[::2]))
    if sum(durations[::2]) != samples:
        raise _Unusual
    offsets: Iterator[int] = repeat(0, samples)
    if b"ctts" in table:
        signed = _numbers(table[b"ctts"], 4, 2, "i")
        offsets = chain.from_iterable(map(repeat, signed[1::2], signed[::2]))
    timeline, at = Timeline(), 0
    for length, offset in zip(lengths, offsets, strict=True):
        timeline.add(at / scale - shift, (at + offset) / scale - shift, length / scale)
        at += length
    return timeline
