"""The order of a computed channel's uploads: its three tabs interleaved evenly, by arithmetic alone."""

from __future__ import annotations

from ..model import VideoKind
from .ids import Shelf


def position_of(shelf: Shelf, kind: VideoKind, index: int) -> int:
    """The place among all uploads (0 = newest) of number `index` on a tab; the inverse of `upload`."""
    total = shelf.videos + shelf.shorts + shelf.lives
    others = total - shelf.videos
    if kind is VideoKind.VIDEO:
        return -(-(index + 1) * total // shelf.videos) - 1
    if kind is VideoKind.SHORT:
        other = -(-(index + 1) * others // shelf.shorts) - 1
    else:
        other = index * others // shelf.lives
    return other * total // others


def upload(shelf: Shelf, position: int) -> tuple[VideoKind, int]:
    """The tab and the number on it of the upload at `position` (0 = newest)."""
    total = shelf.videos + shelf.shorts + shelf.lives
    videos = position * shelf.videos // total
    if (position + 1) * shelf.videos // total > videos:
        return VideoKind.VIDEO, videos
    other = position - videos
    others = shelf.shorts + shelf.lives
    shorts = other * shelf.shorts // others
    if (other + 1) * shelf.shorts // others > shorts:
        return VideoKind.SHORT, shorts
    return VideoKind.LIVE, other - shorts
