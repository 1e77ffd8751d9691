"""yt-dlp's info dictionaries as this program's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ytarchive_tui.domain.models import AtSource, Chapter, Format, ItemMetadata, ListedItem, ListedList
from ytarchive_tui.ytdlp.child.evidence import clean

Info = Mapping[str, Any]

_AT_SOURCE = {
    "public": AtSource.PUBLIC,
    "unlisted": AtSource.UNLISTED,
    "private": AtSource.PRIVATE,
    "subscriber_only": AtSource.MEMBERS,
    "premium_only": AtSource.MEMBERS,
}
_PLACEHOLDERS = {"[Private video]": AtSource.PRIVATE, "[Deleted video]": AtSource.REMOVED}


def metadata_of(info: Info, doubts: Sequence[str] = ()) -> ItemMetadata:
    """Everything told about one item; `info` is processed, so that formats are selected.

    `doubts`: what yt-dlp said of formats that are missing.
    """
    return ItemMetadata(
        extractor=_extractor(info),
        video_id=clean(str(info["id"])),
        provider="ytdlp",
        title=_text(info, "title"),
        description=_text(info, "description"),
        channel=_text(info, "channel") or _text(info, "uploader"),
        channel_id=_text(info, "channel_id"),
        duration_s=_number(info, "duration"),
        published_at=published_at(info),
        live_status=_text(info, "live_status"),
        at_source=at_source(info),
        view_count=_count(info, "view_count"),
        like_count=_count(info, "like_count"),
        tags=tuple(clean(str(tag)) for tag in info.get("tags") or ()),
        categories=tuple(clean(str(category)) for category in info.get("categories") or ()),
        age_limit=_count(info, "age_limit"),
        subtitles=tuple(
            sorted(clean(str(code)) for code in info.get("subtitles") or () if code != "live_chat")
        ),
        chapters=tuple(
            Chapter(
                start_s=chapter["start_time"],
                end_s=chapter["end_time"],
                title=clean(str(chapter.get("title") or "")),
            )
            for chapter in info.get("chapters") or ()
            if chapter.get("end_time") is not None
        ),
        offered=tuple(format_of(f) for f in info.get("formats") or () if f.get("ext") != "mhtml"),
        doubt=clean(doubts[0])[:200] if doubts else None,
        selected=selected_formats(info),
    )


def selected_formats(info: Info) -> tuple[Format, ...]:
    """The formats that were selected, video first."""
    chosen = info.get("requested_formats") or ([info] if info.get("format_id") else [])
    return tuple(sorted(map(format_of, chosen), key=lambda f: f.vcodec is None))


def format_of(told: Info) -> Format:
    """One format."""
    return Format(
        format_id=str(told.get("format_id")),
        ext=str(told.get("ext")),
        height=_count(told, "height"),
        fps=_number(told, "fps"),
        vcodec=_codec(told, "vcodec"),
        acodec=_codec(told, "acodec"),
        language=_text(told, "language"),
        tbr=_number(told, "tbr"),
        filesize=_count(told, "filesize"),
        protocol=_text(told, "protocol"),
    )


def at_source(info: Info) -> AtSource:
    """How visible an item is, as far as this answer tells."""
    if (seen := _PLACEHOLDERS.get(str(info.get("title")))) is not None:
        return seen
    if info.get("live_status") == "is_upcoming":
        return AtSource.UPCOMING
    return _AT_SOURCE.get(str(info.get("availability")), AtSource.UNKNOWN)


def published_at(info: Info) -> datetime | None:
    """When it was published, UTC; midnight when only the day is known."""
    seconds = info.get("timestamp") or info.get("release_timestamp")
    if seconds is not None:
        return datetime.fromtimestamp(seconds, UTC)
    day = info.get("upload_date")
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) if day else None


def starts_at(info: Info) -> datetime | None:
    """When an announced video begins, UTC."""
    seconds = info.get("release_timestamp")
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def listed_item(entry: Info, position: int) -> ListedItem:
    """One entry of a list."""
    return ListedItem(
        extractor=_extractor(entry),
        video_id=clean(str(entry["id"])),
        url=clean(str(entry["url"])),
        title=_text(entry, "title"),
        channel=_text(entry, "channel") or _text(entry, "uploader"),
        duration_s=_number(entry, "duration"),
        at_source=at_source(entry),
        thumbnail=_thumbnail(entry),
        position=position,
    )


def listed_list(entry: Info, position: int) -> ListedList:
    """A list in a list."""
    return ListedList(
        url=clean(str(entry["url"])),
        title=_text(entry, "title"),
        entries=_count(entry, "playlist_count"),
        position=position,
    )


def _thumbnail(info: Info) -> str | None:
    """File name and version of the last picture: its host and signature change from request to request."""
    pictures = info.get("thumbnails") or ()
    url = urlsplit(str(pictures[-1].get("url") or "") if pictures else "")
    name = url.path.rpartition("/")[2].partition(".")[0]
    version = parse_qs(url.query).get("v", [""])[0]
    return clean(f"{name}?v={version}" if version else name)[:100] or None


def _extractor(info: Info) -> str:
    return str(info.get("extractor_key") or info.get("ie_key") or "generic").lower()


def _text(info: Info, name: str) -> str | None:
    value = info.get(name)
    return clean(str(value)) if value is not None else None


def _number(info: Info, name: str) -> float | None:
    value = info.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _count(info: Info, name: str) -> int | None:
    value = info.get(name)
    return int(value) if isinstance(value, (int, float)) else None


def _codec(info: Info, name: str) -> str | None:
    value = info.get(name)
    return None if value in (None, "none") else str(value)
