"""The resources of the YouTube Data API v3: what each `part` of a video, channel or playlist holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from . import catalog
from .catalog.details import category, comments, is_live, likes, tags, thumbnail_url
from .model import Channel, Condition, Playlist, Video, VideoKind
from .world import World

Resource = dict[str, Any]

_CATEGORY_IDS = {
    "Education": "27",
    "Travel & Events": "19",
    "Film & Animation": "1",
    "Science & Technology": "28",
    "Howto & Style": "26",
}
_SIZES = {
    "default": ("default", 120, 90),
    "medium": ("mqdefault", 320, 180),
    "high": ("hqdefault", 480, 360),
    "standard": ("sddefault", 640, 480),
    "maxres": ("maxresdefault", 1280, 720),
}
_GONE = {
    Condition.PRIVATE: ("Private video", "This video is private."),
    Condition.DELETED: ("Deleted video", "This video is unavailable."),
    Condition.TERMINATED: ("Deleted video", "This video is unavailable."),
}


def video_parts(world: World, video: Video) -> dict[str, Callable[[], Resource]]:
    """Part name → its content, for `videos.list`."""
    upcoming = video.condition is Condition.PREMIERE
    live = "live" if is_live(video) else "upcoming" if upcoming else "none"
    streamed = is_live(video) or upcoming or video.kind is VideoKind.LIVE
    parts: dict[str, Callable[[], Resource]] = {
        "snippet": lambda: {
            **_snippet(video.published, video.channel_id, video.title, video.description),
            "thumbnails": thumbnails(video.id),
            "tags": list(tags(video.id)),
            "categoryId": _CATEGORY_IDS[category(video.id)],
            "liveBroadcastContent": live,
            "defaultAudioLanguage": "en",
        },
        "contentDetails": lambda: _content_details(video, live),
        "statistics": lambda: {
            "viewCount": str(video.views),
            "likeCount": str(likes(video)),
            "favoriteCount": "0",
            "commentCount": str(comments(video)),
        },
        "status": lambda: {
            "uploadStatus": "processed",
            "privacyStatus": "public",
            "license": "youtube",
            "embeddable": True,
            "publicStatsViewable": True,
            "madeForKids": False,
        },
        "topicDetails": lambda: {"topicCategories": ["https://en.wikipedia.org/wiki/Knowledge"]},
        "player": lambda: {"embedHtml": f'<iframe src="//www.youtube.com/embed/{video.id}"></iframe>'},
    }
    if streamed:
        parts["liveStreamingDetails"] = lambda: _stream_times(video, world.now())
    return parts


VIDEO_PARTS = frozenset(
    {"snippet", "contentDetails", "statistics", "status", "topicDetails", "player", "liveStreamingDetails"}
)


def channel_parts(channel: Channel) -> dict[str, Callable[[], Resource]]:
    """Part name → its content, for `channels.list`."""
    total = sum(tab.length for tab in channel.tabs.values())
    picture = {"url": f"https://yt3.ggpht.com/{channel.id}=s240", "width": 240, "height": 240}
    return {
        "snippet": lambda: {
            "title": channel.title,
            "description": channel.description,
            "customUrl": channel.handle,
            "publishedAt": "2014-03-05T09:30:00Z",
            "thumbnails": {"default": picture, "medium": picture, "high": picture},
            "country": "IS",
        },
        "contentDetails": lambda: {"relatedPlaylists": {"likes": "", "uploads": f"UU{channel.id[2:]}"}},
        "statistics": lambda: {
            "viewCount": str(channel.subscribers * 31),
            "subscriberCount": str(channel.subscribers),
            "hiddenSubscriberCount": False,
            "videoCount": str(total),
        },
        "status": lambda: {"privacyStatus": "public", "isLinked": True},
        "topicDetails": lambda: {"topicCategories": ["https://en.wikipedia.org/wiki/Knowledge"]},
    }


CHANNEL_PARTS = frozenset({"snippet", "contentDetails", "statistics", "status", "topicDetails"})


def playlist_parts(shown: Playlist) -> dict[str, Callable[[], Resource]]:
    """Part name → its content, for `playlists.list`."""
    cover = thumbnails(shown.video_id(0)) if shown.length else {}
    published = datetime(2021, 6, 1, tzinfo=UTC)
    return {
        "snippet": lambda: {**_snippet(published, shown.channel_id, shown.title, ""), "thumbnails": cover},
        "contentDetails": lambda: {"itemCount": shown.length},
        "status": lambda: {"privacyStatus": "public"},
    }


PLAYLIST_PARTS = frozenset({"snippet", "contentDetails", "status"})


def item_parts(shown: Playlist, position: int, video: Video) -> dict[str, Callable[[], Resource]]:
    """Part name → its content, for `playlistItems.list`; a private or deleted video is only named so."""
    gone = _GONE.get(video.condition)
    title, description = gone or (video.title, video.description)

    def snippet() -> Resource:
        owned = {} if gone else _owner(video.channel_id, "videoOwnerChannelTitle", "videoOwnerChannelId")
        return {
            **_snippet(video.published, shown.channel_id, title, description),
            "thumbnails": {} if gone else thumbnails(video.id),
            "playlistId": shown.id,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video.id},
            **owned,
        }

    dated = {} if gone else {"videoPublishedAt": rfc3339(video.published)}
    privacy = "private" if video.condition is Condition.PRIVATE else "privacyStatusUnspecified"
    return {
        "snippet": snippet,
        "contentDetails": lambda: {"videoId": video.id, **dated},
        "status": lambda: {"privacyStatus": privacy if gone else "public"},
    }


ITEM_PARTS = frozenset({"snippet", "contentDetails", "status"})


def resource(
    kind: str, ident: str, parts: Mapping[str, Callable[[], Resource]], asked: Collection[str]
) -> Resource:
    """A resource with the parts asked for, as far as it has them."""
    made = {name: part() for name, part in parts.items() if name in asked}
    return {"kind": kind, "etag": tag(repr(made)), "id": ident, **made}


def tag(content: str) -> str:
    """An ETag for that content, as the API writes it inside bodies."""
    return hashlib.blake2b(content.encode(errors="replace"), digest_size=15).hexdigest()[:27]


def thumbnails(video_id: str) -> Resource:
    """All sizes of a video's picture."""
    return {
        name: {"url": thumbnail_url(video_id, f"{file}.jpg"), "width": width, "height": height}
        for name, (file, width, height) in _SIZES.items()
    }


def rfc3339(moment: datetime) -> str:
    """`2026-11-12T17:00:04Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _snippet(published: datetime, channel_id: str, title: str, description: str) -> Resource:
    return {
        "publishedAt": rfc3339(published),
        **_owner(channel_id, "channelTitle", "channelId"),
        "title": title,
        "description": description,
        "localized": {"title": title, "description": description},
    }


def _owner(channel_id: str, title: str, ident: str) -> Resource:
    channel = catalog.channel(channel_id)
    return {ident: channel_id, title: channel.title if channel else ""}


def _content_details(video: Video, live: str) -> Resource:
    hours, rest = divmod(video.duration_s, 3600)
    shown = f"PT{f'{hours}H' if hours else ''}{f'{rest // 60}M' if rest >= 60 else ''}{rest % 60}S"
    details: Resource = {
        "duration": shown if live == "none" else "P0D",
        "dimension": "2d",
        "definition": "hd" if max(video.heights) >= 720 else "sd",
        "caption": str(any(not each.auto for each in video.captions)).lower(),
        "licensedContent": False,
        "contentRating": {"ytRating": "ytAgeRestricted"} if video.condition is Condition.AGE else {},
        "projection": "rectangular",
    }
    if video.condition is Condition.GEO:
        details["regionRestriction"] = {"allowed": ["IS", "JP"]}
    return details


def _stream_times(video: Video, now: datetime) -> Resource:
    if video.condition is Condition.PREMIERE and video.starts_at:
        return {"scheduledStartTime": rfc3339(video.starts_at)}
    if is_live(video):
        return {"actualStartTime": rfc3339(now.replace(minute=0, second=0)), "concurrentViewers": "128"}
    ended = video.published.timestamp()
    started = datetime.fromtimestamp(ended - video.duration_s, UTC)
    return {"actualStartTime": rfc3339(started), "actualEndTime": rfc3339(video.published)}
