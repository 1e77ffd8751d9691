"""The YouTube Data API v3, as far as an archive needs it: five list calls, keys, quota and errors.

Bodies, reasons and costs follow https://developers.google.com/youtube/v3/docs. `knobs.api_keys` holds
what each key may still spend: 50 units for captions.list, 1 for every other call.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from . import catalog
from .catalog.details import is_hidden_from_tabs
from .data_resources import (
    CHANNEL_PARTS,
    ITEM_PARTS,
    PLAYLIST_PARTS,
    VIDEO_PARTS,
    Resource,
    channel_parts,
    item_parts,
    playlist_parts,
    resource,
    rfc3339,
    tag,
    video_parts,
)
from .lookup import find
from .model import Channel, Fault, FaultKind, Knobs, Playlist, Request, Response
from .world import World

ROOT = "/youtube/v3/"
MOST = 50
"""Ids in one call, and items on one page."""
CAPTIONS_COST = 50
_NO_FILTER = "No filter selected. Expected one of: {}"

Query = Mapping[str, str]


class ApiError(Exception):
    """An answer other than a list, with the words and reason that Google uses."""

    def __init__(
        self, code: int, reason: str, message: str, domain: str = "youtube.parameter", **more: object
    ) -> None:
        super().__init__(message)
        self.code = code
        errors = [{"message": message, "domain": domain, "reason": reason}]
        self.error = {"code": code, "message": message, "errors": errors, **more}


def answer(world: World, request: Request) -> Response:
    """The answer to a request for `/youtube/v3/<collection>`."""
    try:
        _check_fault(world.knobs)
        collection = request.path.removeprefix(ROOT)
        if collection not in _CALLS or request.method not in {"GET", "POST"}:
            raise ApiError(404, "notFound", "Not Found", "global")
        query = request.query
        key = query.get("key") or request.headers.get("x-goog-api-key", "")
        _spend(world.knobs, key, CAPTIONS_COST if collection == "captions" else 1)
        kind, parts, call = _CALLS[collection]
        found = call(world, query, _parts(query, parts))
    except ApiError as error:
        return _in_json({"error": error.error}, error.code)
    except _Spoiled as spoiled:
        return spoiled.answer
    body = {"kind": f"youtube#{kind}ListResponse", "etag": tag(repr(found)), **found}
    etag = f'"{body["etag"]}"'
    if request.headers.get("if-none-match", "").removeprefix("W/") in {etag, body["etag"]}:
        return Response(304, (("ETag", etag),))
    return _in_json(body, 200, (("ETag", etag),))


class _Spoiled(Exception):
    """The API's trouble is not even an error body."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def _check_fault(knobs: Knobs) -> None:
    match knobs.api_fault:
        case "500":
            raise ApiError(500, "backendError", "Internal error encountered.", "global", status="INTERNAL")
        case "503":
            message = "The service is currently unavailable."
            raise ApiError(503, "backendError", message, "global", status="UNAVAILABLE")
        case "rateLimitExceeded":
            raise ApiError(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits")
        case "malformed":
            raise _Spoiled(Response(body=b'{"kind": "youtube#videoListResp', content_type="application/json"))
        case "hang":
            raise _Spoiled(Response(body=b"{}", fault=Fault(FaultKind.STALL)))


def _spend(knobs: Knobs, key: str, units: int) -> None:
    if not key:
        message = (
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API."
        )
        raise ApiError(403, "forbidden", message, "global", status="PERMISSION_DENIED")
    if key not in knobs.api_keys:
        detail = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "youtube.googleapis.com"},
        }
        message = "API key not valid. Please pass a valid API key."
        raise ApiError(400, "badRequest", message, "global", status="INVALID_ARGUMENT", details=[detail])
    if knobs.api_keys[key] < units:
        message = (
            "The request cannot be completed because you have exceeded your "
            '<a href="/youtube/v3/getting-started#quota">quota</a>.'
        )
        raise ApiError(403, "quotaExceeded", message, "youtube.quota")
    knobs.api_keys[key] -= units


def _parts(query: Query, known: frozenset[str]) -> frozenset[str]:
    asked = frozenset(filter(None, query.get("part", "").split(",")))
    if not asked:
        raise ApiError(400, "missingRequiredParameter", "Required parameter: part")
    if unknown := asked - known - {"id", "localizations", "brandingSettings", "player"}:
        raise ApiError(400, "unknownPart", f"'{min(unknown)}'", "youtube.part")
    return asked


def _ids(query: Query, name: str = "id") -> list[str]:
    ids = [each.strip() for each in query.get(name, "").split(",") if each.strip()]
    if len(ids) > MOST:
        message = "The request specifies an invalid filter parameter."
        raise ApiError(400, "invalidFilters", message)
    return list(dict.fromkeys(ids))


def _whole(found: list[Resource]) -> dict[str, Any]:
    return {"items": found, "pageInfo": {"totalResults": len(found), "resultsPerPage": len(found)}}


def _page(query: Query, length: int, item: Callable[[int], Resource | None]) -> dict[str, Any]:
    """The page that `pageToken` and `maxResults` ask for."""
    try:
        most = int(query.get("maxResults", "5"))
    except ValueError:
        most = -1
    if not 0 <= most <= MOST:
        message = f"Invalid value '{query['maxResults']}'. Values must be within the range: [0, {MOST}]"
        raise ApiError(400, "invalidParameter", message)
    start = _offset(query["pageToken"]) if query.get("pageToken") else 0
    end = min(start + most, length)
    found = [made for index in range(start, end) if (made := item(index)) is not None]
    page: dict[str, Any] = {}
    if most and end < length:
        page["nextPageToken"] = _token(end)
    if most and start:
        page["prevPageToken"] = _token(max(0, start - most))
    return page | {"items": found, "pageInfo": {"totalResults": length, "resultsPerPage": most}}


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"EAAa:{offset}".encode()).decode()


def _offset(token: str) -> int:
    try:
        mark, _, number = base64.urlsafe_b64decode(token).decode().partition(":")
        if mark == "EAAa":
            return int(number)
    except ValueError:
        pass
    message = "The request specifies an invalid page token."
    raise ApiError(400, "invalidPageToken", message)


def _videos(world: World, query: Query, parts: frozenset[str]) -> dict[str, Any]:
    ids = _ids(query)
    if not ids:
        message = _NO_FILTER.format("id, chart, myRating")
        raise ApiError(400, "missingRequiredParameter", message)
    videos = (find(world, each) for each in ids)
    return _whole(
        [
            resource("youtube#video", each.id, video_parts(world, each), parts)
            for each in videos
            if each is not None and not is_hidden_from_tabs(each)
        ]
    )


def _playlists(world: World, query: Query, parts: frozenset[str]) -> dict[str, Any]:
    def made(shown: Playlist) -> Resource:
        return resource("youtube#playlist", shown.id, playlist_parts(shown), parts)

    if owner_id := query.get("channelId"):
        owner = catalog.channel(owner_id)
        if owner is None:
            raise ApiError(404, "channelNotFound", "Channel not found.", "youtube.playlist")
        shown = [found for each in owner.playlists if (found := catalog.playlist(each))]
        return _page(query, len(shown), lambda index: made(shown[index]))
    ids = _ids(query)
    if not ids:
        message = _NO_FILTER.format("id, channelId, mine")
        raise ApiError(400, "missingRequiredParameter", message)
    return _whole([made(found) for each in ids if (found := catalog.playlist(each))])


def _playlist_items(world: World, query: Query, parts: frozenset[str]) -> dict[str, Any]:
    list_id = query.get("playlistId", "")
    if not list_id:
        message = _NO_FILTER.format("id, playlistId")
        raise ApiError(400, "missingRequiredParameter", message)
    shown = catalog.playlist(list_id)
    if shown is None:
        message = (
            "The playlist identified with the request's <code>playlistId</code> parameter cannot be found."
        )
        raise ApiError(404, "playlistNotFound", message, "youtube.playlistItem")

    def item(index: int) -> Resource | None:
        video = find(world, shown.video_id(index))
        hides = shown.id.startswith("UU")
        if video is None or (hides and is_hidden_from_tabs(video)):
            return None
        ident = base64.urlsafe_b64encode(f"{shown.id}.{video.id}".encode()).decode().rstrip("=")
        return resource("youtube#playlistItem", ident, item_parts(shown, index, video), parts)

    return _page(query, shown.length, item)


def _channels(world: World, query: Query, parts: frozenset[str]) -> dict[str, Any]:
    found: list[Channel | None]
    if name := query.get("forHandle") or query.get("forUsername"):
        found = [catalog.channel_by_name(name)]
    elif ids := _ids(query):
        found = [catalog.channel(each) for each in ids]
    else:
        message = _NO_FILTER.format("id, forHandle, forUsername, mine")
        raise ApiError(400, "missingRequiredParameter", message)
    return _whole(
        [resource("youtube#channel", each.id, channel_parts(each), parts) for each in found if each]
    )


def _captions(world: World, query: Query, parts: frozenset[str]) -> dict[str, Any]:
    video = find(world, query.get("videoId", ""))
    if video is None or is_hidden_from_tabs(video):
        message = "The video identified by the <code>videoId</code> parameter could not be found."
        raise ApiError(404, "videoNotFound", message, "youtube.caption")
    made = []
    for each in video.captions:
        snippet = {
            "videoId": video.id,
            "lastUpdated": rfc3339(video.published),
            "trackKind": "asr" if each.auto else "standard",
            "language": each.language,
            "name": "",
            "status": "serving",
        }
        ident = f"{video.id}.{'a.' if each.auto else ''}{each.language}"
        made.append(resource("youtube#caption", ident, {"snippet": snippet.copy}, parts))
    return {"items": made}


_Call = Callable[[World, Query, frozenset[str]], dict[str, Any]]
_CALLS: dict[str, tuple[str, frozenset[str], _Call]] = {
    "videos": ("video", VIDEO_PARTS, _videos),
    "playlists": ("playlist", PLAYLIST_PARTS, _playlists),
    "playlistItems": ("playlistItem", ITEM_PARTS, _playlist_items),
    "channels": ("channel", CHANNEL_PARTS, _channels),
    "captions": ("caption", frozenset({"snippet"}), _captions),
}


def _in_json(body: object, status: int, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(
        status, headers, json.dumps(body, indent=2).encode(), content_type="application/json; charset=UTF-8"
    )
