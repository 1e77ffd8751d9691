"""The local YouTube's answers: one function for every request to one of YouTube's hosts.

The shapes are those that yt-dlp's YouTube extractors read. Media links are plain: no signature and
no `n` to solve, so no JavaScript is run.
"""

from __future__ import annotations

import json
import re

from .. import data_api
from ..model import Handler, Request, Response
from ..world import World
from . import lists
from .answers import SIGNATURE_TIMESTAMP, Json, in_json, not_found, page
from .feeds import feed
from .files import googlevideo, picture, timedtext
from .watch import player_answer, watch_data, watch_page

__all__ = ["handle"]

_VIDEO_PAGE = re.compile(r"/(?:shorts|live|v|e)/([\w-]{11})/?")
_SCRIPT = f"/* player */ var config = {{signatureTimestamp:{SIGNATURE_TIMESTAMP}}};".encode()


def handle(world: World) -> Handler:
    """The handler of that world's requests to YouTube."""

    async def answer(request: Request) -> Response:
        if request.path.startswith(data_api.ROOT):
            return data_api.answer(world, request)
        if request.host.endswith(".googlevideo.com"):
            return googlevideo(world, request)
        if request.host.endswith((".ytimg.com", ".ggpht.com")):
            return picture(world, request)
        if request.host.endswith("youtu.be"):
            return _moved(f"https://www.youtube.com/watch?v={request.path.strip('/')}")
        if request.path.startswith("/youtubei/v1/"):
            return _inner_api(world, request)
        return _page(world, request)

    return answer


def _page(world: World, request: Request) -> Response:
    path, query = request.path, request.query
    match path:
        case "/watch":
            return watch_page(world, query.get("v", ""), query.get("list", ""))
        case "/playlist":
            return lists.playlist_page(world, query.get("list", ""))
        case "/api/timedtext":
            return timedtext(world, request)
        case "/feeds/videos.xml":
            return feed(world, query)
        case "/generate_204":
            return Response(204)
        case "/iframe_api":
            return Response(body=b"/* /s/player/5a4db0c5/www-widgetapi.js */", content_type="text/javascript")
        case "/" | "/tv":
            return page("YouTube")
    if video := _VIDEO_PAGE.fullmatch(path):
        return watch_page(world, video[1], "")
    if path.startswith("/embed/"):
        return page("YouTube")
    if path.startswith("/s/player/"):
        return Response(body=_SCRIPT, content_type="text/javascript")
    return lists.channel_page(world, path)


def _inner_api(world: World, request: Request) -> Response:
    asked = _asked(request.body)
    match request.path.removeprefix("/youtubei/v1/"):
        case "player":
            return player_answer(world, str(asked.get("videoId", "")), _client(asked))
        case "next":
            return in_json(watch_data(world, str(asked.get("videoId", "")), str(asked.get("playlistId", ""))))
        case "browse":
            return lists.browse(world, asked)
        case "navigation/resolve_url":
            return lists.resolve_url(str(asked.get("url", "")))
    return not_found()


def _asked(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _client(asked: Json) -> str:
    """The InnerTube client that asks, such as `VISIONOS`; `WEB` if it doesn't say."""
    context = asked.get("context")
    client = context.get("client") if isinstance(context, dict) else None
    name = client.get("clientName") if isinstance(client, dict) else None
    return name if isinstance(name, str) else "WEB"


def _moved(url: str) -> Response:
    return Response(303, (("Location", url),))
