"""The demo channel: a small film workshop by the sea, with everything a real channel has.

60 videos (12 short films, a lecture series of 30, 10 in many scripts, 8 with hostile titles),
12 shorts and 6 past streams. All names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..model import VideoKind
from .ids import natural_id

HANDLE = "@tidewrackfilms"
TITLE = "Tidewrack Films"
ABOUT = (
    "A film workshop in an old net loft. Short films, a lecture series on the coast, a harbour camera.\n\n"
    "New films on Thursdays. https://tidewrack.example"
)
CHANNEL_ID = "UC" + natural_id("channel:tidewrack", 22)
SUBSCRIBERS = 48_213


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """One video of the channel as written below; what is not here is computed from the id."""

    id: str
    title: str
    duration_s: int
    kind: VideoKind = VideoKind.VIDEO
    group: str = "films"


_FILMS = (
    ("The Net Loft", 14), ("朝の灯台 — Lighthouse at Dawn", 9), ("Gulls, Eleven Seconds", 11),
    ("Последний паром", 16), ("Salt on the Window", 8), ("مدّ وجزر | Tides", 12),
    ("Rope Walk", 7), ("समुद्र की आवाज़", 10), ("🌧️ Rain on the Slipway ☔", 13),
    ("סירה קטנה בים", 9), ("Two Minutes to High Water", 18), ("Over the Bar", 10),
)  # fmt: skip
_LECTURES = (
    "What a Tide Is", "Why There Are Two Tides a Day", "Reading a Tide Table", "Springs and Neaps",
    "Waves: Where They Come From", "Waves: How They Break", "Longshore Drift", "Spits, Bars and Tombolos",
    "How a Harbour Silts Up", "Groynes and What They Cost", "Salt Marsh, Plant by Plant",
    "Mudflats at Night", "The Wrack Line", "Kelp Forests", "Seabirds in Winter", "Seals and Their Mirrors",
    "Fog", "The Sea Breeze", "Storm Surge", "Reading a Weather Chart", "Lighthouses: the Lamp",
    "Lighthouses: the Lens", "Lighthouses: the Keepers", "Buoys and Their Colours", "Pilotage by Eye",
    "Knots That Hold", "Rigging a Small Boat", "Mending a Net",
    "Maps That Were Wrong", "What the Coast Will Be",
)  # fmt: skip
_SCRIPTS = (
    ("港の一日 — 24時間のタイムラプス", 312), ("Как рисуют морские карты", 845),
    ("ورشة القوارب القديمة", 427), ("הסערה של חורף תשפ״ה", 263),
    ("मछुआरों के गीत", 508), ("등대지기의 편지", 391), ("海図の読み方", 734),
    ("Ο ψαράς και η θάλασσα", 276), ("Bãi biển lúc bình minh", 188),
    ("👩‍👩‍👧‍👦🏖️ A family of beachcombers 🐚", 154),
)  # fmt: skip
_HOSTILE = (
    "../../etc/passwd", "🦀" * 300, "A title\x00with a NUL inside", "-rf --no-preserve-root", "CON",
    "Ends with dots and a space... ", "[b]Bold[/b] [link=file:///etc]click[/link]",
    "\x1b[31mred\x1b[0m \x1b]0;owned\x07title",
)  # fmt: skip
_SHORTS = (
    "Knot of the week: bowline", "One wave, very slow", "Crab vs. camera", "缆绳的声音",
    "POV: you are a buoy", "Foam", "Which gull is this?", "60 years of paint", "Ночной прилив #shorts",
    "The smallest boat we have 😅", "\u202egnp.edis tfel\u202c right side", "Foam",
)  # fmt: skip
_STREAMS = (
    "Harbour camera: the spring tide", "Harbour camera: storm watch", "Question time with the workshop",
    "Launching the 'Otterling', live", "Harbour camera: midsummer night", "港のライブカメラ",
)  # fmt: skip


def _entry(title: str, seconds: int, group: str, number: int, kind: VideoKind = VideoKind.VIDEO) -> DemoEntry:
    video_id = natural_id(f"tidewrack:{group}:{number}", 11)
    if title.startswith("-"):
        video_id = "-" + video_id[1:]
    return DemoEntry(video_id, title, seconds, kind, group)


@cache
def entries() -> tuple[DemoEntry, ...]:
    """All 78, newest first."""
    films = [_entry(title, seconds, "films", n) for n, (title, seconds) in enumerate(_FILMS)]
    lectures = [
        _entry(f"The Coast, lecture {n}: {title}", 1080 + 61 * n % 1200, "lectures", n)
        for n, title in enumerate(_LECTURES, 1)
    ]
    scripts = [_entry(title, seconds, "scripts", n) for n, (title, seconds) in enumerate(_SCRIPTS)]
    hostile = [_entry(title, 20 + n, "hostile", n) for n, title in enumerate(_HOSTILE)]
    shorts = [_entry(title, 6 + n, "shorts", n, VideoKind.SHORT) for n, title in enumerate(_SHORTS)]
    streams = [
        _entry(title, 2400 + 700 * n, "streams", n, VideoKind.LIVE) for n, title in enumerate(_STREAMS)
    ]
    columns = [lectures[::-1], films, scripts, shorts, streams, hostile]
    total = sum(map(len, columns))
    placed = [
        (place * total / len(column), entry) for column in columns for place, entry in enumerate(column)
    ]
    return tuple(entry for _, entry in sorted(placed, key=lambda pair: pair[0]))


@cache
def positions() -> dict[str, int]:
    """Video id → place among all uploads, 0 for the newest."""
    return {entry.id: place for place, entry in enumerate(entries())}


@cache
def group(name: str) -> tuple[str, ...]:
    """The ids of one group in the order in which they were written (a series: first part first)."""
    found = [entry.id for entry in entries() if entry.group == name]
    return tuple(reversed(found)) if name == "lectures" else tuple(found)


@cache
def hostile() -> tuple[str, ...]:
    """The ids of all titles that try to do harm: the hostile group, a reversed one, and two of the same."""
    twisted = [entry.id for entry in entries() if entry.title == "Foam" or "\u202e" in entry.title]
    return (*group("hostile"), *twisted)


@cache
def tab(kind: VideoKind) -> tuple[str, ...]:
    """The ids on one tab, newest first."""
    return tuple(entry.id for entry in entries() if entry.kind is kind)
