"""The API's resources as this program's models.

https://developers.google.com/youtube/v3/docs/videos, …/playlists, …/playlistItems, …/channels, …/captions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from ytarchive_tui.domain.models import AtSource, ItemMetadata, ListedItem
from ytarchive_tui.domain.text import storable

Resource = Mapping[str, Any]

CATEGORIES = {
    "1": "Film & Animation", "2": "Autos & Vehicles", "10": "Music", "15": "Pets & Animals", "17": "Sports",
    "18": "Short Movies", "19": "Travel & Events", "20": "Gaming", "21": "Videoblogging",
    "22": "People & Blogs", "23": "Comedy", "24": "Entertainment", "25": "News & Politics",
    "26": "Howto & Style", "27": "Education", "28": "Science & Technology", "29": "Nonprofits & Activism",
    "30": "Movies", "43": "Shows", "44": "Trailers",
}  # fmt: skip
"""What `videoCategories.list` answers; it has not changed for years, and asking would cost a unit."""
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_AT_SOURCE = {"public": AtSource.PUBLIC, "unlisted": AtSource.UNLISTED, "private": AtSource.PRIVATE}
_GONE = {"Private video": AtSource.PRIVATE, "Deleted video": AtSource.REMOVED}
_ADULT = 18


def metadata(video: Resource) -> ItemMetadata:
    """One `youtube#video` as item metadata; parts that were not asked for are «not told»."""
    snippet, details = video.get("snippet", {}), video.get("contentDetails", {})
    statistics, status = video.get("statistics", {}), video.get("status", {})
    regions = details.get("regionRestriction", {})
    live = _live_status(video)
    return ItemMetadata(
        extractor="youtube",
        video_id=video["id"],
        provider="youtube_api",
        title=text(snippet.get("title")),
        description=text(snippet.get("description")),
        channel=text(snippet.get("channelTitle")),
        channel_id=snippet.get("channelId"),
        # A stream that runs has the length 0 here.
        duration_s=seconds(details.get("duration")) or None,
        published_at=moment(snippet.get("publishedAt")),
        live_status=live,
        at_source=AtSource.UPCOMING if live == "is_upcoming" else visibility(video),
        view_count=count(statistics.get("viewCount")),
        like_count=count(statistics.get("likeCount")),
        comment_count=count(statistics.get("commentCount")),
        tags=_texts(snippet.get("tags")),
        categories=_category(snippet),
        age_limit=_age_limit(details),
        made_for_kids=status.get("madeForKids"),
        embeddable=status.get("embeddable"),
        licence=status.get("license"),
        upload_status=status.get("uploadStatus"),
        regions_allowed=_texts(regions.get("allowed")),
        regions_blocked=_texts(regions.get("blocked")),
        topics=tuple(
            unquote(urlsplit(address).path.rpartition("/")[2]).replace("_", " ")
            for address in _texts(video.get("topicDetails", {}).get("topicCategories"))
        ),
    )


def listed_item(entry: Resource, position: int) -> ListedItem:
    """One `youtube#playlistItem`; the API tells nothing of its length."""
    snippet = entry.get("snippet", {})
    video_id = entry.get("contentDetails", {}).get("videoId") or snippet["resourceId"]["videoId"]
    title = text(snippet.get("title"))
    owner = snippet.get("videoOwnerChannelId")
    # A person may call a video so, but then it has an owner.
    gone = _GONE.get(title or "") if owner is None else None
    return ListedItem(
        extractor="youtube",
        video_id=video_id,
        url=f"https://www.youtube.com/watch?v={video_id}",
        title=title,
        channel=text(snippet.get("videoOwnerChannelTitle")),
        at_source=gone or visibility(entry),
        position=position,
    )


def visibility(resource: Resource) -> AtSource:
    """Who may see it."""
    return _AT_SOURCE.get(resource.get("status", {}).get("privacyStatus", ""), AtSource.UNKNOWN)


def subtitles(tracks: Resource) -> tuple[str, ...]:
    """Languages of a `captions.list` answer's tracks that people made."""
    told = (track["snippet"] for track in tracks.get("items", ()))
    return tuple(sorted({each["language"] for each in told if each.get("trackKind") != "asr"}))


def seconds(told: str | None) -> float | None:
    """An ISO 8601 duration as the API writes it (`PT1H2M3S`, `P1DT2S`); None when it is none."""
    match = _DURATION.fullmatch(told or "")
    if not match or not any(match.groups()):
        return None
    days, hours, minutes, rest = (int(group or 0) for group in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + rest)


def moment(told: str | None) -> datetime | None:
    """`2026-11-12T17:00:04Z`, in UTC."""
    return datetime.fromisoformat(told).astimezone(UTC) if told else None


def count(told: str | None) -> int | None:
    """Numbers come as text."""
    return int(told) if told is not None else None


def text(told: str | None) -> str | None:
    """What people wrote."""
    return None if told is None else storable(told)


def _texts(told: Any) -> tuple[str, ...]:
    return tuple(storable(str(each)) for each in told or ())


def _category(snippet: Resource) -> tuple[str, ...]:
    name = CATEGORIES.get(snippet.get("categoryId", ""))
    return () if name is None else (name,)


def _age_limit(details: Resource) -> int | None:
    if "contentRating" not in details:
        return None
    return _ADULT if details["contentRating"].get("ytRating") == "ytAgeRestricted" else 0


def _live_status(video: Resource) -> str | None:
    """In yt-dlp's words."""
    match video.get("snippet", {}).get("liveBroadcastContent"):
        case "upcoming":
            return "is_upcoming"
        case "live":
            return "is_live"
        case "none":
            return "was_live" if "actualEndTime" in video.get("liveStreamingDetails", {}) else "not_live"
    return None
