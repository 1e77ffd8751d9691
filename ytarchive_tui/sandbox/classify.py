"""What a request asks for, read from its host, path, query and body alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .hosts import API_HOST
from .model import Request


class RequestKind(StrEnum):
    """The sort of thing that a request asks for."""

    WATCH = "watch"
    PLAYER = "player"
    BROWSE = "browse"
    NEXT = "next"
    PLAYLIST_PAGE = "playlist_page"
    CHANNEL_PAGE = "channel_page"
    MEDIA = "media"
    MANIFEST = "manifest"
    THUMBNAIL = "thumbnail"
    TIMEDTEXT = "timedtext"
    API = "api"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Subject:
    """The video, list and format that a request names; empty where it names none."""

    video_id: str = ""
    list_id: str = ""
    itag: str = ""


_EXACT = {
    "/watch": RequestKind.WATCH,
    "/playlist": RequestKind.PLAYLIST_PAGE,
    "/api/timedtext": RequestKind.TIMEDTEXT,
    "/youtubei/v1/player": RequestKind.PLAYER,
    "/youtubei/v1/browse": RequestKind.BROWSE,
    "/youtubei/v1/next": RequestKind.NEXT,
}
_VIDEO_PAGE = re.compile(r"/(?:shorts|live|embed|v)/([\w-]{11})(?:/|$)")
_CHANNEL_PAGE = re.compile(r"/(?:@|channel/|c/|user/)")
_IMAGE = re.compile(r"/(?:an_)?(?:vi|vi_webp|sb)/([\w-]{11})(?:/|$)")
_IMAGE_HOSTS = (".ytimg.com", ".ggpht.com", "yt3.googleusercontent.com")


def kind_of(request: Request) -> RequestKind:
    """Tell what `request` asks for."""
    host, path = request.host, request.path
    if host == API_HOST:
        return RequestKind.API
    if host.endswith(".googlevideo.com"):
        return RequestKind.MANIFEST if path.startswith("/api/manifest/") else RequestKind.MEDIA
    if host.endswith(_IMAGE_HOSTS):
        return RequestKind.THUMBNAIL
    if path in _EXACT:
        return _EXACT[path]
    if _VIDEO_PAGE.match(path) or (host.endswith("youtu.be") and len(path) > 1):
        return RequestKind.WATCH
    if _CHANNEL_PAGE.match(path):
        return RequestKind.CHANNEL_PAGE
    return RequestKind.OTHER


def subject_of(request: Request) -> Subject:
    """Read the video, list and format that `request` names in its query, path or JSON body."""
    kind, query = kind_of(request), request.query
    if kind in (RequestKind.PLAYER, RequestKind.NEXT, RequestKind.BROWSE):
        asked = _json_object(request.body)
        return Subject(_text(asked, "videoId"), _text(asked, "browseId") or _text(asked, "playlistId"))
    if kind in (RequestKind.MEDIA, RequestKind.MANIFEST):
        return Subject(_setting(request, "id"), itag=_setting(request, "itag"))
    if kind is RequestKind.API:
        return Subject(query.get("id", ""), query.get("playlistId", ""))
    if kind is RequestKind.CHANNEL_PAGE:
        return Subject(list_id=request.path.strip("/").removeprefix("channel/").partition("/")[0])
    video_id = query.get("v", "")
    if not video_id and (found := _VIDEO_PAGE.match(request.path) or _IMAGE.match(request.path)):
        video_id = found[1]
    if not video_id and request.host.endswith("youtu.be"):
        video_id = request.path.strip("/")
    return Subject(video_id, query.get("list", ""))


def _setting(request: Request, name: str) -> str:
    """Return a googlevideo setting, which stands in the query or as `/name/value/` in the path."""
    if name in request.query:
        return request.query[name]
    parts = request.path.split("/")
    return next((value for key, value in pairwise(parts) if key == name), "")


def _json_object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(source: dict[str, object], key: str) -> str:
    value = source.get(key)
    return value if isinstance(value, str) else ""
