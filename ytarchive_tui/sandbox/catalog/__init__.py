"""Everything the local YouTube has: videos, playlists and channels, computed from their ids.

Nothing is stored, so a channel of 100,000 videos costs nothing. `ids` explains how ids are formed.
"""

from __future__ import annotations

from . import demo
from .ids import (
    condition_id,
    counted_playlist_id,
    noise,
    number_of,
    sized_id,
)
from .lists import (
    CONDITION_IDS,
    CONDITIONS_PLAYLIST,
    DEMO_PLAYLIST,
    HOSTILE_PLAYLIST,
    LECTURES_PLAYLIST,
    SCRIPTS_PLAYLIST,
    channel,
    channel_by_name,
    playlist,
)
from .videos import CAPTION_NAMES, STRANDLINE_ID, strike, video

DEMO_CHANNEL = demo.CHANNEL_ID
DEMO_HANDLE = demo.HANDLE

__all__ = [
    "CAPTION_NAMES",
    "CONDITIONS_PLAYLIST",
    "CONDITION_IDS",
    "DEMO_CHANNEL",
    "DEMO_HANDLE",
    "DEMO_PLAYLIST",
    "HOSTILE_PLAYLIST",
    "LECTURES_PLAYLIST",
    "SCRIPTS_PLAYLIST",
    "STRANDLINE_ID",
    "channel",
    "channel_by_name",
    "condition_id",
    "counted_playlist_id",
    "noise",
    "number_of",
    "playlist",
    "sized_id",
    "strike",
    "video",
]
