"""One line of a list: a video, a short or a playlist as YouTube's pages describe them."""

from __future__ import annotations

from datetime import datetime

from .. import catalog
from ..catalog.details import is_live, thumbnail_url
from ..model import Channel, Condition, Playlist, Video, VideoKind
from .answers import Json, ago, clock, runs, short_count

_GONE = {
    Condition.PRIVATE: "[Private video]",
    Condition.DELETED: "[Deleted video]",
    Condition.TERMINATED: "[Deleted video]",
}


def playlist_item(video: Video, now: datetime) -> Json:
    """One entry of a playlist."""
    renderer: Json = {
        "videoId": video.id,
        "thumbnail": {"thumbnails": [{"url": thumbnail_url(video.id), "width": 480, "height": 360}]},
    }
    if gone := _GONE.get(video.condition):
        return {"playlistVideoRenderer": renderer | {"title": runs(gone), "isPlayable": False}}
    channel = catalog.channel(video.channel_id)
    assert channel is not None, video.channel_id
    renderer |= {
        "title": runs(video.title),
        "shortBylineText": _byline(channel),
        "isPlayable": True,
        "videoInfo": runs(f"{short_count(video.views)} views", " • ", _age(video, now)),
    }
    if is_live(video):
        renderer["badges"] = [_badge("BADGE_STYLE_TYPE_LIVE_NOW", "LIVE")]
    elif video.condition is Condition.PREMIERE and video.starts_at:
        renderer["upcomingEventData"] = {"startTime": str(int(video.starts_at.timestamp()))}
    else:
        renderer["lengthSeconds"] = str(video.duration_s)
    if video.condition is Condition.MEMBERS:
        renderer["badges"] = [_badge("BADGE_STYLE_TYPE_MEMBERS_ONLY", "Members only")]
    return {"playlistVideoRenderer": renderer}


def tab_item(video: Video, now: datetime) -> Json:
    """One tile on a channel's tab."""
    content = _short_tile(video) if video.kind is VideoKind.SHORT else _video_tile(video, now)
    return {"richItemRenderer": {"content": content}}


def playlist_tile(shown: Playlist) -> Json:
    """One tile on a channel's playlists tab."""
    cover = thumbnail_url(shown.video_id(0)) if shown.length else thumbnail_url("none")
    image = {"thumbnailViewModel": {"image": {"sources": [{"url": cover, "width": 480, "height": 360}]}}}
    return {
        "lockupViewModel": {
            "contentId": shown.id,
            "contentType": "LOCKUP_CONTENT_TYPE_PLAYLIST",
            "contentImage": {"collectionThumbnailViewModel": {"primaryThumbnail": image}},
            "metadata": {"lockupMetadataViewModel": {"title": {"content": shown.title}}},
        }
    }


def _video_tile(video: Video, now: datetime) -> Json:
    badge = {"text": clock(video.duration_s), "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT"}
    if is_live(video):
        badge = {"text": "LIVE", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_LIVE"}
    elif video.condition is Condition.PREMIERE:
        badge = {"text": "Upcoming", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT"}
    age = _age(video, now)
    rows: list[Json] = [
        {
            "metadataParts": [
                {"text": {"content": f"{short_count(video.views)} views"}},
                {"text": {"content": age}, "accessibilityLabel": age},
            ]
        }
    ]
    if video.condition is Condition.MEMBERS:
        rows.append({"badges": [{"badgeViewModel": {"badgeStyle": "BADGE_MEMBERS_ONLY"}}]})
    overlay = {"thumbnailBottomOverlayViewModel": {"badges": [{"thumbnailBadgeViewModel": badge}]}}
    return {
        "lockupViewModel": {
            "contentId": video.id,
            "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
            "contentImage": {"thumbnailViewModel": {"image": _image(video), "overlays": [overlay]}},
            "metadata": {
                "lockupMetadataViewModel": {
                    "title": {"content": video.title},
                    "metadata": {"contentMetadataViewModel": {"metadataRows": rows}},
                }
            },
        }
    }


def _short_tile(video: Video) -> Json:
    return {
        "shortsLockupViewModel": {
            "entityId": f"shorts-shelf-item-{video.id}",
            "thumbnailViewModel": {"thumbnailViewModel": {"image": _image(video)}},
            "onTap": {"innertubeCommand": {"reelWatchEndpoint": {"videoId": video.id}}},
            "overlayMetadata": {
                "primaryText": {"content": video.title},
                "secondaryText": {"content": f"{short_count(video.views)} views"},
            },
        }
    }


def _image(video: Video) -> Json:
    return {"sources": [{"url": thumbnail_url(video.id), "width": 480, "height": 360}]}


def _age(video: Video, now: datetime) -> str:
    return ("Streamed " if video.kind is VideoKind.LIVE else "") + ago(video.published, now)


def _badge(style: str, label: str) -> Json:
    return {"metadataBadgeRenderer": {"style": style, "label": label}}


def _byline(channel: Channel) -> Json:
    endpoint = {"browseEndpoint": {"browseId": channel.id, "canonicalBaseUrl": f"/{channel.handle}"}}
    return {"runs": [{"text": channel.title, "navigationEndpoint": endpoint}]}
