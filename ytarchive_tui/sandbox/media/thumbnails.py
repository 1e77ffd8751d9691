"""Thumbnails: a small real picture, in a colour and with bytes that follow from the video's id."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from struct import pack

from ..model import Video
from .layout import SmallFile
from .tracks import TEMPLATES

SIZES = {
    "default": (120, 90),
    "mqdefault": (320, 180),
    "hqdefault": (480, 360),
    "sddefault": (640, 480),
    "maxresdefault": (1280, 720),
}
VARIANTS = 4
"""Colours that ship of each size."""
_ALIASES = {"0": "hqdefault", "1": "default", "2": "default", "3": "default", "hq720": "maxresdefault"}
_TYPES = {"jpg": "image/jpeg", "webp": "image/webp"}
_JFIF = 20
"""Bytes of a JPEG file up to the end of its JFIF header."""
_EXIF_FLAG = 8


def thumbnail(video: Video, name: str) -> SmallFile:
    """The thumbnail of that file name, such as `hqdefault.jpg` or `maxresdefault.webp`; else KeyError."""
    stem, _, kind = name.rpartition(".")
    stem = _ALIASES.get(stem, stem)
    if stem not in SIZES or kind not in _TYPES:
        raise KeyError(name)
    mark = blake2b(f"{video.id}/{video.revision}".encode(), digest_size=16)
    picture = _picture(f"{stem}-{mark.digest()[0] % VARIANTS}.{kind}")
    signed = _signed_jpeg if kind == "jpg" else _signed_webp
    data = signed(picture, f"{video.id} {mark.hexdigest()}".encode(), SIZES[stem])
    return SmallFile(data, _TYPES[kind], f'"{mark.hexdigest()}-{stem}"')


@cache
def _picture(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


def _signed_jpeg(picture: bytes, mark: bytes, size: tuple[int, int]) -> bytes:
    """The picture with a comment segment after its JFIF header."""
    return picture[:_JFIF] + pack(">HH", 0xFFFE, 2 + len(mark)) + mark + picture[_JFIF:]


def _signed_webp(picture: bytes, mark: bytes, size: tuple[int, int]) -> bytes:
    """The picture in WebP's extended form, with an EXIF chunk (an empty TIFF, then the mark) at its end."""
    width, height = size
    extended = pack("<I", _EXIF_FLAG) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    exif = pack("<2sHIHI", b"II", 42, 8, 0, 0) + mark
    body = b"WEBP" + _chunk(b"VP8X", extended) + picture[12:] + _chunk(b"EXIF", exif)
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, content: bytes) -> bytes:
    return pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)
