"""Whether a media file is what was to be downloaded: pure rules over what ffprobe told."""

from __future__ import annotations

from ytarchive_tui.domain.models import Format, Frozen

from .probe import Report, Stream

_LEAST_TOLERANCE_S = 2.0
_TOLERANCE = 0.01
_LATEST_START_S = 2.0
_DECLARED_S = 1.0
"""How far the last packet may lie from the end that the file itself declares."""
_HEIGHT_PIXELS = 16
"""Codecs round the height up to whole blocks."""
_LARGEST_GAP_S = {"audio": 1.0, "video": 2.0}
_LARGEST_GAP_PACKETS = 10
"""Slide shows have seconds between pictures: a gap is one only beside the stream's own pace."""

_CODECS = {
    "avc1": "h264",
    "avc3": "h264",
    "h264": "h264",
    "hev1": "hevc",
    "hvc1": "hevc",
    "vp8": "vp8",
    "vp08": "vp8",
    "vp9": "vp9",
    "vp09": "vp9",
    "av01": "av1",
    "mp4a": "aac",
    "opus": "opus",
    "vorbis": "vorbis",
}
"""ffmpeg's names of the codecs that sites name after RFC 6381."""


class Expected(Frozen):
    """What the site and the download stage said of the media file."""

    duration_s: float | None = None
    video: bool
    audio: bool
    height: int | None = None
    vcodec: str | None = None
    acodec: str | None = None

    @classmethod
    def of(cls, obtained: tuple[Format, ...], duration_s: float | None, quality: str) -> Expected:
        """From the formats that were obtained; without any, from the wished quality."""
        vcodecs = [f.vcodec for f in obtained if f.vcodec not in (None, "none")]
        acodecs = [f.acodec for f in obtained if f.acodec not in (None, "none")]
        heights = [f.height for f in obtained if f.height]
        if quality == "audio":
            # The picture of a combined format was dropped.
            return cls(
                duration_s=duration_s or None, video=False, audio=True, acodec=next(iter(acodecs), None)
            )
        return cls(
            duration_s=duration_s or None,
            video=bool(vcodecs or heights) if obtained else True,
            audio=bool(acodecs),
            height=max(heights, default=None),
            vcodec=vcodecs[0] if vcodecs else None,
            acodec=acodecs[0] if acodecs else None,
        )


def problems(report: Report, expected: Expected) -> list[str]:
    """Everything that is wrong, each in a few words with its figures; empty for a good file."""
    return faults(report, expected) + flaws(report, expected)


def faults(report: Report, expected: Expected) -> list[str]:
    """What no good file has: damage, a missing stream, another picture or codec than was asked for."""
    video, audio = report.of_kind("video"), report.of_kind("audio")
    found = [f"ffprobe says: {complaint}" for complaint in report.complaints]
    found += _missing_streams(video, audio, expected)
    found += [f"the {stream.kind} stream is empty" for stream in video + audio if not stream.timeline.packets]
    if video and expected.height and abs((video[0].height or 0) - expected.height) > _HEIGHT_PIXELS:
        found.append(f"{video[0].height} lines high instead of {expected.height}")
    found += _codec_problem(video, expected.vcodec) + _codec_problem(audio, expected.acodec)
    return found


def flaws(report: Report, expected: Expected) -> list[str]:
    """What is wrong with its timeline: a good file may have it from its source, a cut one has it too."""
    found: list[str] = []
    for stream in report.of_kind("video") + report.of_kind("audio"):
        found += _timeline_problems(stream)
    return found + _duration_problems(report, expected)


def tolerance_s(duration_s: float) -> float:
    """How far two durations may differ: sites round them, and sound rarely ends with the picture."""
    return max(_LEAST_TOLERANCE_S, duration_s * _TOLERANCE)


def _missing_streams(video: list[Stream], audio: list[Stream], expected: Expected) -> list[str]:
    found = []
    if expected.video and not video:
        found.append("no video in it")
    if expected.audio and not audio:
        found.append("no sound in it")
    if not video and not audio:
        found.append("neither video nor sound in it")
    return found


def _timeline_problems(stream: Stream) -> list[str]:
    line = stream.timeline
    if line.packets == 0:
        return []
    found = []
    if line.first_s > _LATEST_START_S:
        found.append(f"{stream.kind} begins only at {line.first_s:.1f} s")
    limit_s = max(_LARGEST_GAP_S[stream.kind], _LARGEST_GAP_PACKETS * line.interval_s)
    if line.largest_gap_s > limit_s:
        end_s = line.gap_at_s + line.largest_gap_s
        found.append(f"no {stream.kind} from {line.gap_at_s:.1f} s to {end_s:.1f} s")
    if line.largest_step_back_s > limit_s:
        found.append(f"the time in its {stream.kind} jumps back by {line.largest_step_back_s:.1f} s")
    return found


def _duration_problems(report: Report, expected: Expected) -> list[str]:
    ends = {
        stream.kind: stream.timeline.end_s
        for stream in report.of_kind("audio") + report.of_kind("video")
        if stream.timeline.packets
    }
    if not ends:
        return []
    end_s = max(ends.values())
    found = []
    if expected.duration_s is not None and abs(end_s - expected.duration_s) > tolerance_s(
        expected.duration_s
    ):
        found.append(f"{end_s:.1f} s long instead of {expected.duration_s:.1f} s")
    slack_s = _DECLARED_S + max(s.timeline.interval_s for s in report.streams)
    if report.duration_s is not None and abs(report.duration_s - end_s) > slack_s:
        found.append(f"declares {report.duration_s:.1f} s but ends at {end_s:.1f} s")
    if abs(end_s - min(ends.values())) > tolerance_s(end_s):
        found.append(f"video ends at {ends['video']:.1f} s, sound at {ends['audio']:.1f} s")
    return found


def _codec_problem(streams: list[Stream], named: str | None) -> list[str]:
    """A complaint when a codec that the site named is surely another one."""
    wanted = _CODECS.get((named or "").split(".")[0].lower())
    if not streams or wanted is None or streams[0].codec == wanted:
        return []
    return [f"{streams[0].kind} is {streams[0].codec} instead of {wanted}"]
