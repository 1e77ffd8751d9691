"""How the sandbox's ids are formed and read back.

Every id carries what is needed to compute the thing it names:

- **Videos of a channel by number** (`Shelf`): a number below 2^56 (kind, index and the channel's counts),
  multiplied by an odd constant modulo 2^66, written in 11 characters. They look like YouTube's own.
- **Condition ids**: `<prefix>-<digits>`, padded to 11 characters, one prefix for each `Condition`:
  `private-001`, `deleted-001`, `geo-0000001` ... (`CONDITION_PREFIXES`). `missing-001` names no video.
- **Sized ids**: `size-<n><K|M|G>` and any filler: `size-64M-01`, `size-512K-1`, `size-1G-001`.
- **Any other 11 characters** of `A-Za-z0-9_-`: an ordinary short video.
- **Channels**: `@count-20000` and `@mixed-60-8-35` (videos, shorts, past streams) have the ids
  `UCcount-20000` and `UCmixed-60-8-35`, filled to 24 characters with `_`.
- **Playlists**: `PLcount-0000000250` has 250 entries; `UU`, `UULF`, `UUSH` and `UULV` with the last
  22 characters of a channel's id are its uploads, videos, shorts and past streams.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from ..model import Condition, VideoKind

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
MISSING_PREFIX = "missing"

CONDITION_PREFIXES: dict[str, Condition] = {
    "private": Condition.PRIVATE,
    "deleted": Condition.DELETED,
    "terminat": Condition.TERMINATED,
    "members": Condition.MEMBERS,
    "age": Condition.AGE,
    "geo": Condition.GEO,
    "premiere": Condition.PREMIERE,
    "live": Condition.LIVE,
    "botcheck": Condition.BOT_CHECK,
    "drm": Condition.DRM,
    "unclear": Condition.UNEXPLAINED,
    "play429": Condition.PLAYER_429,
    "play5xx": Condition.PLAYER_5XX,
    "media403": Condition.MEDIA_403,
    "media429": Condition.MEDIA_429,
    "media5xx": Condition.MEDIA_5XX,
    "stall": Condition.MEDIA_STALL,
    "reset": Condition.MEDIA_RESET,
    "truncate": Condition.MEDIA_TRUNCATED,
    "htmlpage": Condition.MEDIA_HTML,
    "changed": Condition.MEDIA_CHANGED,
    "hlsholes": Condition.HLS_HOLES,
    "hlsonly": Condition.HLS_ONLY,
    "subs429": Condition.SUBTITLE_429,
}

_NUMBERED = re.compile(r"([a-z0-9]+)-(\d+)")
_SIZED = re.compile(r"size-(\d{1,4})([KMG])(?:[^0-9].*)?")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_COUNTED_CHANNEL = re.compile(r"count-(\d{1,6})|mixed-(\d{1,6})-(\d{1,4})-(\d{1,4})")
_COUNTED_PLAYLIST = re.compile(r"PLcount-?(\d{1,10})")

_KINDS = (VideoKind.VIDEO, VideoKind.SHORT, VideoKind.LIVE)
_INDEX_BITS, _VIDEOS_BITS, _SHORTS_BITS, _LIVES_BITS = 17, 17, 10, 10
_SPACE = 1 << 66
_USED = 1 << 56
_OFFSET = 0x0B7F4A7C15D3A9E36
_SCRAMBLE = 0x2B7E151628AED2A6B
_UNSCRAMBLE = pow(_SCRAMBLE, -1, _SPACE)


def noise(text: str, salt: str = "") -> int:
    """A 64-bit number that depends only on the texts: the sandbox's whole randomness."""
    return int.from_bytes(hashlib.blake2b(f"{salt}\0{text}".encode(), digest_size=8).digest(), "big")


@lru_cache(maxsize=4096)
def natural_id(text: str, length: int) -> str:
    """`length` characters of YouTube's id alphabet that depend only on `text`."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:length]


def condition_id(condition: Condition, number: int = 1) -> str:
    """The readable id of a video with that condition; the second wording has an even number."""
    prefix = next(name for name, each in CONDITION_PREFIXES.items() if each is condition)
    return f"{prefix}-{number:0{10 - len(prefix)}d}"


def condition_of(video_id: str) -> Condition:
    """The condition that the id spells, else OK."""
    match = _NUMBERED.fullmatch(video_id)
    return CONDITION_PREFIXES.get(match[1], Condition.OK) if match else Condition.OK


def number_of(video_id: str) -> int:
    """The digits at the end of a numbered id; 1 when there are none."""
    match = _NUMBERED.fullmatch(video_id)
    return int(match[2]) if match else 1


def is_missing(video_id: str) -> bool:
    """True for ids that no video has: `missing-...` and everything that is not 11 id characters."""
    return not VIDEO_ID.fullmatch(video_id) or video_id.startswith(MISSING_PREFIX + "-")


def sized_id(size: str, number: int = 1) -> str:
    """The id of a video whose media files have that size, such as `64M`."""
    head = f"size-{size}-"
    return f"{head}{number:0{11 - len(head)}d}"


def size_of(video_id: str) -> int | None:
    """The media size in bytes that a sized id spells."""
    match = _SIZED.fullmatch(video_id)
    return int(match[1]) * _UNITS[match[2]] if match else None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A computed channel's contents: how many videos, shorts and past streams it has."""

    videos: int
    shorts: int = 0
    lives: int = 0

    @property
    def name(self) -> str:
        """The handle without its @."""
        if self.shorts or self.lives:
            return f"mixed-{self.videos}-{self.shorts}-{self.lives}"
        return f"count-{self.videos}"

    @property
    def channel_id(self) -> str:
        """The channel's id."""
        return "UC" + self.name.ljust(22, "_")

    def count(self, kind: VideoKind) -> int:
        """How many videos stand on that tab."""
        return (self.videos, self.shorts, self.lives)[_KINDS.index(kind)]

    def video_id(self, kind: VideoKind, index: int) -> str:
        """The id of the tab's video number `index`; 0 is the newest."""
        number = _KINDS.index(kind)
        for value, bits in (
            (self.lives, _LIVES_BITS),
            (self.shorts, _SHORTS_BITS),
            (self.videos, _VIDEOS_BITS),
            (index, _INDEX_BITS),
        ):
            number = number << bits | value
        scrambled = (number * _SCRAMBLE + _OFFSET) % _SPACE
        return base64.urlsafe_b64encode((scrambled << 6).to_bytes(9, "big")).decode()[:11]


def shelf_by_name(name: str) -> Shelf | None:
    """The computed channel of that handle (without @), if it is one."""
    match = _COUNTED_CHANNEL.fullmatch(name)
    if not match:
        return None
    numbers = (match[1], "0", "0") if match[1] else match.group(2, 3, 4)
    shelf = Shelf(*map(int, numbers))
    fits = (
        shelf.videos < 1 << _VIDEOS_BITS
        and shelf.shorts < 1 << _SHORTS_BITS
        and shelf.lives < 1 << _LIVES_BITS
    )
    return shelf if fits else None


def shelf_by_channel_id(channel_id: str) -> Shelf | None:
    """The computed channel of that id, if it is one."""
    return shelf_by_name(channel_id[2:].rstrip("_")) if CHANNEL_ID.fullmatch(channel_id) else None


@lru_cache(maxsize=4096)
def place_of(video_id: str) -> tuple[Shelf, VideoKind, int] | None:
    """Where on a computed channel's tabs the video stands, if the id comes from one."""
    if not VIDEO_ID.fullmatch(video_id):
        return None
    scrambled = int.from_bytes(base64.urlsafe_b64decode(video_id + "A"), "big") >> 6
    number = ((scrambled - _OFFSET) * _UNSCRAMBLE) % _SPACE
    if number >= _USED:
        return None
    values = []
    for bits in (_INDEX_BITS, _VIDEOS_BITS, _SHORTS_BITS, _LIVES_BITS):
        values.append(number & ((1 << bits) - 1))
        number >>= bits
    if number >= len(_KINDS):
        return None
    shelf, kind, index = Shelf(*values[1:]), _KINDS[number], values[0]
    return (shelf, kind, index) if index < shelf.count(kind) else None


def counted_playlist_id(length: int) -> str:
    """The id of a computed playlist with that many entries (at most 131,071)."""
    return f"PLcount-{length:010d}"


def counted_playlist(playlist_id: str) -> Shelf | None:
    """The channel whose videos the computed playlist lists, if the id is one."""
    match = _COUNTED_PLAYLIST.fullmatch(playlist_id)
    return shelf_by_name(f"count-{int(match[1])}") if match else None
