"""Fragmented MP4 (ISO/IEC 14496-12) from tracks: `ftyp moov (moof mdat free)*`.

The header says the whole duration, as YouTube's does. There is no `sidx`: nothing in the program
seeks before ffmpeg has written the file anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from struct import pack

from .layout import Counter, Fragment, Plan
from .tracks import Track, track

MOVIE_TIMESCALE = 44100
_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4
"""The language `und`, packed."""
_KEY_FRAME, _OTHER_FRAME = 0x02000000, 0x01010000


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of that kind around its content."""
    body = b"".join(content)
    return pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return box(kind, pack(">I", version << 24 | flags), *content)


def filler_header(size: int) -> bytes:
    """The beginning of a `free` box of `size` bytes; of the long form, for files beyond 4 GiB."""
    return pack(">I4sQ", 1, b"free", size)


@lru_cache(maxsize=256)
def plan(names: tuple[str, ...], seconds: int) -> Plan:
    """A file with the named tracks (one, or a picture and a sound) that lasts `seconds`."""
    tracks = [track(name) for name in names]
    # All loops have the same length, and the sound ends with the picture: so the loops of every
    # track fill the same fragments, and what is left over of each goes into the last one.
    picture = tracks[0]
    length = picture.packets_for(seconds) * picture.ticks / picture.timescale
    totals = [each.packets_for(length) for each in tracks]
    whole, left = divmod(totals[0], picture.packets)
    fragment = _fragment(tracks, [each.packets for each in tracks])
    last = _fragment(tracks, [total % each.packets for each, total in zip(tracks, totals, strict=True)])
    head = box(b"ftyp", b"isom", pack(">I", 0x200), b"isomiso6mp41") + _moov(tracks, totals)
    count = whole + bool(left)
    return Plan(lambda size: head, len(head), fragment, last if left else fragment, count, filler_header)


def _fragment(tracks: Sequence[Track], counts: Sequence[int]) -> Fragment:
    """A fragment with the first so many packets of each track."""
    packets = b"".join(each.data[: each.size_of(count)] for each, count in zip(tracks, counts, strict=True))
    # The data offset in each `trun` counts from the moof, whose size does not depend on it.
    size = len(_moof(tracks, counts, 0))
    moof = _moof(tracks, counts, size + 8)
    counters = [Counter(20, 4, 1, 1)]
    place = 24
    for each, count in zip(tracks, counts, strict=True):
        counters.append(Counter(place + 36, 8, 0, each.packets * each.ticks))
        place += len(_traf(1, each, count, 0))
    return Fragment(moof + pack(">I4s", 8 + len(packets), b"mdat"), tuple(counters), packets)


def _moof(tracks: Sequence[Track], counts: Sequence[int], offset: int) -> bytes:
    trafs = []
    for number, (each, count) in enumerate(zip(tracks, counts, strict=True), 1):
        trafs.append(_traf(number, each, count, offset))
        offset += each.size_of(count)
    return box(b"moof", _full(b"mfhd", 0, 0, pack(">I", 0)), *trafs)


def _traf(number: int, each: Track, count: int, offset: int) -> bytes:
    sizes = [end - begin for begin, end in pairwise((0, *each.ends[:count]))]
    return box(
        b"traf",
        _full(b"tfhd", 0, 0x020000, pack(">I", number)),  # offsets count from the moof
        _full(b"tfdt", 1, 0, pack(">Q", 0)),
        # Flags: data offset, first sample's flags, a size for each sample.
        _full(b"trun", 0, 0x205, pack(">IiI", count, offset, _KEY_FRAME), pack(f">{count}I", *sizes)),
    )


def _moov(tracks: Sequence[Track], totals: Sequence[int]) -> bytes:
    parts, extends, longest = [], [], 0
    for number, (each, total) in enumerate(zip(tracks, totals, strict=True), 1):
        length = total * each.ticks * MOVIE_TIMESCALE // each.timescale
        longest = max(longest, length)
        parts.append(_trak(number, each, total * each.ticks, length))
        flags = _OTHER_FRAME if each.is_video else _KEY_FRAME
        extends.append(_full(b"trex", 0, 0, pack(">5I", number, 1, each.ticks, 0, flags)))
    movie = pack(">QQIQIH10x", 0, 0, MOVIE_TIMESCALE, longest, 0x10000, 0x100) + _MATRIX + bytes(24)
    mehd = _full(b"mehd", 1, 0, pack(">Q", longest))
    next_track = pack(">I", len(tracks) + 1)
    return box(b"moov", _full(b"mvhd", 1, 0, movie, next_track), *parts, box(b"mvex", mehd, *extends))


def _trak(number: int, each: Track, ticks: int, length: int) -> bytes:
    volume = 0 if each.is_video else 0x100
    place = pack(">QQII Q8xHHHxx", 0, 0, number, 0, length, 0, 0, volume)
    shape = pack(">II", each.width << 16, each.height << 16)
    if each.is_video:
        handler, name, header = b"vide", b"VideoHandler\0", _full(b"vmhd", 0, 1, bytes(8))
    else:
        handler, name, header = b"soun", b"SoundHandler\0", _full(b"smhd", 0, 0, bytes(4))
    empty = [_full(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc")]
    table = box(
        b"stbl",
        _full(b"stsd", 0, 0, pack(">I", 1), _sample_entry(each)),
        *empty,
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    itself = _full(b"dref", 0, 0, pack(">I", 1), _full(b"url ", 0, 1))
    media = box(
        b"mdia",
        _full(b"mdhd", 1, 0, pack(">QQIQHH", 0, 0, each.timescale, ticks, _UNDETERMINED, 0)),
        _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), name),
        box(b"minf", header, box(b"dinf", itself), table),
    )
    return box(b"trak", _full(b"tkhd", 1, 3, place, _MATRIX, shape), media)


def _sample_entry(each: Track) -> bytes:
    entry = pack(">6xH", 1)
    if each.is_video:
        shape = pack(">16xHHIIIH32xHh", each.width, each.height, 0x480000, 0x480000, 0, 1, 24, -1)
        return box(b"avc1", entry, shape, box(b"avcC", each.config))
    sound = pack(">8xHHII", each.channels, 16, 0, each.sample_rate << 16)
    return box(b"mp4a", entry, sound, _esds(each.config))


def _esds(config: bytes) -> bytes:
    """The elementary stream descriptor of AAC (ISO/IEC 14496-1, 14496-14)."""
    decoder = _descriptor(4, pack(">BB3xII", 0x40, 0x15, 0, 0) + _descriptor(5, config))
    return _full(b"esds", 0, 0, _descriptor(3, pack(">HB", 0, 0) + decoder + _descriptor(6, b"\2")))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content
