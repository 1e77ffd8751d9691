"""Whether a media file's outermost parts fill it exactly, from their headers alone.

ffmpeg neither sees garbage behind the last part nor minds a last part that is cut off. MP4: ISO/IEC
14496-12 §4.2; Matroska and WebM: RFC 8794 §5-6; Ogg: RFC 3533 §6.
"""

from __future__ import annotations

from typing import BinaryIO

_EBML = b"\x1aE\xdf\xa3"
_MATROSKA_TOP = {_EBML, b"\x18S\x80g", b"\xec"}  # header, Segment, Void
_OGG_PAGE = b"OggS"
_OGG_LAST = 4


def misfit(file: BinaryIO, size: int) -> str | None:
    """What is wrong with the outermost structure, or None; kinds of file unknown here pass."""
    head = _at(file, 0, 12)
    if head[4:8] == b"ftyp":
        return _mp4(file, size)
    if head.startswith(_EBML):
        return _matroska(file, size)
    if head.startswith(_OGG_PAGE):
        return _ogg(file, size)
    return None


def _mp4(file: BinaryIO, size: int) -> str | None:
    at = 0
    while at < size:
        header = _at(file, at, 16)
        length, kind, least = int.from_bytes(header[:4]), header[4:8], 8
        # Before the length is believed: of a header that is cut it may be 0, which means «to the end».
        if len(kind) < 4 or not all(0x20 <= byte < 0x7F for byte in kind):
            return f"{size - at} bytes that belong to nothing from byte {at}"
        if length == 0:
            return None
        if length == 1:
            length, least = int.from_bytes(header[8:16]), 16
        if length < least:
            return f"{size - at} bytes that belong to nothing from byte {at}"
        if at + length > size:
            return f"ends {at + length - size} bytes too early, inside its part {kind.decode('ascii')!r}"
        at += length
    return None


def _matroska(file: BinaryIO, size: int) -> str | None:
    at = 0
    while at < size:
        header = _at(file, at, 12)
        id_length = _vint_length(header[0])
        if id_length > 4 or header[:id_length] not in _MATROSKA_TOP or len(header) <= id_length:
            return f"{size - at} bytes that belong to nothing from byte {at}"
        width = _vint_length(header[id_length])
        field = header[id_length : id_length + width]
        length = int.from_bytes(field) & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:
            return None  # of unknown length: a live recording
        end = at + id_length + width + length
        if end > size:
            return f"ends {end - size} bytes too early"
        at = end
    return None


def _ogg(file: BinaryIO, size: int) -> str | None:
    at, flags = 0, 0
    while at < size:
        header = _at(file, at, 27 + 255)
        if not header.startswith(_OGG_PAGE) or len(header) < 27:
            return f"{size - at} bytes that belong to nothing from byte {at}"
        flags, segments = header[5], header[26]
        at += 27 + segments + sum(header[27 : 27 + segments])
    if at > size:
        return f"ends {at - size} bytes too early"
    return None if flags & _OGG_LAST else "ends without a last page"


def _vint_length(first: int) -> int:
    """How many bytes a variable-length number has, by its first one; 9 when that is none."""
    return 9 - first.bit_length()


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
