"""One run of ffprobe over every packet of a media file, condensed while it is read.

The timeline of the packets is what shows a hole: a file that lost fragments has the right duration
and decodes without a complaint.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO

FORMATS = "mov,mp4,m4a,matroska,webm,ogg,mp3,aac,flac,wav"
"""What counts as media; a playlist or a page never does, so ffmpeg can't be led to other files."""

_ENTRIES = (
    "packet=stream_index,pts_time,dts_time,duration_time"
    ":stream=index,codec_type,codec_name,height:stream_disposition=attached_pic"
    ":format=format_name,duration"
)
_DAMAGE = re.compile(
    r"corrupt|truncat|invalid|partial file|prematurely|not found|missing|error|damaged"
    r"|exceeds|overread|unable|unknown element|element at 0x",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"Could not update timestamps for skipped samples|Estimating duration from bitrate")
_MOST_COMPLAINTS = 5


@dataclass(slots=True)
class Timeline:
    """What the packets of one stream tell; seconds."""

    packets: int = 0
    first_s: float = 0.0
    """When the first packet is shown; `end_s`: when the last one has been."""
    end_s: float = 0.0
    largest_gap_s: float = 0.0
    gap_at_s: float = 0.0
    largest_step_back_s: float = 0.0
    _decoded_s: float = 0.0

    def add(self, decoded_s: float, shown_s: float, duration_s: float) -> None:
        """Take the next packet in file order; pictures are decoded in another order than shown."""
        if self.packets == 0:
            self.first_s, self._decoded_s = shown_s, decoded_s
        step = decoded_s - self._decoded_s
        if step > self.largest_gap_s:
            self.largest_gap_s, self.gap_at_s = step, self._decoded_s
        self.largest_step_back_s = max(self.largest_step_back_s, -step)
        self.first_s = min(self.first_s, shown_s)
        self.end_s = max(self.end_s, shown_s + duration_s)
        self._decoded_s = decoded_s
        self.packets += 1

    @property
    def interval_s(self) -> float:
        """The mean time from packet to packet."""
        return (self.end_s - self.first_s) / self.packets if self.packets else 0.0


@dataclass(slots=True)
class Stream:
    """A stream as the file declares it, and its packets."""

    kind: str
    codec: str
    height: int | None
    timeline: Timeline


@dataclass(slots=True)
class Report:
    """What ffprobe told of one file."""

    format_name: str = ""
    duration_s: float | None = None
    streams: list[Stream] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Lines of ffprobe that mean damage, the first few; may be hostile."""

    def of_kind(self, kind: str) -> list[Stream]:
        """The `video` or `audio` streams; a cover picture is none."""
        return [stream for stream in self.streams if stream.kind == kind]


def probe(ffprobe: str, path: str) -> Report:
    """Read all packets of a file; raises `OSError` when ffprobe can't be started.

    https://ffmpeg.org/ffprobe.html
    """
    command = [ffprobe, "-v", "warning", "-protocol_whitelist", "file", "-format_whitelist", FORMATS]
    command += ["-of", "compact", "-show_entries", _ENTRIES, "-i", f"file:{path}"]
    report = Report()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        # Both pipes are read at once: a full one would stop ffprobe for ever.
        listener = threading.Thread(target=_listen, args=(process.stderr, report.complaints))
        listener.start()
        _read(process.stdout, report)
        listener.join()
    if process.returncode != 0 and not report.complaints:
        report.complaints.append(f"ffprobe ended with {process.returncode}")
    return report


def _listen(errors: IO[str], complaints: list[str]) -> None:
    for line in errors:
        if len(complaints) < _MOST_COMPLAINTS and _DAMAGE.search(line) and not _HARMLESS.search(line):
            complaints.append(re.sub(r"^\[(\S+) @ \S+\] ", r"\1: ", line.strip())[:200])


def _read(lines: Iterable[str], report: Report) -> None:
    timelines: dict[str, Timeline] = {}
    for line in lines:
        kind, _, rest = line.rstrip("\n").partition("|")
        if kind not in ("packet", "stream", "format"):
            continue
        fields = dict(part.partition("=")[::2] for part in rest.split("|"))
        if kind == "packet":
            decoded, shown = _number(fields.get("dts_time")), _number(fields.get("pts_time"))
            time_s = shown if decoded is None else decoded
            if time_s is not None:
                timelines.setdefault(fields.get("stream_index", ""), Timeline()).add(
                    time_s,
                    time_s if shown is None else shown,
                    _number(fields.get("duration_time")) or 0.0,
                )
        elif kind == "stream":
            if fields.get("disposition:attached_pic") != "1":
                height = _number(fields.get("height"))
                report.streams.append(
                    Stream(
                        kind=fields.get("codec_type", ""),
                        codec=fields.get("codec_name", ""),
                        height=None if height is None else int(height),
                        timeline=timelines.get(fields.get("index", ""), Timeline()),
                    )
                )
        else:
            report.format_name = fields.get("format_name", "")
            report.duration_s = _number(fields.get("duration"))


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
