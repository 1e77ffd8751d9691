"""What follows from a video besides its own fields: likes, category, tags, pictures."""

from __future__ import annotations

from functools import lru_cache

from ..model import Condition, Video
from .ids import noise

_CATEGORIES = ("Education", "Travel & Events", "Film & Animation", "Science & Technology", "Howto & Style")
_TAGS = ("coast", "sea", "tide", "harbour", "lighthouse", "documentary", "boats", "weather", "birds", "maps")


def likes(video: Video) -> int:
    """How many people liked the video."""
    return video.views // 23


def comments(video: Video) -> int:
    """How many comments stand under the video."""
    return video.views // 310


@lru_cache(maxsize=1024)
def category(video_id: str) -> str:
    """The video's category."""
    return _CATEGORIES[noise(video_id, "category") % len(_CATEGORIES)]


@lru_cache(maxsize=1024)
def tags(video_id: str) -> tuple[str, ...]:
    """The video's tags; never none."""
    value = noise(video_id, "tags")
    return tuple(sorted({_TAGS[value // 10**n % len(_TAGS)] for n in range(4)}))


def is_live(video: Video) -> bool:
    """True while the video is being broadcast."""
    return video.condition is Condition.LIVE


def is_hidden_from_tabs(video: Video) -> bool:
    """True if YouTube leaves the video out of its channel's tabs and uploads."""
    return video.condition in {Condition.PRIVATE, Condition.DELETED, Condition.TERMINATED}


def thumbnail_url(video_id: str, name: str = "hqdefault.jpg") -> str:
    """Where a video's picture stands."""
    return f"https://i.ytimg.com/vi/{video_id}/{name}"
