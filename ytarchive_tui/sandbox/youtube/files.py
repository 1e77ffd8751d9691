"""Media, manifests, pictures and captions, with the conditions that spoil them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

from .. import catalog, media
from ..lookup import find
from ..model import Condition, Fault, FaultKind, Request, Response, Video, VirtualFile
from ..world import World
from .answers import not_found
from .player import MANIFEST_HOST, MEDIA_HOST
from .refusals import refusal

_STATUS = {
    Condition.MEDIA_403: (403, "Forbidden"),
    Condition.MEDIA_429: (429, "Too Many Requests"),
    Condition.MEDIA_5XX: (503, "Service Unavailable"),
}
_FAULTS = {
    Condition.MEDIA_STALL: FaultKind.STALL,
    Condition.MEDIA_RESET: FaultKind.RESET,
    Condition.MEDIA_TRUNCATED: FaultKind.TRUNCATE,
}
_SORRY = (
    b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><p>Our systems have detected unusual "
    b"traffic from your computer network.</p></body></html>"
)
_SETTINGS = re.compile(r"/(expire|id|itag)/([^/]+)")
_PIECE = re.compile(r"/itag/(\d+)/(init\.mp4|(\d+)\.m4s)$")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PICTURE = re.compile(r"/vi(?:_webp)?/([\w-]{11})/([\w.]+)")


def googlevideo(world: World, request: Request) -> Response:
    """Everything on googlevideo's hosts: media files, HLS playlists and HLS segments.

    A link works until its `expire`; after that, and for videos that the player refuses, it answers 403.
    """
    settings = dict(_SETTINGS.findall(request.path)) | dict(request.query)
    video = find(world, settings.get("id", ""))
    if video is None:
        return _plain(404, "Not Found")
    expire = settings.get("expire", "")
    if not expire.isdigit() or int(expire) < world.now().timestamp() or refusal(video, world.now()):
        return _plain(403, "Forbidden")
    try:
        if request.path.startswith("/api/manifest/hls_variant/"):
            base = f"https://{MANIFEST_HOST}/api/manifest/hls_playlist/expire/{expire}/id/{video.id}/itag"
            return _manifest(media.hls_master(video, base))
        if request.path.startswith("/api/manifest/hls_playlist/"):
            return _hls_playlist(video, int(settings["itag"]), expire)
        if piece := _PIECE.search(request.path):
            return _hls_piece(world, request, video, int(piece[1]), piece[3])
        if request.path == "/videoplayback":
            itag, revision = int(settings["itag"]), video.revision
            if video.restless or video.condition is Condition.MEDIA_CHANGED:
                revision += request.connection
            made = media.open_media(video, itag, revision)
            return _spoiled(world, request, video, made, revision)
    except (KeyError, ValueError):
        pass
    return _plain(404, "Not Found")


def picture(world: World, request: Request) -> Response:
    """A video's thumbnail (i.ytimg.com) or a channel's picture (yt3.ggpht.com)."""
    if request.host.endswith("ggpht.com"):
        channel = catalog.channel(request.path.strip("/").partition("=")[0])
        first = next((tab.video_id(0) for tab in channel.tabs.values()), "") if channel else ""
        name = "hqdefault.jpg"
    elif match := _PICTURE.fullmatch(request.path):
        first, name = match[1], match[2].replace("_live", "")
    else:
        return not_found()
    video = find(world, first)
    if video is None:
        return not_found()
    try:
        return Response(body=media.thumbnail(video, name))
    except KeyError:
        return not_found()


def timedtext(world: World, request: Request) -> Response:
    """`/api/timedtext`: a caption track or, with `tlang`, its translation."""
    query = request.query
    video = find(world, query.get("v", ""))
    language, auto = query.get("lang", ""), query.get("kind") == "asr"
    if video is None or not any(c.language == language and c.auto == auto for c in video.captions):
        return not_found()
    if video.condition is Condition.SUBTITLE_429:
        catalog.strike(video.id, world.knobs)
        return _plain(429, "Too Many Requests")
    try:
        return Response(
            body=media.subtitle(video, query.get("tlang") or language, auto, query.get("fmt", "srv1"))
        )
    except KeyError:
        return not_found()


def _spoiled(world: World, request: Request, video: Video, made: VirtualFile, revision: int) -> Response:
    """A media file, or what the video's condition makes of it."""
    microseconds = media.last_modified(video, revision)
    modified = format_datetime(datetime.fromtimestamp(microseconds // 1_000_000, UTC), usegmt=True)
    answer = Response(
        headers=(("Last-Modified", modified), ("Cache-Control", "private, max-age=21299")), body=made
    )
    condition = video.condition
    if condition in _STATUS:
        answer = _plain(*_STATUS[condition])
    elif condition is Condition.MEDIA_HTML:
        answer = Response(body=_SORRY)
    elif condition in _FAULTS:
        answer = replace(answer, fault=Fault(_FAULTS[condition], _asked_bytes(request, made.size) // 3))
    elif condition is not Condition.MEDIA_CHANGED:
        return answer
    catalog.strike(video.id, world.knobs)
    return answer


def _asked_bytes(request: Request, size: int) -> int:
    """How many bytes the request asks for.

    A fault strikes after a third of them, so that resuming never comes to the end.
    """
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if not match:
        return size
    end = min(size, int(match[2]) + 1) if match[2] else size
    return max(0, end - int(match[1]))


def _hls_playlist(video: Video, itag: int, expire: str) -> Response:
    base = f"https://{MEDIA_HOST}/videoplayback/expire/{expire}/id/{video.id}/itag"
    listed = media.hls_playlist(video, itag, base)
    if video.condition is Condition.LIVE:
        ended = {"#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-ENDLIST"}
        listed = "\n".join(line for line in listed.splitlines() if line not in ended) + "\n"
    return _manifest(listed)


def _hls_piece(world: World, request: Request, video: Video, itag: int, number: str | None) -> Response:
    if number is None:
        return Response(body=media.hls_init(video, itag))
    count = media.hls_segments(video, itag)
    if video.condition is Condition.HLS_HOLES and int(number) in {count // 3, 2 * count // 3}:
        catalog.strike(video.id, world.knobs)
        return _plain(404, "Not Found")
    return _spoiled(world, request, video, media.hls_segment(video, itag, int(number)), video.revision)


def _manifest(words: str) -> Response:
    return Response(body=words.encode(), content_type="application/vnd.apple.mpegurl")


def _plain(status: int, words: str) -> Response:
    return Response(status, body=words.encode(), content_type="text/plain")
