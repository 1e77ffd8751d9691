"""Playlist and channel pages, and the browse and resolve endpoints behind them."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, unquote, urlsplit

from .. import catalog
from ..model import Channel, Playlist, Response, VideoKind
from ..world import World
from .answers import Json, api_error, in_json, not_found, page, runs, short_count, text
from .continuations import Place, View, hidden_entries, page_items, read_token
from .items import playlist_tile

HOME = "featured"
_TABS = {
    "videos": ("Videos", VideoKind.VIDEO),
    "shorts": ("Shorts", VideoKind.SHORT),
    "streams": ("Live", VideoKind.LIVE),
}
_TITLES = {HOME: "Home", **{name: title for name, (title, _) in _TABS.items()}, "playlists": "Playlists"}


def playlist_page(world: World, list_id: str) -> Response:
    """`/playlist?list=...`."""
    data = _playlist_data(world, list_id)
    return page("YouTube", ytInitialData=data or _no_such_playlist())


def channel_page(world: World, path: str) -> Response:
    """`/@handle/tab`, `/channel/UC.../tab`, `/c/name`, `/user/name` or `/name`; 404 if nobody is there."""
    found = _channel_of_path(path)
    if found is None:
        return not_found()
    channel, tab = found
    return page(f"{channel.title} - YouTube", ytInitialData=_channel_data(world, channel, tab))


def browse(world: World, asked: Json) -> Response:
    """`/youtubei/v1/browse`: a continuation, a playlist (`VL...`) or a channel's tab."""
    if isinstance(token := asked.get("continuation"), str):
        return _continue(world, token)
    browse_id, params = str(asked.get("browseId", "")), str(asked.get("params", ""))
    if browse_id.startswith("VL"):
        return in_json(_playlist_data(world, browse_id[2:]) or _no_such_playlist())
    if channel := catalog.channel(browse_id):
        return in_json(_channel_data(world, channel, _tab_of_params(params)))
    return api_error(404, "Requested entity was not found.", "NOT_FOUND")


def resolve_url(url: str) -> Response:
    """`/youtubei/v1/navigation/resolve_url`: which endpoint stands behind a page's address."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.path == "/playlist" and "list" in query:
        return in_json({"endpoint": {"browseEndpoint": {"browseId": f"VL{query['list'][0]}"}}})
    if parts.path == "/watch" and "v" in query:
        watch = {"videoId": query["v"][0], **({"playlistId": query["list"][0]} if "list" in query else {})}
        return in_json({"endpoint": {"watchEndpoint": watch}})
    if found := _channel_of_path(unquote(parts.path)):
        channel, tab = found
        return in_json({"endpoint": {"browseEndpoint": _endpoint(channel, tab)}})
    return api_error(404, "Requested entity was not found.", "NOT_FOUND")


def _continue(world: World, token: str) -> Response:
    place = read_token(token)
    shown = catalog.playlist(place.list_id) if place else None
    if place is None or shown is None:
        return api_error(400, "Request contains an invalid argument.", "INVALID_ARGUMENT")
    if 0 < world.knobs.browse_fail_after <= place.page:
        return api_error(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED")
    items = page_items(world, shown, place)
    return in_json(
        {"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": items}}]}
    )


def _no_such_playlist() -> Json:
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": runs("The playlist does not exist.")}}]}


def _playlist_data(world: World, list_id: str) -> Json | None:
    shown = catalog.playlist(list_id)
    owner = catalog.channel(shown.channel_id) if shown else None
    if shown is None or owner is None:
        return None
    items = page_items(world, shown, Place(View.PLAYLIST, list_id))
    section = {"itemSectionRenderer": {"contents": [{"playlistVideoListRenderer": {"contents": items}}]}}
    return {
        "contents": {
            "twoColumnBrowseResultsRenderer": {
                "tabs": [
                    {
                        "tabRenderer": {
                            "selected": True,
                            "content": {"sectionListRenderer": {"contents": [section]}},
                        }
                    }
                ]
            }
        },
        "header": {"playlistHeaderRenderer": _playlist_header(world, shown, owner)},
        "metadata": {"playlistMetadataRenderer": {"title": shown.title, "description": ""}},
        "microformat": {"microformatDataRenderer": {"noindex": False, "unlisted": False}},
    }


def _playlist_header(world: World, shown: Playlist, owner: Channel) -> Json:
    views = catalog.noise(shown.id) % 100_000
    count = runs(f"{shown.length - hidden_entries(world, shown):,}", " videos")
    updated = runs("Last updated on ", world.knobs.list_updated)
    return {
        "playlistId": shown.id,
        "title": text(shown.title),
        "numVideosText": count,
        "ownerText": {
            "runs": [{"text": owner.title, "navigationEndpoint": {"browseEndpoint": _endpoint(owner, HOME)}}]
        },
        "viewCountText": text(f"{views:,} views"),
        "privacy": "PUBLIC",
        "stats": [count, text(f"{views:,} views"), updated],
    }


def _channel_of_path(path: str) -> tuple[Channel, str] | None:
    """The channel and the tab that a page's path names."""
    first, *rest = path.strip("/").split("/")
    if first in {"channel", "c", "user"} and rest:
        name, *rest = rest
        found = catalog.channel(name) if first == "channel" else catalog.channel_by_name(name)
    else:
        found = catalog.channel_by_name(first)
    return (found, rest[0] if rest else HOME) if found else None


def _tabs_of(channel: Channel) -> list[str]:
    named = [name for name, (_, kind) in _TABS.items() if kind in channel.tabs]
    return [HOME, *named, *(["playlists"] if channel.playlists else [])]


def _channel_data(world: World, channel: Channel, tab: str) -> Json:
    """A channel's page; a tab that it lacks shows its home, as on YouTube."""
    names = _tabs_of(channel)
    chosen = tab if tab in names else HOME
    tabs = []
    for name in names:
        renderer: Json = {
            "title": _TITLES[name],
            "selected": name == chosen,
            "endpoint": {
                "commandMetadata": {"webCommandMetadata": {"url": f"/{channel.handle}/{name}"}},
                "browseEndpoint": _endpoint(channel, name),
            },
        }
        if name == chosen:
            renderer["content"] = _tab_content(world, channel, name)
        tabs.append({"tabRenderer": renderer})
    return {
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": tabs}},
        "header": {"pageHeaderRenderer": _channel_header(channel)},
        "metadata": {
            "channelMetadataRenderer": {
                "title": channel.title,
                "description": channel.description,
                "externalId": channel.id,
                "channelUrl": f"https://www.youtube.com/channel/{channel.id}",
                "vanityChannelUrl": f"http://www.youtube.com/{channel.handle}",
                "ownerUrls": [f"http://www.youtube.com/{channel.handle}"],
                "avatar": {
                    "thumbnails": [
                        {"url": f"https://yt3.ggpht.com/{channel.id}=s900", "width": 900, "height": 900}
                    ]
                },
            }
        },
        "microformat": {
            "microformatDataRenderer": {"noindex": False, "unlisted": False, "tags": ["coast", "sea"]}
        },
    }


def _tab_content(world: World, channel: Channel, name: str) -> Json:
    if name in _TABS:
        shown = channel.tabs[_TABS[name][1]]
        return {"richGridRenderer": {"contents": page_items(world, shown, Place(View.TAB, shown.id))}}
    if name == "playlists":
        tiles = [playlist_tile(found) for each in channel.playlists if (found := catalog.playlist(each))]
        return _section({"gridRenderer": {"items": tiles}})
    shelves: list[Json] = [
        {"shelfRenderer": {"title": text(_TITLES[each]), "endpoint": _address(f"/{channel.handle}/{each}")}}
        for each in _tabs_of(channel)
        if each in _TABS
    ]
    return _section(*shelves)


def _section(*contents: Json) -> Json:
    return {"sectionListRenderer": {"contents": [{"itemSectionRenderer": {"contents": list(contents)}}]}}


def _address(url: str) -> Json:
    return {"commandMetadata": {"webCommandMetadata": {"url": url}}}


def _channel_header(channel: Channel) -> Json:
    videos = sum(tab.length for tab in channel.tabs.values())
    rows = [
        {"metadataParts": [{"text": {"content": channel.handle}}]},
        {
            "metadataParts": [
                {"text": {"content": f"{short_count(channel.subscribers)} subscribers"}},
                {"text": {"content": f"{videos:,} videos"}},
            ]
        },
    ]
    model = {"metadata": {"contentMetadataViewModel": {"metadataRows": rows}}}
    return {"pageTitle": channel.title, "content": {"pageHeaderViewModel": model}}


def _endpoint(channel: Channel, tab: str) -> Json:
    name = tab.encode()
    params = base64.urlsafe_b64encode(b"\x12" + bytes([len(name)]) + name).decode()
    return {"browseId": channel.id, "params": params, "canonicalBaseUrl": f"/{channel.handle}"}


def _tab_of_params(params: str) -> str:
    """The tab's name in `params`: a protobuf string field, as on YouTube."""
    try:
        raw = base64.urlsafe_b64decode(unquote(params) + "==")
        return raw[2 : 2 + raw[1]].decode()
    except (ValueError, IndexError):
        return HOME
