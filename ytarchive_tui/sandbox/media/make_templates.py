"""Make the templates with ffmpeg; a developer's tool: `python -m ytarchive_tui.sandbox.media.make_templates`.

Each track is one loop: test bars with a bouncing block, or a tone, whose period is the loop's
length, so that loops join without a jump. The MP4 grid is that of AAC at 44.1 kHz: 86 packets of
1,024 samples (1.997 s) hold 16 pictures of 5,504 ticks, so sound and picture of a looped file never
drift apart. The WebM grid is 2 s: 100 Opus packets or 16 pictures. ffmpeg writes an MP4 file in each
case, because ffprobe then tells where each packet lies.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from .thumbnails import SIZES
from .tracks import TEMPLATES

WIDTHS = {144: 256, 240: 426, 360: 640, 480: 854, 720: 1280, 1080: 1920, 1440: 2560, 2160: 3840}
PICTURES = 16
MP4_LOOP = 86 * 1024
"""Ticks of 1/44100 s."""
PALETTES = (
    ("0x103060", "0xf08030"),
    ("0x401050", "0x40c0c0"),
    ("0x084030", "0xe0d060"),
    ("0x501018", "0x6080e0"),
)
WARM_UP = 172
"""Audio packets left out, so that the encoder is in its steady state; whole loops of AAC."""


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def _encode(target: Path, source: str, *codec: str) -> None:
    exact = ("-fflags", "+bitexact")
    _run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, *codec, *exact, str(target))


def _probe(media: Path) -> tuple[dict[str, Any], list[bytes]]:
    """What ffprobe says of the only stream, and its packets."""
    shown = _run(
        "ffprobe", "-v", "error", "-show_streams", "-show_data", "-show_packets", "-of", "json", str(media)
    )
    told = json.loads(shown)
    raw = media.read_bytes()
    spans = ((int(packet["pos"]), int(packet["size"])) for packet in told["packets"])
    return told["streams"][0], [raw[pos : pos + size] for pos, size in spans]


def _extradata(stream: dict[str, Any]) -> bytes:
    """The bytes in ffprobe's hex dump: an offset, groups of hex digits, two spaces, then text."""
    lines = stream.get("extradata", "").strip().splitlines()
    return b"".join(bytes.fromhex(re.sub(r"^\w+: |  .*$", "", line)) for line in lines)


def _write(name: str, packets: list[bytes], **about: object) -> None:
    line = json.dumps(about | {"sizes": [len(packet) for packet in packets]})
    (TEMPLATES / f"{name}.track").write_bytes(line.encode() + b"\n" + b"".join(packets))


def _bars(height: int) -> str:
    width, block = WIDTHS[height], height // 6 * 2
    across, down = f"(W-w)*(0.5-0.5*cos(PI*n/{PICTURES // 2}))", f"(H-h)*(0.5+0.5*sin(PI*n/{PICTURES // 2}))"
    return (
        f"smptehdbars=size={width}x{height}:rate=8[bars];color=orange:size={block}x{block}:rate=8[block];"
        f"[bars][block]overlay=x='{across}':y='{down}',trim=end_frame={PICTURES},format=yuv420p"
    )


def _video(folder: Path, height: int) -> None:
    media, size = folder / "video.mp4", {"width": WIDTHS[height], "height": height}
    _encode(
        media, _bars(height), "-c:v", "libx264", "-preset", "veryslow", "-refs", "2", "-bf", "0", "-g", "99",
        "-crf", "36", "-threads", "1", "-bsf:v", "filter_units=remove_types=6",
    )  # fmt: skip
    stream, packets = _probe(media)
    config = _extradata(stream)
    _write(
        f"avc1-{height}", packets, codec="avc1", codecs=f"avc1.{config[1:4].hex()}", config=config.hex(),
        timescale=44100, ticks=MP4_LOOP // PICTURES, **size,
    )  # fmt: skip
    _encode(
        media, _bars(height), "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "48", "-g", "99", "-threads", "1",
        "-lag-in-frames", "0", "-auto-alt-ref", "0",
    )  # fmt: skip
    _, packets = _probe(media)
    _write(f"vp9-{height}", packets, codec="vp9", codecs="vp9", config="", timescale=1000, ticks=125, **size)


def _tone(rate: int, cycles_per_loop: int, loop_s: float) -> str:
    """A stereo chord's source; both tones fill the loop with whole cycles."""
    low, high = cycles_per_loop / loop_s, cycles_per_loop * 1.5 / loop_s
    return f"aevalsrc=0.2*sin({low}*2*PI*t)|0.2*sin({high}*2*PI*t):s={rate}:d=14"


def _audio(folder: Path) -> None:
    media = folder / "audio.mp4"
    for itag, rate, bitrate in ((140, 44100, "48k"), (139, 22050, "24k")):
        loop = MP4_LOOP * rate // 44100
        _encode(media, _tone(rate, 880, loop / rate), "-c:a", "aac", "-b:a", bitrate)
        stream, packets = _probe(media)
        _write(
            f"mp4a-{itag}", packets[WARM_UP : WARM_UP + loop // 1024], codec="mp4a", codecs="mp4a.40.2",
            config=_extradata(stream).hex(), timescale=rate, ticks=1024, sample_rate=rate, channels=2,
        )  # fmt: skip
    # The packets come from the middle of a stream, so nothing is to be skipped at the start (pre-skip 0).
    head = b"OpusHead" + bytes((1, 2, 0, 0)) + (48000).to_bytes(4, "little") + bytes(3)
    for itag, bitrate in ((251, "48k"), (250, "32k"), (249, "20k")):
        _encode(media, _tone(48000, 880, 2), "-c:a", "libopus", "-b:a", bitrate, "-vbr", "off")
        _, packets = _probe(media)
        _write(
            f"opus-{itag}", packets[WARM_UP : WARM_UP + 100], codec="opus", codecs="opus", config=head.hex(),
            timescale=1000, ticks=20, sample_rate=48000, channels=2,
        )  # fmt: skip


def _pictures() -> None:
    for (name, (width, height)), (number, (top, bottom)) in product(SIZES.items(), enumerate(PALETTES)):
        corners = f"x0=0:y0=0:x1={width}:y1={height}"
        source = f"gradients=size={width}x{height}:rate=1:seed=1:c0={top}:c1={bottom}:{corners}"
        stem = str(TEMPLATES / f"{name}-{number}")
        _encode(Path(stem + ".jpg"), source, "-frames:v", "1", "-pix_fmt", "yuvj420p", "-q:v", "8")
        _encode(Path(stem + ".webp"), source, "-frames:v", "1", "-pix_fmt", "yuv420p", "-quality", "60")


def main() -> None:
    """Write every template anew."""
    TEMPLATES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for height in WIDTHS:
            _video(Path(folder), height)
        _audio(Path(folder))
    _pictures()


if __name__ == "__main__":
    main()
