"""Titles and texts that depend only on an id, for videos that nobody described by hand."""

from __future__ import annotations

from .ids import noise

_WHAT = (
    "Low tide at", "Night walk around", "Repairing the pier of", "A winter morning in", "Birds above",
    "The last ferry to", "How they build boats in", "Storm warning for", "Sound recording at",
    "Old maps of", "Lighthouse keepers of", "Fog rolls over", "Counting seals near", "Sketching in",
)  # fmt: skip
_WHERE = (
    "Varrow Point", "Ellersund", "Skarrey", "Port Illian", "Tolmen Sands", "Greywater", "Nesvik Harbour",
    "Quillan Bay", "Orrin Light", "Hallow Reach", "Merrin Sound", "Dunvarra", "Kestrel Rock",
)  # fmt: skip
_FOREIGN = (
    "{n}番の灯台で朝を待つ", "Прогулка по причалу № {n}", "رحلة بحرية رقم {n}", "लहरों के किनारे {n}",
    "Über die Düne, Teil {n}", "Un día en el faro, n.º {n}", "הליכה לאורך הים {n}", "🌊 Tide pools #{n} 🦀",
)  # fmt: skip


def made_up_title(video_id: str, number: int | None) -> str:
    """A believable title; one in six is in another language or has emoji."""
    value = noise(video_id, "title")
    shown = value % 97 if number is None else number
    if value % 6 == 0:
        return _FOREIGN[value // 6 % len(_FOREIGN)].format(n=shown)
    title = f"{_WHAT[value // 6 % len(_WHAT)]} {_WHERE[value // 97 % len(_WHERE)]}"
    return title if number is None else f"No. {number} · {title}"


def made_up_description(title: str, video_id: str) -> str:
    """Two paragraphs with a link, as under most videos."""
    return (
        f"{title}.\n\nRecorded and edited by volunteers of the Strandline Archive.\n"
        f"Notes and maps: https://strandline.example/notes/{video_id}\n#coast #archive"
    )
