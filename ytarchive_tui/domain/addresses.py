"""Recognises what a line of text points at on YouTube, without asking the network.

The forms come from the site's own pages and from yt-dlp's address patterns (2026.10.26).
Two spellings of one thing lead to the same canonical address, so the address can serve as a key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, unquote, urlsplit

from ytarchive_tui.domain.models import Frozen, SourceKind
from ytarchive_tui.domain.text import plain

LONGEST = 2000
"""Characters; no address of the site comes near it."""

_SITE = "https://www.youtube.com"
_EXTRACTOR = "youtube"
_SHORT_HOSTS = frozenset({"youtu.be", "www.youtu.be"})
_HOSTS = _SHORT_HOSTS | {
    "youtube.com",
    "www.youtube.com",
    "m.youtube.com",
    "music.youtube.com",
    "youtube-nocookie.com",
    "www.youtube-nocookie.com",
}
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_LIST_ID = re.compile(r"(?:PL|EC|UU|FL|TL|PU|OLAK5uy_|RDCLAK5uy_)[A-Za-z0-9_-]{10,80}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_TABS = frozenset({"videos", "shorts", "streams", "playlists", "podcasts", "releases"})
_HOME_TABS = frozenset({"featured", "home"})
_WRAPPING = "<>\"'()[]{},;"
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_HINT = "write an address such as https://www.youtube.com/watch?v=…, a video id or an @handle"


class Recognised(Frozen):
    """What an address points at."""

    kind: SourceKind
    extractor: str = _EXTRACTOR
    video_id: str | None = None
    """Set when `kind` is a video."""
    address: str
    """Canonical: the same for every spelling of the same thing."""
    note: str | None = None
    """What was left out or decided while reading it, for people."""


class BadAddress(ValueError):
    """The text is no address that can be archived; `reason` says why and what would be right."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def recognise(text: str) -> Recognised:
    """Say what `text` points at; raises `BadAddress`. Any string may be given."""
    if len(text) > LONGEST:
        raise BadAddress(f"the line is longer than {LONGEST:,} characters; no address is")
    word, rest = _first_word(text)
    found = _bare(word)
    if found is not None:
        if rest:
            raise BadAddress("there is more than one word; put one address on each line")
        return found
    found = _address(word, depth=0)
    if rest:
        found = found.model_copy(
            update={"note": _joined(found.note, "the text after the address is ignored")}
        )
    return found


def _first_word(text: str) -> tuple[str, str]:
    """The address and what follows it on the line."""
    text = text.strip().strip(_INVISIBLE).strip()
    if any(unicodedata.category(each) in ("Cc", "Cs") and each != "\t" for each in text):
        raise BadAddress("there are control characters in it; copy the address again")
    word, _, rest = text.partition(" ") if "\t" not in text else text.replace("\t", " ").partition(" ")
    bare = word.strip(_WRAPPING).rstrip(".")
    if not bare:
        raise BadAddress(f"there is no address; {_HINT}")
    if bare.startswith("--") or (bare.startswith("-") and not _VIDEO_ID.fullmatch(bare)):
        hint = f"; if it is a video id, write https://youtu.be/{bare}" if _VIDEO_ID.fullmatch(bare) else ""
        raise BadAddress(f"it looks like an option, and a batch file holds addresses only{hint}")
    rest = rest.strip()
    if re.search(r"(?:^|\s)--?[A-Za-z]", rest):
        raise BadAddress("there is an option after the address, and a batch file holds addresses only")
    if re.search(r"://|youtu\.?be", rest, re.IGNORECASE):
        raise BadAddress("there is more than one address; put one on each line")
    return bare, rest


def _bare(word: str) -> Recognised | None:
    """An id or a handle that stands alone."""
    if _VIDEO_ID.fullmatch(word):
        return _video(word)
    if _CHANNEL_ID.fullmatch(word):
        return _channel(f"channel/{word}")
    if _LIST_ID.fullmatch(word):
        return _playlist(word)
    if word.startswith("@") and "/" not in word:
        return _channel(_handle(word))
    return None


def _address(word: str, depth: int) -> Recognised:
    host, path, query = _parts(word)
    segments = [unquote(each) for each in path.split("/") if each]
    if any("/" in each or "\\" in each for each in segments):
        raise BadAddress("there is an encoded slash in the path; copy the address again")
    if host in _SHORT_HOSTS:
        return _watch(segments[0] if segments else "", query)
    match segments:
        case [] | ["watch"]:
            return _watch(_first(query, "v"), query)
        case ["watch", video] | [("shorts" | "live" | "embed" | "v" | "e"), video, *_] if (
            video != "videoseries"
        ):
            return _watch(video, query)
        case ["playlist"] | ["embed", "videoseries"] | ["watch", "videoseries"]:
            return _listed(_first(query, "list"))
        case ["browse", browse]:
            return _browsed(browse)
        case [("channel" | "c" | "user") as kind, name, *tabs]:
            return _channel(_named(kind, name), tabs)
        case [handle, *tabs] if handle.startswith("@"):
            return _channel(_handle(handle), tabs)
        case [("attribution_link" | "redirect") as wrapper] if depth == 0:
            inner = _first(query, "u" if wrapper == "attribution_link" else "q")
            if not inner:
                raise BadAddress("it forwards to another page but does not say to which")
            return _address(_SITE + inner if inner.startswith("/") else inner, depth + 1)
        case [("results" | "search" | "hashtag"), *_]:
            raise BadAddress(
                "searches are not supported; open the video, playlist or channel and copy its address"
            )
        case [("post" | "feed" | "gaming" | "premium" | "clip"), *_]:
            raise BadAddress("the page is not a video, playlist or channel; open one and copy its address")
        case _:
            raise BadAddress(f"the page is not a video, playlist or channel; {_HINT}")


def _parts(word: str) -> tuple[str, str, Mapping[str, list[str]]]:
    """Host (known to be YouTube's), path and query."""
    if "\\" in word:
        raise BadAddress("there is a backslash in it; copy the address again")
    scheme = _SCHEME.match(word)
    if "://" not in word:
        if scheme and "." not in scheme[1]:
            raise BadAddress(f"«{plain(scheme[1], 20)}:» is not a web address; {_HINT}")
        word = "https:" + word if word.startswith("//") else "https://" + word
    elif not re.match(r"https?://", word, re.IGNORECASE):
        raise BadAddress(f"only https addresses can be archived; {_HINT}")
    try:
        split = urlsplit(word)
        query = parse_qs(split.query, max_num_fields=100)
    except ValueError:
        raise BadAddress(f"it is not a web address; {_HINT}") from None
    host = split.netloc.lower().removesuffix(".")
    if "@" in host:
        raise BadAddress("there is a user name before the host, which hides where it leads; remove it")
    if not host.isascii():
        raise BadAddress("its host has letters that only look like YouTube's; type youtube.com yourself")
    if ":" in host:
        raise BadAddress("there is a port in it; YouTube has none, remove it")
    if host not in _HOSTS:
        raise BadAddress(_foreign(host))
    return host, split.path, query


def _foreign(host: str) -> str:
    if host == "consent.youtube.com":
        return "it is a consent page; open the video itself and copy its address"
    if host.endswith(".youtube.com"):
        return f"{plain(host, 60)} holds no public videos; copy the address from www.youtube.com"
    if "." not in host:
        return f"not a YouTube address, id or handle; {_HINT}"
    return f"not a YouTube address: {plain(host, 60)} is another site"


def _watch(wanted: str, query: Mapping[str, list[str]]) -> Recognised:
    if not wanted:
        raise BadAddress("there is no video id in it; a video's address has one after «v=»")
    match = re.match(r"[A-Za-z0-9_-]*", wanted)
    identifier = match[0] if match else ""
    if len(identifier) != 11:
        shown = plain(identifier or wanted, 30)
        raise BadAddress(
            f"«{shown}» is not a video id: it has {len(identifier)} valid characters, an id has 11"
        )
    note = None
    if _first(query, "list"):
        note = "a video inside a list: only the video is taken; for the list give its own address"
    return _video(identifier, note)


def _listed(identifier: str) -> Recognised:
    if not identifier:
        raise BadAddress("there is no playlist id in it; a playlist's address has one after «list=»")
    if _LIST_ID.fullmatch(identifier):
        return _playlist(identifier)
    if identifier.startswith(("RD", "UL")):
        raise BadAddress("a mix is made up for you as you watch and has no end; give a playlist or a channel")
    if identifier in ("WL", "LL", "LM", "HL"):
        raise BadAddress("that list is private to your account; put the videos into a playlist of your own")
    raise BadAddress(f"«{plain(identifier, 40)}» is not a playlist id; most begin with PL, UU or OLAK5uy_")


def _browsed(identifier: str) -> Recognised:
    if _CHANNEL_ID.fullmatch(identifier):
        return _channel(f"channel/{identifier}")
    if identifier.startswith("VL"):
        return _listed(identifier[2:])
    raise BadAddress("albums have a playlist address too; use «Share» there and copy that one")


def _named(kind: str, name: str) -> str:
    """The path of a channel that is named by id, custom name or user name."""
    if kind == "channel":
        if not _CHANNEL_ID.fullmatch(name):
            raise BadAddress(
                f"«{plain(name, 40)}» is not a channel id; it has 24 characters and begins with UC"
            )
        return f"channel/{name}"
    return f"{kind}/{quote(_name(name))}"


def _handle(handle: str) -> str:
    return "@" + quote(_name(unquote(handle)[1:]))


def _name(name: str) -> str:
    """A handle or custom name; the site does not tell capitals from small letters."""
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())
    if not 0 < len(name) <= 100 or any(
        unicodedata.category(each)[0] not in "LMN" and each not in "_-.·" for each in name
    ):
        raise BadAddress(f"«{plain(name, 40)}» can't be a channel's name; copy it from the channel's page")
    return name


def _video(identifier: str, note: str | None = None) -> Recognised:
    return Recognised(
        kind=SourceKind.VIDEO, video_id=identifier, address=f"{_SITE}/watch?v={identifier}", note=note
    )


def _playlist(identifier: str) -> Recognised:
    return Recognised(kind=SourceKind.PLAYLIST, address=f"{_SITE}/playlist?list={identifier}")


def _channel(path: str, tabs: list[str] | None = None) -> Recognised:
    tab = tabs[0].lower() if tabs else None
    if tab is None or tab in _HOME_TABS:
        return Recognised(kind=SourceKind.CHANNEL, address=f"{_SITE}/{path}")
    if tab in _TABS:
        return Recognised(kind=SourceKind.TAB, address=f"{_SITE}/{path}/{tab}")
    if tab == "live":
        raise BadAddress("«live» is whatever runs now; give the stream's own address, or the tab «streams»")
    if tab == "search":
        raise BadAddress("searches are not supported; give the channel or one of its tabs")
    raise BadAddress(f"the channel's tab «{plain(tab, 20)}» holds no videos; give the channel itself")


def _first(query: Mapping[str, list[str]], name: str) -> str:
    values = query.get(name)
    return values[0].strip() if values else ""


def _joined(*notes: str | None) -> str:
    return "; ".join(note for note in notes if note)
