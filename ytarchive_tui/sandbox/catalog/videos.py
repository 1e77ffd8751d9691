"""A video computed from its id, with what the knobs change about it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from ..model import Caption, Chapter, Condition, Knobs, Video, VideoKind
from . import demo, ids
from .order import position_of
from .titles import made_up_description, made_up_title

NEWEST = datetime(2026, 11, 12, 17, 0, 4, tzinfo=UTC)
"""When the newest upload of every channel was published."""
_DAY = timedelta(days=1)

STRANDLINE_ID = "UC" + ids.natural_id("channel:strandline", 22)
"""The channel of every video that belongs to no other: condition ids, sized ids, free ids."""

CAPTION_NAMES = {
    "en": "English", "de": "German", "ja": "Japanese", "ar": "Arabic", "es": "Spanish", "fr": "French",
    "ru": "Russian", "hi": "Hindi", "iw": "Hebrew", "pt": "Portuguese", "zh-Hans": "Chinese (Simplified)",
}  # fmt: skip
ENGLISH = Caption("en", "English")
SPEECH = Caption("en", "English (auto-generated)", auto=True)


def video(video_id: str, knobs: Knobs) -> Video | None:
    """The video of that id as the knobs leave it, or None when there is no such video.

    `knobs.overrides` come last but for the condition; once `knobs.fail_times` has counted down to 0
    the condition is OK. Raises TypeError or ValueError for an override that no `Video` field can take.
    """
    made = _made(video_id)
    if made is None:
        return None
    if made.media_bytes is None and knobs.media_bytes:
        made = replace(made, media_bytes=knobs.media_bytes)
    if changed := knobs.overrides.get(video_id):
        made = replace(made, **{name: _typed(name, value) for name, value in changed.items()})
    if condition := knobs.conditions.get(video_id):
        made = replace(made, condition=Condition(condition))
    if made.condition is Condition.PREMIERE and made.starts_at is None:
        made = replace(made, starts_at=_next_premiere())
    if made.condition is not Condition.OK and knobs.fail_times.get(video_id) == 0:
        made = replace(made, condition=Condition.OK)
    return made


def strike(video_id: str, knobs: Knobs) -> None:
    """Count that the video's condition has struck once; the rest stands in `knobs.fail_times`."""
    left = knobs.fail_times.get(video_id)
    if left:
        knobs.fail_times[video_id] = left - 1


@lru_cache(maxsize=1024)
def _made(video_id: str) -> Video | None:
    if ids.is_missing(video_id):
        return None
    if (place := demo.positions().get(video_id)) is not None:
        return _demo_video(demo.entries()[place], place)
    if numbered := ids.place_of(video_id):
        return _numbered_video(video_id, *numbered)
    return _loose_video(video_id)


def _demo_video(entry: demo.DemoEntry, place: int) -> Video:
    value = ids.noise(entry.id)
    chapters: tuple[Chapter, ...] = ()
    if entry.duration_s >= 600:
        names = ("Welcome", "What we see", "Why it happens", "Out in the field", "Questions")
        chapters = tuple(Chapter(n * entry.duration_s // len(names), name) for n, name in enumerate(names))
    languages = ("en", "de", "ja") if entry.group in {"lectures", "films"} else ("en",)
    captions = *(Caption(code, CAPTION_NAMES[code]) for code in languages), SPEECH
    heights: tuple[int, ...] = (360, 720, 1080) if entry.kind is VideoKind.SHORT else (144, 360, 720, 1080)
    if entry.group == "scripts":
        heights = (144, 360, 720, 1080, 1440, 2160)
    return Video(
        id=entry.id,
        title=entry.title,
        description=_demo_description(entry, chapters),
        channel_id=demo.CHANNEL_ID,
        duration_s=entry.duration_s,
        published=NEWEST - 8 * place * _DAY - timedelta(minutes=value % 600),
        views=300 + value % 90_000,
        kind=entry.kind,
        heights=heights,
        captions=captions if entry.kind is not VideoKind.LIVE else (SPEECH,),
        chapters=chapters,
    )


def _demo_description(entry: demo.DemoEntry, chapters: tuple[Chapter, ...]) -> str:
    parts = [
        "Filmed with two old cameras and a lot of patience.",
        f"Stills and a map: https://tidewrack.example/films/{entry.id}",
    ]
    if chapters:
        parts.append("\n".join(f"{c.start_s // 60}:{c.start_s % 60:02d} {c.title}" for c in chapters))
    return "\n\n".join([*parts, "#coast #documentary"])


def _numbered_video(video_id: str, shelf: ids.Shelf, kind: VideoKind, index: int) -> Video:
    value = ids.noise(video_id)
    title = made_up_title(video_id, shelf.count(kind) - index)
    return Video(
        id=video_id,
        title=title,
        description=made_up_description(title, video_id),
        channel_id=shelf.channel_id,
        duration_s=5 + value % 20,
        published=NEWEST - position_of(shelf, kind, index) * _DAY / 4,
        views=value % 2_000_000,
        kind=kind,
        captions=(ENGLISH, SPEECH) if value % 2 else (SPEECH,),
    )


def _loose_video(video_id: str) -> Video:
    value = ids.noise(video_id)
    condition = ids.condition_of(video_id)
    title = made_up_title(video_id, None)
    return Video(
        id=video_id,
        title=title if condition is Condition.OK else f"{title} ({condition})",
        description=made_up_description(title, video_id),
        channel_id=STRANDLINE_ID,
        duration_s=5 + value % 20,
        published=NEWEST - (1 + value % 3000) * _DAY,
        views=value % 500_000,
        captions=(ENGLISH, Caption("de", "German"), Caption("ja", "Japanese"), SPEECH),
        condition=condition,
        media_bytes=ids.size_of(video_id),
    )


def _next_premiere() -> datetime:
    """Always two days ahead, and the same all day long."""
    today = datetime.now(UTC).replace(hour=20, minute=0, second=0, microsecond=0)
    return today + 2 * _DAY


_FIELDS = {field.name for field in fields(Video)}


def _typed(name: str, value: Any) -> Any:
    """A knob's JSON value as the type that the `Video` field has."""
    if name not in _FIELDS or name == "id":
        raise ValueError(f"no such field to override: {name}")
    match name:
        case "published" | "starts_at":
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
        case "kind":
            return VideoKind(value)
        case "condition":
            return Condition(value)
        case "heights":
            return tuple(value)
        case "captions":
            return tuple(c if isinstance(c, Caption) else Caption(**c) for c in value)
        case "chapters":
            return tuple(c if isinstance(c, Chapter) else Chapter(**c) for c in value)
    return value
