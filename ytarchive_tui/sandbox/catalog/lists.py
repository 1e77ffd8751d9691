"""Channels and playlists computed from their ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from ..model import Channel, Playlist, VideoKind
from . import demo, ids
from .order import upload
from .videos import STRANDLINE_ID

STRANDLINE_HANDLE = "@strandline"
CONDITION_IDS = tuple(ids.condition_id(condition) for condition in ids.CONDITION_PREFIXES.values())

DEMO_PLAYLIST = "PL" + ids.natural_id("playlist:films", 32)
LECTURES_PLAYLIST = "PL" + ids.natural_id("playlist:lectures", 32)
SCRIPTS_PLAYLIST = "PL" + ids.natural_id("playlist:scripts", 32)
HOSTILE_PLAYLIST = "PL" + ids.natural_id("playlist:hostile", 32)
CONDITIONS_PLAYLIST = "PL" + ids.natural_id("playlist:conditions", 32)
"""One video with each condition."""

_TAB_LISTS = {"UULF": VideoKind.VIDEO, "UUSH": VideoKind.SHORT, "UULV": VideoKind.LIVE}
_TAB_TITLES = {VideoKind.VIDEO: "Videos", VideoKind.SHORT: "Short videos", VideoKind.LIVE: "Live streams"}


def _written(playlist_id: str, title: str, channel_id: str, entries: Sequence[str]) -> Playlist:
    return Playlist(playlist_id, title, channel_id, len(entries), entries.__getitem__)


_WRITTEN = {
    made.id: made
    for made in (
        _written(DEMO_PLAYLIST, "Short films, in one sitting", demo.CHANNEL_ID, demo.group("films")),
        _written(LECTURES_PLAYLIST, "The Coast: thirty lectures", demo.CHANNEL_ID, demo.group("lectures")),
        _written(SCRIPTS_PLAYLIST, "In every script · 多言語", demo.CHANNEL_ID, demo.group("scripts")),
        _written(HOSTILE_PLAYLIST, "Titles that went wrong", demo.CHANNEL_ID, demo.hostile()),
        _written(CONDITIONS_PLAYLIST, "Trouble of every kind", STRANDLINE_ID, CONDITION_IDS),
    )
}


@lru_cache(maxsize=256)
def playlist(playlist_id: str) -> Playlist | None:
    """The list of that id: written or counted `PL...`, or a channel's `UU`, `UULF`, `UUSH`, `UULV`."""
    if made := _WRITTEN.get(playlist_id):
        return made
    if shelf := ids.counted_playlist(playlist_id):
        entries = _numbered(shelf, VideoKind.VIDEO)
        return Playlist(playlist_id, f"{shelf.videos} videos", shelf.channel_id, shelf.videos, entries)
    if not playlist_id.startswith("UU"):
        return None
    if len(playlist_id) == 24:
        return _uploads(playlist_id)
    kind = _TAB_LISTS.get(playlist_id[:4])
    owner = channel("UC" + playlist_id[4:]) if kind else None
    return owner.tabs.get(kind) if owner and kind else None


@lru_cache(maxsize=256)
def channel(channel_id: str) -> Channel | None:
    """The channel of that id: the demo channel, the strandline channel or a computed one."""
    if channel_id == demo.CHANNEL_ID:
        return _channel(
            channel_id, demo.HANDLE, demo.TITLE, demo.ABOUT, demo.SUBSCRIBERS,
            {kind: (len(demo.tab(kind)), demo.tab(kind).__getitem__) for kind in VideoKind},
            (DEMO_PLAYLIST, LECTURES_PLAYLIST, SCRIPTS_PLAYLIST, HOSTILE_PLAYLIST),
        )  # fmt: skip
    if channel_id == STRANDLINE_ID:
        return _channel(
            channel_id, STRANDLINE_HANDLE, "Strandline Archive", "What the sea brings.", 1_204,
            {VideoKind.VIDEO: (len(CONDITION_IDS), CONDITION_IDS.__getitem__)}, (CONDITIONS_PLAYLIST,),
        )  # fmt: skip
    shelf = ids.shelf_by_channel_id(channel_id)
    if shelf is None:
        return None
    return _channel(
        channel_id, f"@{shelf.name}", f"Channel {shelf.name}", f"A computed channel: {shelf.name}.",
        1000 + ids.noise(channel_id) % 900_000,
        {kind: (shelf.count(kind), _numbered(shelf, kind)) for kind in VideoKind},
        (ids.counted_playlist_id(shelf.videos),) if shelf.videos else (),
    )  # fmt: skip


def channel_by_name(name: str) -> Channel | None:
    """The channel that `/@name`, `/c/name`, `/user/name` or `/name` leads to."""
    bare = name.removeprefix("@").lower()
    for handle, channel_id in ((demo.HANDLE, demo.CHANNEL_ID), (STRANDLINE_HANDLE, STRANDLINE_ID)):
        if handle == f"@{bare}":
            return channel(channel_id)
    shelf = ids.shelf_by_name(bare)
    return channel(shelf.channel_id) if shelf else None


def _channel(
    channel_id: str, handle: str, title: str, about: str, subscribers: int,
    tabs: dict[VideoKind, tuple[int, Callable[[int], str]]], playlists: tuple[str, ...],
) -> Channel:  # fmt: skip
    prefixes = {kind: prefix for prefix, kind in _TAB_LISTS.items()}
    lists = {
        kind: Playlist(prefixes[kind] + channel_id[2:], _TAB_TITLES[kind], channel_id, length, entries)
        for kind, (length, entries) in tabs.items()
        if length
    }
    return Channel(channel_id, handle, title, about, subscribers, lists, playlists)


def _numbered(shelf: ids.Shelf, kind: VideoKind) -> Callable[[int], str]:
    return lambda index: shelf.video_id(kind, index)


def _uploads(playlist_id: str) -> Playlist | None:
    owner = channel("UC" + playlist_id[2:])
    if owner is None:
        return None
    length = sum(tab.length for tab in owner.tabs.values())
    if owner.id == demo.CHANNEL_ID:
        entries: Callable[[int], str] = lambda n: demo.entries()[n].id  # noqa: E731
    elif shelf := ids.shelf_by_channel_id(owner.id):
        entries = lambda n: shelf.video_id(*upload(shelf, n))  # noqa: E731
    else:
        entries = CONDITION_IDS.__getitem__
    return Playlist(playlist_id, f"Uploads from {owner.title}", owner.id, length, entries)
