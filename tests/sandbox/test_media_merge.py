from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from media_probe import a_video, assert_even, decode, probe, run, stored, whole

from ytarchive_tui.sandbox.media import (
    hls_init,
    hls_itags,
    hls_master,
    hls_playlist,
    hls_segment,
    hls_segments,
    open_media,
)
from ytarchive_tui.sandbox.model import Video


@pytest.mark.parametrize(
    ("picture", "sound", "container"),
    [(160, 140, "mp4"), (278, 251, "webm")],
)
def test_twenty_minutes_merge_without_a_hole(
    picture: int, sound: int, container: str, tmp_path: Path
) -> None:
    video = a_video(duration_s=1201)
    merged = tmp_path / f"merged.{container}"
    one, other = (stored(open_media(video, itag), tmp_path / str(itag)) for itag in (picture, sound))
    run("ffmpeg", "-v", "warning", "-i", one, "-i", other, "-c", "copy", "-map", "0:v", "-map", "1:a", merged)
    told = probe(merged)
    assert [stream["codec_type"] for stream in told["streams"]] == ["video", "audio"]
    assert abs(float(told["format"]["duration"]) - 1201) < 0.5
    assert_even(merged)


@pytest.mark.parametrize(
    ("picture", "sound", "container"),
    [(137, 140, "mp4"), (248, 251, "webm"), (248, 251, "mkv"), (137, 251, "mkv"), (248, 140, "mp4")],
)
def test_a_merged_file_decodes(picture: int, sound: int, container: str, tmp_path: Path) -> None:
    video = a_video(duration_s=5, media_bytes=1_000_000)
    one, other = (stored(open_media(video, itag), tmp_path / str(itag)) for itag in (picture, sound))
    merged = tmp_path / f"merged.{container}"
    run("ffmpeg", "-v", "warning", "-i", one, "-i", other, "-c", "copy", merged)
    decode(merged)


def test_segments_are_the_file_cut() -> None:
    video = a_video(duration_s=61, media_bytes=1_000_000)
    parts = [hls_segment(video, 96, n) for n in range(hls_segments(video, 96))]
    assert sum(part.size for part in parts) + hls_init(video, 96).size == 1_000_000
    assert len({whole(part) for part in parts}) == len({part.etag for part in parts}) == len(parts) == 16
    for n in (-1, len(parts)):
        with pytest.raises(KeyError):
            hls_segment(video, 96, n)


@pytest.mark.parametrize("seconds", [1, 4, 61, 1201])
def test_a_playlist_lasts_as_long_as_the_video(seconds: int) -> None:
    video = a_video(duration_s=seconds)
    text = hls_playlist(video, 93, "https://host/x")
    lengths = [float(length) for length in re.findall(r"#EXTINF:([\d.]+),", text)]
    assert len(lengths) == hls_segments(video, 93)
    assert abs(sum(lengths) - seconds) < 0.1
    assert max(lengths) <= int(text.split("TARGETDURATION:")[1].split()[0])
    assert text.rstrip().endswith("#EXT-X-ENDLIST")


def test_variants_follow_the_heights() -> None:
    assert hls_itags(a_video(heights=(144, 720, 2160))) == (91, 95)
    assert hls_itags(a_video(heights=(2160,))) == (93,)
    with pytest.raises(KeyError):
        hls_playlist(a_video(heights=(144,)), 96, "https://host/x")


@contextmanager
def _hls_server(video: Video) -> Iterator[str]:
    """Serve the video's HLS under the address that this yields."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answer(self.path.strip("/").split("/"))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    def answer(parts: list[str]) -> bytes:
        match parts:
            case ["master.m3u8"]:
                return hls_master(video, base).encode()
            case [itag, "index.m3u8"]:
                return hls_playlist(video, int(itag), base).encode()
            case [itag, "init.mp4"]:
                return whole(hls_init(video, int(itag)))
            case [itag, name]:
                return whole(hls_segment(video, int(itag), int(name.removesuffix(".m4s"))))
        raise KeyError(parts)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield base
        server.shutdown()
        thread.join()


def test_yt_dlp_archives_hls(tmp_path: Path) -> None:
    from yt_dlp import YoutubeDL

    target = tmp_path / "video.mp4"
    video = a_video(duration_s=21, heights=(144, 360))
    options: Any = {"outtmpl": str(target), "format": "best", "quiet": True, "noprogress": True}
    with _hls_server(video) as base, YoutubeDL(options) as downloader:
        info: Any = downloader.extract_info(f"{base}/master.m3u8")
    assert (info["height"], info["protocol"]) == (360, "m3u8_native")
    told = probe(target)
    assert [stream["codec_name"] for stream in told["streams"]] == ["h264", "aac"]
    assert abs(float(told["format"]["duration"]) - 21) < 0.5
    assert_even(target)
    decode(target)


def test_ffmpeg_reads_hls(tmp_path: Path) -> None:
    target = tmp_path / "video.mkv"
    with _hls_server(a_video(duration_s=13)) as base:
        run("ffmpeg", "-v", "error", "-i", f"{base}/91/index.m3u8", "-c", "copy", target)
    assert abs(float(probe(target)["format"]["duration"]) - 13) < 0.5
    decode(target)
