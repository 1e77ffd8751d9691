"""The player response: whether a video plays, its details, formats and caption tracks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .. import catalog, media
from ..catalog.details import category, is_live, likes, tags, thumbnail_url
from ..model import Condition, Video, VideoKind
from ..world import World
from .answers import Json, runs, text
from .refusals import BOT_CHECK, Refusal, refusal

MEDIA_HOST = "rr1---sn-sandbox1.googlevideo.com"
MANIFEST_HOST = "manifest.googlevideo.com"
LINK_LIFE = timedelta(seconds=21_540)
"""How long a media link works: just under six hours, as googlevideo's do."""

STREAMLESS_CLIENTS = frozenset({"WEB"})
"""Clients that get no plain links, as YouTube's own pages do since it streams by SABR."""
HLS_ONLY = frozenset({Condition.HLS_ONLY, Condition.HLS_HOLES, Condition.LIVE})

_QUALITY = (
    (2160, "hd2160"), (1440, "hd1440"), (1080, "hd1080"), (720, "hd720"),
    (480, "large"), (360, "medium"), (240, "small"),
)  # fmt: skip


def player_response(world: World, video_id: str, video: Video | None, client: str) -> Json:
    """What `/youtubei/v1/player` says to `client` (an InnerTube client name) about the video."""
    now = world.now()
    refused = BOT_CHECK if world.banned() == "bot_check" else refusal(video, now)
    response: Json = {"responseContext": {"visitorData": "sandbox"}}
    if refused:
        response["playabilityStatus"] = refused.playability()
    else:
        response["playabilityStatus"] = {"status": "OK", "playableInEmbed": True}
    if video is None or (refused and not refused.known):
        return response
    response["videoDetails"] = _details(video)
    if client == "WEB":
        response["microformat"] = {"playerMicroformatRenderer": _microformat(video, now)}
    if not refused:
        response["streamingData"] = _streams(video, client, now)
        response["captions"] = {"playerCaptionsTracklistRenderer": _captions(video, client)}
    _add_schedule(response, video, refused)
    return response


def _details(video: Video) -> Json:
    channel = catalog.channel(video.channel_id)
    details: Json = {
        "videoId": video.id,
        "title": video.title,
        "lengthSeconds": "0" if is_live(video) else str(video.duration_s),
        "keywords": tags(video.id),
        "channelId": video.channel_id,
        "isOwnerViewing": False,
        "shortDescription": video.description,
        "isCrawlable": True,
        "thumbnail": {
            "thumbnails": [
                {"url": thumbnail_url(video.id, "default.jpg"), "width": 120, "height": 90},
                {"url": thumbnail_url(video.id), "width": 480, "height": 360},
            ]
        },
        "allowRatings": True,
        "viewCount": str(video.views),
        "author": channel.title if channel else "",
        "isPrivate": False,
        "isLiveContent": is_live(video) or video.kind is VideoKind.LIVE,
    }
    if is_live(video):
        details["isLive"] = True
    if video.condition is Condition.PREMIERE:
        details["isUpcoming"] = True
    return details


def _microformat(video: Video, now: datetime) -> Json:
    channel = catalog.channel(video.channel_id)
    found: Json = {
        "title": text(video.title),
        "lengthSeconds": str(video.duration_s),
        "ownerProfileUrl": f"http://www.youtube.com/{channel.handle}" if channel else "",
        "externalChannelId": video.channel_id,
        "ownerChannelName": channel.title if channel else "",
        "isFamilySafe": video.condition is not Condition.AGE,
        "isUnlisted": False,
        "isShortsEligible": video.kind is VideoKind.SHORT,
        "category": category(video.id),
        "availableCountries": ["IS", "JP"] if video.condition is Condition.GEO else ["DE", "IS", "JP", "US"],
        "publishDate": video.published.isoformat(),
        "uploadDate": video.published.isoformat(),
        "viewCount": str(video.views),
        "likeCount": str(likes(video)),
    }
    if is_live(video):
        found["liveBroadcastDetails"] = {
            "isLiveNow": True,
            "startTimestamp": (now - timedelta(hours=1)).isoformat(timespec="seconds"),
        }
    elif video.kind is VideoKind.LIVE:
        found["liveBroadcastDetails"] = {
            "isLiveNow": False,
            "startTimestamp": (video.published - timedelta(seconds=video.duration_s)).isoformat(),
            "endTimestamp": video.published.isoformat(),
        }
    return found


def _add_schedule(response: Json, video: Video, refused: Refusal | None) -> None:
    """Say when a premiere begins, where the response has a place for that."""
    if video.condition is not Condition.PREMIERE or video.starts_at is None or refused is None:
        return
    starts = video.starts_at.astimezone(UTC)
    slate = {"liveStreamOfflineSlateRenderer": {"scheduledStartTime": str(int(starts.timestamp()))}}
    playability = refused.playability()
    playability["liveStreamability"] = {
        "liveStreamabilityRenderer": {"videoId": video.id, "offlineSlate": slate}
    }
    response["playabilityStatus"] = playability
    live = {"isLiveNow": False, "startTimestamp": starts.isoformat(timespec="seconds")}
    microformat = response.setdefault("microformat", {"playerMicroformatRenderer": {}})
    assert isinstance(microformat, dict)
    microformat["playerMicroformatRenderer"]["liveBroadcastDetails"] = live


def _streams(video: Video, client: str, now: datetime) -> Json:
    lifetime = str(int(LINK_LIFE.total_seconds()))
    if client in STREAMLESS_CLIENTS:
        return {"expiresInSeconds": lifetime}
    if video.condition is Condition.DRM:
        return {"expiresInSeconds": lifetime, "licenseInfos": [{"drmFamily": "WIDEVINE"}]}
    expire = int((now + LINK_LIFE).timestamp())
    if video.condition in HLS_ONLY:
        path = f"/api/manifest/hls_variant/expire/{expire}/id/{video.id}/source/youtube/file/index.m3u8"
        return {"expiresInSeconds": lifetime, "hlsManifestUrl": f"https://{MANIFEST_HOST}{path}"}
    return {
        "expiresInSeconds": lifetime,
        "formats": [_stream(video, media.combined(video), expire)],
        "adaptiveFormats": [_stream(video, each, expire) for each in media.formats(video)],
    }


def _stream(video: Video, made: media.Format, expire: int) -> Json:
    modified = media.last_modified(video)
    mime, _, extension = made.mime_type.partition("/")
    stream: Json = {
        "itag": made.itag,
        "url": (
            f"https://{MEDIA_HOST}/videoplayback?expire={expire}&ei=sandbox&ip=127.0.0.1&id={video.id}"
            f"&itag={made.itag}&source=youtube&requiressl=yes&mime={mime}%2F{extension}&gir=yes"
            f"&clen={made.size}&dur={video.duration_s}.000&lmt={modified}&sig=sandbox"
        ),
        "mimeType": f'{made.mime_type}; codecs="{made.codecs}"',
        "bitrate": made.bitrate,
        "averageBitrate": made.bitrate,
        "lastModified": str(modified),
        "contentLength": str(made.size),
        "approxDurationMs": str(video.duration_s * 1000),
        "projectionType": "RECTANGULAR",
    }
    if made.has_video:
        stream |= {
            "width": made.width,
            "height": made.height,
            "fps": made.fps,
            "quality": next((name for least, name in _QUALITY if made.height >= least), "tiny"),
            "qualityLabel": made.quality_label,
        }
    if made.has_audio:
        stream |= {
            "audioQuality": "AUDIO_QUALITY_MEDIUM" if made.bitrate > 80_000 else "AUDIO_QUALITY_LOW",
            "audioSampleRate": str(made.sample_rate),
            "audioChannels": made.channels,
        }
        stream.setdefault("quality", "tiny")
    return stream


def _captions(video: Video, client: str) -> Json:
    tracks = [
        {
            "baseUrl": (
                f"https://www.youtube.com/api/timedtext?v={video.id}&lang={each.language}"
                + ("&kind=asr" if each.auto else "")
            ),
            "name": runs(each.name),
            "vssId": f"a.{each.language}" if each.auto else f".{each.language}",
            "languageCode": each.language,
            "isTranslatable": True,
            **({"kind": "asr"} if each.auto else {}),
        }
        for each in video.captions
    ]
    found: Json = {"captionTracks": tracks}
    if client == "WEB":
        found["translationLanguages"] = [
            {"languageCode": code, "languageName": text(name)} for code, name in catalog.CAPTION_NAMES.items()
        ]
    return found
