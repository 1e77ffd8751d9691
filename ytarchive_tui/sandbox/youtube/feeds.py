"""The Atom feeds: a channel's or a playlist's newest 15 videos."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from .. import catalog
from ..catalog.details import is_hidden_from_tabs, thumbnail_url
from ..lookup import find
from ..model import Response, Video
from ..world import World
from .answers import not_found

LENGTH = 15
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(world: World, query: Mapping[str, str]) -> Response:
    """`/feeds/videos.xml?channel_id=` or `?playlist_id=`; 404 if there is no such list."""
    list_id = query.get("playlist_id") or f"UU{query.get('channel_id', '')[2:]}"
    shown = catalog.playlist(list_id)
    owner = catalog.channel(shown.channel_id) if shown else None
    if shown is None or owner is None:
        return not_found()
    found = (find(world, shown.video_id(index)) for index in range(min(LENGTH, shown.length)))
    entries = "".join(_entry(each) for each in found if each and not is_hidden_from_tabs(each))
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>yt:playlist:{shown.id}</id><yt:channelId>{owner.id[2:]}</yt:channelId>"
        f"<title>{_xml(owner.title)}</title>"
        f"<author><name>{_xml(owner.title)}</name><uri>https://www.youtube.com/channel/{owner.id}</uri></author>\n"
        f"{entries}</feed>\n"
    )
    return Response(body=body.encode(), content_type="text/xml; charset=UTF-8")


def _entry(video: Video) -> str:
    published = video.published.isoformat()
    return (
        f"<entry><id>yt:video:{video.id}</id><yt:videoId>{video.id}</yt:videoId>"
        f"<yt:channelId>{video.channel_id}</yt:channelId><title>{_xml(video.title)}</title>"
        f'<link rel="alternate" href="https://www.youtube.com/watch?v={video.id}"/>'
        f"<published>{published}</published><updated>{published}</updated>"
        f"<media:group><media:title>{_xml(video.title)}</media:title>"
        f'<media:thumbnail url="{thumbnail_url(video.id)}" width="480" height="360"/>'
        f"<media:description>{_xml(video.description)}</media:description>"
        f'<media:community><media:statistics views="{video.views}"/></media:community>'
        "</media:group></entry>\n"
    )


def _xml(words: str) -> str:
    return escape(_NOT_XML.sub("", words))
