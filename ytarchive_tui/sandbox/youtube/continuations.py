"""Pages of lists: which entries a page has, and the token that leads to the next one."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum

from ..catalog.details import is_hidden_from_tabs
from ..lookup import find
from ..model import Playlist
from ..world import World
from .answers import Json
from .items import playlist_item, tab_item


class View(StrEnum):
    """Where a list is shown: as a playlist, or as the tab of a channel."""

    PLAYLIST = "playlist"
    TAB = "tab"

    @property
    def page_size(self) -> int:
        """Entries on one page, as on YouTube."""
        return 100 if self is View.PLAYLIST else 30


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list: where it begins."""

    view: View
    list_id: str
    offset: int = 0

    @property
    def page(self) -> int:
        """0 for a list's first page, 1 for its first continuation."""
        return self.offset // self.view.page_size

    def token(self) -> str:
        """The place as an opaque continuation token."""
        return base64.urlsafe_b64encode(f"{self.view}|{self.list_id}|{self.offset}".encode()).decode()


def read_token(token: str) -> Place | None:
    """The place behind a token of ours, else None."""
    try:
        view, list_id, offset = base64.urlsafe_b64decode(token).decode().split("|")
        return Place(View(view), list_id, int(offset))
    except ValueError:
        return None


def page_items(world: World, shown: Playlist, place: Place) -> list[Json]:
    """The renderers of that page, and the continuation if more follow.

    A channel's tabs and uploads leave out what is private or gone; other playlists name it.
    """
    now = world.now()
    end = min(place.offset + place.view.page_size, shown.length)
    complete = place.view is View.PLAYLIST and not shown.id.startswith("UU")
    items: list[Json] = []
    for index in range(place.offset, end):
        video = find(world, shown.video_id(index))
        if video is None or (is_hidden_from_tabs(video) and not complete):
            continue
        items.append(playlist_item(video, now) if place.view is View.PLAYLIST else tab_item(video, now))
    if end < shown.length:
        items.append(_continuation(Place(place.view, place.list_id, end)))
    return items


def hidden_entries(world: World, shown: Playlist) -> int:
    """How many entries of a channel's list the knobs hide; YouTube does not count them either."""
    if not shown.id.startswith("UU"):
        return 0
    named = (find(world, video_id) for video_id in world.knobs.conditions)
    return sum(
        each is not None and is_hidden_from_tabs(each) and each.channel_id[2:] == shown.id[-22:]
        for each in named
    )


def _continuation(place: Place) -> Json:
    command = {"continuationCommand": {"token": place.token(), "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}}
    return {"continuationItemRenderer": {"trigger": "CONTINUATION_TRIGGER", "continuationEndpoint": command}}
