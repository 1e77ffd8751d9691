"""HLS (RFC 8216) of a video: the combined MP4 file of each height, cut into segments.

A variant's initialization section and its segments are slices of one file, so what a downloader
puts together from them is that file, byte for byte.
"""

from __future__ import annotations

from math import ceil

from ..model import Video
from .formats import HLS, available, describe, length, media_file, tracks_of
from .layout import Slice

FRAGMENTS = 2
"""Fragments in a segment, about 4 s."""


def hls_itags(video: Video) -> tuple[int, ...]:
    """The variants' itags: one for each height up to 1080, or the 360p one if there is none such."""
    return available(video, HLS) or (93,)


def hls_master(video: Video, base_url: str) -> str:
    """The master playlist; a variant's address is `{base_url}/{itag}/index.m3u8`."""
    lines = ["#EXTM3U", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for itag in hls_itags(video):
        about = describe(video, itag)
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={about.bitrate},RESOLUTION={about.width}x{about.height},"
            f'FRAME-RATE={about.fps},CODECS="{about.codecs.replace(" ", "")}"'
        )
        lines.append(f"{base_url}/{itag}/index.m3u8")
    return "\n".join(lines) + "\n"


def hls_playlist(video: Video, itag: int, base_url: str) -> str:
    """A variant's playlist; its parts are `{base_url}/{itag}/init.mp4` and `{base_url}/{itag}/{n}.m4s`.

    KeyError for an itag that the video does not have.
    """
    _check(video, itag)
    picture = tracks_of(itag)[0]
    total, each = picture.packets_for(length(video)), picture.packets * FRAGMENTS
    count = hls_segments(video, itag)
    packets = [min(each, total - n * each) for n in range(count)]
    seconds = [one * picture.ticks / picture.timescale for one in packets]
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-TARGETDURATION:{ceil(max(seconds))}", f'#EXT-X-MAP:URI="{base_url}/{itag}/init.mp4"',
    ]  # fmt: skip
    for n, lasts in enumerate(seconds):
        lines += [f"#EXTINF:{lasts:.6f},", f"{base_url}/{itag}/{n}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def hls_segments(video: Video, itag: int) -> int:
    """How many segments the variant has."""
    return ceil(media_file(video, itag).plan.count / FRAGMENTS)


def hls_init(video: Video, itag: int) -> Slice:
    """The variant's initialization section; KeyError for an itag that the video does not have."""
    _check(video, itag)
    whole = media_file(video, itag)
    return Slice(whole, 0, whole.plan.head_size, "video/mp4")


def hls_segment(video: Video, itag: int, n: int) -> Slice:
    """Segment `n` of the variant, from 0; KeyError for an itag or a number that there is not."""
    _check(video, itag)
    whole = media_file(video, itag)
    if not 0 <= n * FRAGMENTS < whole.plan.count:
        raise KeyError(n)
    start = whole.unit_start(n * FRAGMENTS)
    return Slice(whole, start, whole.unit_start((n + 1) * FRAGMENTS) - start, "video/mp4")


def _check(video: Video, itag: int) -> None:
    if itag not in hls_itags(video):
        raise KeyError(itag)
