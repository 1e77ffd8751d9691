"""The sandbox's media: computed from a video's id when they are read, never stored.

Every function is cheap, whatever the size: a file is a few numbers until its bytes are asked for.
"""

from __future__ import annotations

from .formats import Format, combined, formats, last_modified, open_media
from .hls import hls_init, hls_itags, hls_master, hls_playlist, hls_segment, hls_segments
from .subtitles import SUBTITLE_FORMATS, subtitle
from .thumbnails import thumbnail

__all__ = [
    "SUBTITLE_FORMATS",
    "Format",
    "combined",
    "formats",
    "hls_init",
    "hls_itags",
    "hls_master",
    "hls_playlist",
    "hls_segment",
    "hls_segments",
    "last_modified",
    "open_media",
    "subtitle",
    "thumbnail",
]
