"""What providers and lists tell of items."""

from __future__ import annotations

from collections.abc import Mapping
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


Provider = Literal["ytdlp", "youtube_api"]


class ItemMetadata(Frozen):
    """What a provider knows of one item; None is «not told»."""

    extractor: str
    video_id: str
    provider: Provider
    filled: Mapping[str, Provider] = {}
    """Fields that another provider told, by name; all others are `provider`'s own."""
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
    age_limit: int | None = None
    """18 for what is shown to adults only, 0 for all else."""
    comment_count: int | None = None
    made_for_kids: bool | None = None
    embeddable: bool | None = None
    licence: str | None = None
    """`youtube` or `creativeCommon`."""
    upload_status: str | None = None
    """`processed`, `uploaded`, …"""
    regions_allowed: tuple[str, ...] = ()
    """Countries, where it is shown in these alone."""
    regions_blocked: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """Names of Wikipedia's articles about what it shows."""
    subtitles: tuple[str, ...] = ()
    """Languages of subtitles that people made."""
    chapters: tuple[Chapter, ...] = ()
    offered: tuple[Format, ...] = ()
    """Formats that the site offered; empty when the provider can't tell."""
    doubt: str | None = None
    """Why the provider suspects that the site has formats which it did not offer."""
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
    thumbnail: str | None = None
    """Which picture it is: file name and version, without what changes from request to request."""
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
    list_url: str | None = None
    """The list that holds the entries, where that is another than the source's own address."""
    told: int | None = None
    """How many entries the list says it has."""
    ends: bool = False
    """True on the page with which the list ends; a reader that stopped before sends none."""
