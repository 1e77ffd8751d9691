"""The videos of the sample archives, what goes wrong with some, and what the stages leave of the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ytarchive_tui.domain.errors import Evidence
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    AtSource,
    Downloaded,
    FileRole,
    Format,
    ItemMetadata,
    Manifest,
    ManifestFile,
    Stage,
    StagedDownload,
    StagedFile,
    Stored,
)

NOW = datetime(2026, 11, 22, 14, 12, 40, tzinfo=UTC)
ARCHIVE = Path("/home/ada/Videos/archive")


class Clip(NamedTuple):
    """A video as the samples tell it."""

    title: str
    channel: str
    seconds: int
    published: str

    @property
    def video_id(self) -> str:
        """Eleven characters that stay with the title."""
        return sha256(self.title.encode()).hexdigest()[:11]

    @property
    def bytes_(self) -> int:
        """About what 1080p needs."""
        return self.seconds * 310_000 + len(self.title) * 1_234_567


HARBOUR, _B, _T, _L = "Harbour Films", "Paul's Bench", "旅の記録", "MIT Lectures"
DONE = (
    Clip("The last steam ferry", HARBOUR, 2713, "2024-05-12"),
    Clip("Low tide at Varrow Point", HARBOUR, 914, "2024-06-02"),
    Clip("Rope walk: how a hawser is laid", HARBOUR, 1260, "2024-07-19"),
    Clip("港町の朝市を歩く 4K HDR バイノーラル録音", _T, 3605, "2025-01-08"),
    Clip("Hand-cut dovetails, start to finish", _B, 4412, "2023-11-30"),
    Clip("Sharpening a hand plane in five minutes", _B, 301, "2025-03-04"),
    Clip("Ночной паром через пролив", "Тихий берег", 1822, "2022-09-14"),
    Clip("Lecture 10: Clocks and ordering", _L, 4980, "2025-02-17"),
)
RUNNING = (
    (Clip("Lecture 12: Fault-tolerant clocks", _L, 5110, "2025-03-03"), Stage.DOWNLOAD, "video", 0.74, 4.1e6),
    (Clip("夜の路面電車、終点まで", _T, 2950, "2025-10-11"), Stage.DOWNLOAD, "video", 0.24, 3.9e6),
    (Clip("Building a workbench without a workbench", _B, 3371, "2025-09-21"), Stage.DOWNLOAD, "audio", 0.93,
     1.2e6),
    (Clip("Lecture 11: Consensus", _L, 4702, "2025-02-24"), Stage.STORAGE, "verifying", 0.58, None),
)  # fmt: skip
QUEUED = (
    Clip("Tuning a harpsichord by ear", "Early Strings", 1504, "2025-08-15"),
    Clip("Lecture 13: Two generals", _L, 4890, "2025-03-10"),
    Clip("Lecture 14: Snapshots of a moving system", _L, 5002, "2025-03-17"),
    Clip("A chair from one board", _B, 2890, "2025-10-02"),
    Clip("北の灯台、冬の一日", _T, 2210, "2025-11-01"),
    Clip("Storm watch, 9 November", HARBOUR, 7300, "2025-11-10"),
    Clip("How they build boats in Ellersund", HARBOUR, 1875, "2025-11-17"),
)
PAUSED = Clip("Season finale: the whole kitchen in one take (2160p)", _B, 6720, "2025-10-30")
RESET = Evidence(exception=("ConnectionResetError",), errno=104, activity="media")
SOON = Evidence(live_status="is_upcoming", starts_at=NOW + timedelta(hours=28), activity="extract")
BOT = Evidence(
    exception=("ExtractorError",), message="Sign in to confirm you’re not a bot.", activity="extract"
)
_MEMBERS = Evidence(
    message="This video is available to this channel's members on level: Star gazer", activity="extract"
)
_AGE = Evidence(message="Sign in to confirm your age. This video may be inappropriate.", activity="extract")
_GONE = Evidence(message="This video has been removed by the uploader", activity="extract")
_GEO = Evidence(exception=("GeoRestrictedError",), message="not made this video available in your country")
_FORMAT = Evidence(message="Requested format is not available", activity="extract")
_FULL = Evidence(exception=("OSError",), errno=28, message="No space left on device", activity="media")
_SHORT = Evidence(
    exception=("VerificationFailed",), message="audio ends 42 s before the video", activity="verify"
)
FAILING = (
    (Clip("Members' Q&A, March", "Night Sky Club", 5400, "2025-03-21"), Stage.METADATA, _MEMBERS, 1),
    (Clip("Members' Q&A, April", "Night Sky Club", 5230, "2025-04-18"), Stage.METADATA, _MEMBERS, 1),
    (Clip("Anatomy of a shipwreck", HARBOUR, 2650, "2021-02-03"), Stage.METADATA, _AGE, 1),
    (Clip("Concert in the lighthouse", "Early Strings", 3900, "2020-12-24"), Stage.METADATA, _GONE, 2),
    (Clip("Only in Norway: the coastal mail", "Тихий берег", 1710, "2024-01-14"), Stage.METADATA, _GEO, 1),
    (Clip("Test card, 24 hours", "Early Strings", 86_400, "2019-06-01"), Stage.DOWNLOAD, _FULL, 3),
    (Clip("Interview with the last rope maker of Ellersund", HARBOUR, 4021, "2024-08-30"), Stage.DOWNLOAD,
     _SHORT, 3),
    (Clip("Moon rise over the bay", "Night Sky Club", 640, "2025-05-02"), Stage.METADATA, _FORMAT, 1),
)  # fmt: skip
REFUSED = tuple(
    Clip(f"Star log {number}: {name}", "Night Sky Club", 900 + 37 * number, "2025-06-15")
    for number, name in enumerate(
        ("Vega", "Lyra’s ring", "夏の大三角", "Perseids, live", "Saturn at opposition"), 1
    )
)
MADE_UP = tuple(
    (what, where)
    for where in ("Skarrey", "Port Illian", "Tolmen Sands", "Nesvik Harbour", "Orrin Light", "Merrin Sound")
    for what in ("Night walk around", "Repairing the pier of", "A winter morning in", "Fog rolls over",
                 "Old maps of")
)  # fmt: skip


def metadata(clip: Clip) -> ItemMetadata:
    """As the site tells it."""
    picture = Format(
        format_id="137",
        ext="mp4",
        height=1080,
        fps=25,
        vcodec="avc1.640028",
        filesize=clip.bytes_ - 16_800 * clip.seconds,
    )
    sound = Format(format_id="140", ext="m4a", acodec="mp4a.40.2", filesize=16_800 * clip.seconds)
    return ItemMetadata(
        extractor="youtube", video_id=clip.video_id, provider="ytdlp", title=clip.title, channel=clip.channel,
        description=f"{clip.title}.\n\nRecorded and edited by volunteers of the Strandline Archive.",
        duration_s=clip.seconds, published_at=datetime.fromisoformat(f"{clip.published}T12:00:00+00:00"),
        at_source=AtSource.PUBLIC, subtitles=("en",),
        offered=(picture, sound, picture.model_copy(update={"format_id": "401", "height": 2160})),
        selected=(picture, sound),
    )  # fmt: skip


def downloaded(clip: Clip) -> Downloaded:
    """As the download stage leaves it."""
    told = metadata(clip)
    files = (StagedFile(name="media.mp4", role=FileRole.MEDIA),)
    return Downloaded(staged=StagedDownload(metadata=told, files=files, obtained=told.selected))


def stored(clip: Clip, job_id: int, now: datetime) -> Stored:
    """As the storage stage leaves it."""
    stem = f"{clip.title.replace('/', '_')} [{clip.video_id}]"
    files = (
        (f"{stem}.mp4", FileRole.MEDIA, clip.bytes_, None),
        (f"{stem}.en.vtt", FileRole.SUBTITLE, 48_211, "en"),
        (f"{stem}.info.json", FileRole.INFO, 91_450, None),
        (f"{stem}.jpg", FileRole.THUMBNAIL, 183_002, None),
    )
    manifest = Manifest(
        extractor="youtube", video_id=clip.video_id, job=job_id, archived_at=now, title=clip.title,
        channel=clip.channel, duration_s=clip.seconds, quality="1080p", offered_height=2160,
        obtained_height=1080, obtained=metadata(clip).selected,
        files=tuple(
            ManifestFile(name=name, role=role, size=size, language=lang,
                         sha256=sha256(name.encode()).hexdigest())
            for name, role, size, lang in files
        ),
    )  # fmt: skip
    folder = f"{clip.channel}/{clip.published} {stem}"
    copy = ArchivedCopy(archive=ARCHIVE, archive_uuid=UUID(int=7), folder=folder, manifest=manifest)
    return Stored(archived=copy)
