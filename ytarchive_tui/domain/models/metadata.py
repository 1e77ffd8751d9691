"""What providers and lists tell of items."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.models.jobs import AtSource


class Format(Frozen):
    """One format as the site offered it, or as it was obtained."""

    format_id: str
    ext: str
    height: int | None = None
    fps: float | None = None
    vcodec: str | None = None
    acodec: str | None = None
    language: str | None = None
    tbr: float | None = None
    """Total bit rate, kbit/s."""
    filesize: int | None = None
    """Bytes; exact where the site told it."""
    protocol: str | None = None


class Chapter(Frozen):
    """A named part of a video; seconds."""

    start_s: float
    end_s: float
    title: str


class ItemMetadata(Frozen):
    """What a provider knows of one item; None is «not told»."""

    extractor: str
    video_id: str
    provider: Literal["ytdlp", "youtube_api"]
    title: str | None = None
    description: str | None = None
    channel: str | None = None
    channel_id: str | None = None
    duration_s: float | None = None
    published_at: datetime | None = None
    live_status: str | None = None
    at_source: AtSource = AtSource.UNKNOWN
    view_count: int | None = None
    like_count: int | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    offered: tuple[Format, ...] = ()
    """Formats that the site offered; empty when the provider can't tell."""
    selected: tuple[Format, ...] = ()
    """Formats that the job's options select from those; the size preview comes from here."""


class ListedItem(Frozen):
    """One entry of a list, as the list itself tells it."""

    extractor: str
    video_id: str
    url: str
    title: str | None = None
    channel: str | None = None
    duration_s: float | None = None
    at_source: AtSource = AtSource.UNKNOWN
    position: int
    """Place in the list, from 1."""


class ListedList(Frozen):
    """A list in a list, as the outer one tells it."""

    url: str
    title: str | None = None
    entries: int | None = None
    position: int
    """Place among the lists, from 1."""


class ListPage(Frozen):
    """Some consecutive entries of a list, in order."""

    title: str | None = None
    entries: tuple[ListedItem, ...]
    lists: tuple[ListedList, ...] = ()
    """Of a list of lists, when these were asked for instead of what is in them."""
