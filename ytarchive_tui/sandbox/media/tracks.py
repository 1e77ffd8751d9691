"""The elementary streams that ship with the package: about two seconds of each codec and height.

A track is a list of encoded packets that can be played in a loop, with what a container needs to
say about them. `make_templates` writes them; every media file is assembled from them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Track:
    """One loop of packets; all of them last `ticks` units of 1/`timescale` s, the first is a key frame."""

    codec: str
    """`avc1`, `vp9`, `mp4a` or `opus`."""
    codecs: str
    """The RFC 6381 name, as in a MIME type."""
    config: bytes
    """The decoder configuration: avcC, AudioSpecificConfig or OpusHead; empty for VP9."""
    timescale: int
    ticks: int
    ends: tuple[int, ...]
    """Where each packet ends in `data`."""
    data: bytes
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0

    @property
    def is_video(self) -> bool:
        return self.width > 0

    @property
    def packets(self) -> int:
        """Packets in one loop."""
        return len(self.ends)

    def packets_for(self, seconds: float) -> int:
        """How many packets come nearest to `seconds`; at least one."""
        return max(1, round(seconds * self.timescale / self.ticks))

    def size_of(self, count: int) -> int:
        """Bytes of the first `count` packets of a loop."""
        return self.ends[count - 1] if count else 0


@cache
def track(name: str) -> Track:
    """The track of that name, such as `avc1-1080` or `opus-251`; KeyError if none ships."""
    try:
        raw = (TEMPLATES / f"{name}.track").read_bytes()
    except FileNotFoundError:
        raise KeyError(name) from None
    line, data = raw.split(b"\n", 1)
    about = json.loads(line)
    sizes = about.pop("sizes")
    return Track(
        **about | {"config": bytes.fromhex(about["config"])}, ends=tuple(accumulate(sizes)), data=data
    )
