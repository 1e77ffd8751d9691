"""The watch page and `/youtubei/v1/next`: what stands around the player."""

from __future__ import annotations

from .. import catalog
from ..catalog.details import comments, is_live, likes
from ..lookup import find
from ..model import Condition, Response, Video
from ..world import World
from .answers import Json, api_error, in_json, page, runs, short_count, text
from .player import player_response
from .refusals import refusal

_UNCOUNTED_CLIENTS = frozenset({"TVHTML5", "WEB", "WEB_EMBEDDED_PLAYER"})
"""Clients that yt-dlp asks besides its main one. Only the main one's answer counts as a strike, so
that `fail_times` counts tries of a whole video and not requests."""


def watch_page(world: World, video_id: str, list_id: str) -> Response:
    """The page of a video, as it also stands under /shorts/ID and /live/ID."""
    video = find(world, video_id)
    if trouble := _trouble(video):
        return trouble
    return page(
        "YouTube" if video is None else f"{video.title} - YouTube",
        ytInitialPlayerResponse=player_response(world, video_id, video, "WEB"),
        ytInitialData=watch_data(world, video_id, list_id),
    )


def player_answer(world: World, video_id: str, client: str) -> Response:
    """The answer of `/youtubei/v1/player`."""
    video = find(world, video_id)
    answer = _trouble(video) or in_json(player_response(world, video_id, video, client))
    if (
        video is not None
        and client not in _UNCOUNTED_CLIENTS
        and (answer.status != 200 or refusal(video, world.now()))
    ):
        catalog.strike(video_id, world.knobs)
    return answer


def _trouble(video: Video | None) -> Response | None:
    if video is None:
        return None
    if video.condition is Condition.PLAYER_429:
        return api_error(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED")
    if video.condition is Condition.PLAYER_5XX:
        return api_error(503, "The service is currently unavailable.", "UNAVAILABLE")
    return None


def watch_data(world: World, video_id: str, list_id: str = "") -> Json:
    """The page's data without the player's: description, channel, likes, chapters, list."""
    video = find(world, video_id)
    refused = refusal(video, world.now())
    contents: list[Json] = []
    if video is not None and (refused is None or refused.known):
        contents = [
            {"videoPrimaryInfoRenderer": _primary(video)},
            {"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": _owner(video)}}},
            {"itemSectionRenderer": {"contents": [_comments(video)]}},
        ]
    results: Json = {"results": {"results": {"contents": contents}}}
    if shown := catalog.playlist(list_id) if list_id else None:
        results["playlist"] = {
            "playlist": {
                "title": shown.title,
                "playlistId": list_id,
                "endpoint": {"commandMetadata": {"webCommandMetadata": {"url": f"/playlist?list={list_id}"}}},
                "contents": [],
            }
        }
    data: Json = {
        "contents": {"twoColumnWatchNextResults": results},
        "currentVideoEndpoint": {"watchEndpoint": {"videoId": video_id}},
    }
    if video is not None and video.chapters and contents:
        data["playerOverlays"] = _chapters(video)
    return data


def _primary(video: Video) -> Json:
    count = likes(video)
    primary: Json = {
        "title": runs(video.title),
        "viewCount": {
            "videoViewCountRenderer": {
                "viewCount": text(f"{video.views:,} {'watching now' if is_live(video) else 'views'}"),
                "isLive": is_live(video),
            }
        },
        "dateText": text(f"{video.published:%b} {video.published.day}, {video.published.year}"),
        "videoActions": {
            "menuRenderer": {
                "topLevelButtons": [{"segmentedLikeDislikeButtonViewModel": _like_button(count)}]
            }
        },
    }
    if video.condition is Condition.MEMBERS:
        primary["badges"] = [
            {"metadataBadgeRenderer": {"style": "BADGE_STYLE_TYPE_MEMBERS_ONLY", "label": "Members only"}}
        ]
    return primary


def _comments(video: Video) -> Json:
    return {"commentsEntryPointHeaderRenderer": {"commentCount": text(short_count(comments(video)))}}


def _like_button(count: int) -> Json:
    label = f"like this video along with {count:,} other people"
    button: Json = {"buttonViewModel": {"title": short_count(count), "accessibilityText": label}}
    toggle: Json = {"toggleButtonViewModel": {"toggleButtonViewModel": {"defaultButtonViewModel": button}}}
    return {"likeButtonViewModel": {"likeButtonViewModel": toggle}}


def _owner(video: Video) -> Json:
    channel = catalog.channel(video.channel_id)
    assert channel is not None, video.channel_id
    endpoint = {"browseEndpoint": {"browseId": channel.id, "canonicalBaseUrl": f"/{channel.handle}"}}
    return {
        "title": {"runs": [{"text": channel.title, "navigationEndpoint": endpoint}]},
        "navigationEndpoint": endpoint,
        "subscriberCountText": text(f"{short_count(channel.subscribers)} subscribers"),
    }


def _chapters(video: Video) -> Json:
    chapters = [
        {"chapterRenderer": {"title": text(each.title), "timeRangeStartMillis": each.start_s * 1000}}
        for each in video.chapters
    ]
    bar = {"playerBar": {"chapteredPlayerBarRenderer": {"chapters": chapters}}}
    return {"playerOverlayRenderer": {"decoratedPlayerBarRenderer": {"decoratedPlayerBarRenderer": bar}}}
