"""YouTube's formats (itags) of a video, and the file behind each."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from ..model import Video
from . import mp4, webm
from .layout import MediaFile, Plan
from .tracks import Track, track

AVC = {160: 144, 133: 240, 134: 360, 135: 480, 136: 720, 137: 1080, 264: 1440, 266: 2160}
VP9 = {278: 144, 242: 240, 243: 360, 244: 480, 247: 720, 248: 1080, 271: 1440, 313: 2160}
AAC = (139, 140)
OPUS = (249, 250, 251)
COMBINED = 18
HLS = {91: 144, 92: 240, 93: 360, 94: 480, 95: 720, 96: 1080}


@dataclass(frozen=True, slots=True)
class Format:
    """What YouTube tells of one format; pictures have no `sample_rate`, sounds no `width`."""

    itag: int
    mime_type: str
    """Without the codecs, such as `video/mp4`."""
    codecs: str
    """As in the MIME type's parameter, such as `avc1.640028, mp4a.40.2`."""
    width: int
    height: int
    fps: int
    bitrate: int
    """Bits a second, on average over the file."""
    size: int
    has_video: bool
    has_audio: bool
    sample_rate: int
    channels: int
    quality_label: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """How an itag's files are made, whatever the video."""

    mime_type: str
    tracks: tuple[str, ...]

    def plan(self, seconds: int) -> Plan:
        """What a file of that length is made of."""
        if self.mime_type.endswith("mp4"):
            return mp4.plan(self.tracks, seconds)
        return webm.plan(self.tracks[0], seconds)


def _kinds() -> dict[int, _Kind]:
    kinds = {itag: _Kind("video/mp4", (f"avc1-{height}",)) for itag, height in AVC.items()}
    kinds |= {itag: _Kind("video/webm", (f"vp9-{height}",)) for itag, height in VP9.items()}
    kinds |= {itag: _Kind("audio/mp4", (f"mp4a-{itag}",)) for itag in AAC}
    kinds |= {itag: _Kind("audio/webm", (f"opus-{itag}",)) for itag in OPUS}
    kinds |= {itag: _Kind("video/mp4", (f"avc1-{height}", "mp4a-140")) for itag, height in HLS.items()}
    return kinds | {COMBINED: kinds[93]}


_KINDS = _kinds()


def tracks_of(itag: int) -> tuple[Track, ...]:
    """The tracks in that format's files, the picture first; KeyError for an unknown itag."""
    return tuple(track(name) for name in _KINDS[itag].tracks)


def available(video: Video, itags: dict[int, int]) -> tuple[int, ...]:
    """Those of `itags` (itag → height) whose height the video has."""
    return tuple(itag for itag, height in itags.items() if height in video.heights)


def adaptive(video: Video) -> tuple[int, ...]:
    """The video's itags with either picture or sound."""
    return (*available(video, AVC), *available(video, VP9), *AAC, *OPUS)


def formats(video: Video) -> tuple[Format, ...]:
    """The video's adaptive formats: a picture in MP4 and WebM for each of its heights, and five sounds."""
    return tuple(describe(video, itag) for itag in adaptive(video))


def combined(video: Video) -> Format:
    """Format 18: 360p picture and sound in one file, which every video has."""
    return describe(video, COMBINED)


def describe(video: Video, itag: int) -> Format:
    """All about one format of a video."""
    tracks, size = tracks_of(itag), media_file(video, itag).size
    picture = next((each for each in tracks if each.is_video), None)
    sound = next((each for each in tracks if not each.is_video), None)
    return Format(
        itag=itag,
        mime_type=_KINDS[itag].mime_type,
        codecs=", ".join(each.codecs for each in tracks),
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
        fps=round(picture.timescale / picture.ticks) if picture else 0,
        bitrate=size * 8 // length(video),
        size=size,
        has_video=picture is not None,
        has_audio=sound is not None,
        sample_rate=sound.sample_rate if sound else 0,
        channels=sound.channels if sound else 0,
        quality_label=f"{picture.height}p" if picture else "",
    )


def open_media(video: Video, itag: int, revision: int | None = None) -> MediaFile:
    """The file behind a format of the video, by default of its current revision.

    KeyError for an itag that the video does not have.
    """
    if itag != COMBINED and itag not in adaptive(video):
        raise KeyError(itag)
    return media_file(video, itag, revision)


def media_file(video: Video, itag: int, revision: int | None = None) -> MediaFile:
    """As `open_media`, for any itag that there is, HLS among them."""
    revision = video.revision if revision is None else revision
    kind = _KINDS[itag]
    plan = kind.plan(length(video))
    wished = video.media_bytes if kind.mime_type.startswith("video") else None
    seed = blake2b(f"{video.id}/{itag}/{revision}".encode(), digest_size=16).digest()
    size = max(plan.natural_size, wished or 0)
    # Size and length are part of the ETag: a knob that changes either makes another file.
    etag = blake2b(f"{size}/{video.duration_s}".encode(), key=seed, digest_size=8).hexdigest()
    return MediaFile(plan, seed, size, kind.mime_type, f'"{etag}"')


def length(video: Video) -> int:
    """Seconds of media; a video without a duration has one second."""
    return max(1, video.duration_s)


def last_modified(video: Video, revision: int | None = None) -> int:
    """When that revision was encoded (the `lmt` of media URLs), in microseconds since 1970.

    The first one an hour after publication, each later one a day after the one before.
    """
    revision = video.revision if revision is None else revision
    odd = int.from_bytes(blake2b(video.id.encode(), digest_size=4).digest(), "big") % 1_000_000
    seconds = int(video.published.timestamp()) + 3600 + revision * 86400
    return seconds * 1_000_000 + odd
