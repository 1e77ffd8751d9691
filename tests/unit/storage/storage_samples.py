"""Real media made by ffmpeg, small and seeded, and ways to damage it."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ytarchive_tui.storage.judging import Expected

SECONDS = 9
HEIGHT = 96


@dataclass(frozen=True)
class Sample:
    """A media file and what the site would have said of it."""

    path: Path
    expected: Expected


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def expected(vcodec: str | None, acodec: str | None, duration_s: float = SECONDS) -> Expected:
    return Expected(
        duration_s=duration_s,
        video=vcodec is not None,
        audio=acodec is not None,
        height=HEIGHT if vcodec else None,
        vcodec=vcodec,
        acodec=acodec,
    )


H264_AAC = expected("avc1.4d400c", "mp4a.40.2")
VP9_OPUS = expected("vp09.00.10.08", "opus")
AAC = expected(None, "mp4a.40.2")
OPUS = expected(None, "opus")


def encode(folder: Path) -> dict[str, Sample]:
    """The kinds of file that a download ends in, each encoded once."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=160x{HEIGHT}:rate=25:duration={SECONDS}"]
    sound = ["-f", "lavfi", "-i", f"aevalsrc=0.3*sin(300*t*t)+0.1*random(0):duration={SECONDS}"]
    h264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-threads", "1"]
    vp9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"]
    mp4, webm = folder / "h264.mp4", folder / "vp9.webm"
    ffmpeg(*picture, *sound, *h264, "-c:a", "aac", "-b:a", "48k", mp4)
    ffmpeg(*picture, *sound, *vp9, "-c:a", "libopus", "-b:a", "48k", webm)
    ffmpeg("-i", webm, "-c", "copy", folder / "vp9.mkv")
    ffmpeg("-i", mp4, "-vn", "-c", "copy", folder / "aac.m4a")
    ffmpeg("-i", webm, "-vn", "-c", "copy", folder / "opus.opus")
    ffmpeg("-i", webm, "-vn", "-c", "copy", folder / "opus.webm")
    hls(mp4, folder / "hls")
    join_hls(folder / "hls", folder / "hls.mp4", dropped=())
    ffmpeg("-i", mp4, "-c", "copy", "-movflags", "+frag_keyframe+empty_moov", folder / "fragmented.mp4")
    return {
        "mp4": Sample(mp4, H264_AAC),
        "mkv": Sample(folder / "vp9.mkv", VP9_OPUS),
        "webm": Sample(webm, VP9_OPUS),
        "m4a": Sample(folder / "aac.m4a", AAC),
        "opus": Sample(folder / "opus.opus", OPUS),
        "audio-webm": Sample(folder / "opus.webm", OPUS),
        "hls-mp4": Sample(folder / "hls.mp4", H264_AAC),
        "fragmented-mp4": Sample(folder / "fragmented.mp4", H264_AAC),
    }


def hls(source: Path, folder: Path) -> None:
    folder.mkdir()
    ffmpeg(
        "-i",
        source,
        "-c",
        "copy",
        "-f",
        "hls",
        "-hls_time",
        "1.5",
        "-hls_list_size",
        "0",
        folder / "all.m3u8",
    )


def join_hls(folder: Path, target: Path, dropped: tuple[int, ...]) -> None:
    """As yt-dlp does: append the fragments that could be had, then remux."""
    fragments = sorted(folder.glob("all*.ts"), key=lambda path: int(path.stem[3:]))
    stream = target.with_suffix(".ts")
    stream.write_bytes(
        b"".join(fragment.read_bytes() for i, fragment in enumerate(fragments) if i not in dropped)
    )
    ffmpeg("-i", stream, "-c", "copy", "-bsf:a", "aac_adtstoasc", target)
    stream.unlink()


def remuxes(samples: dict[str, Sample], folder: Path, count: int) -> list[Sample]:
    """Good files: the samples cut, shifted and rewritten in every way that ffmpeg writes them."""
    random_ = random.Random(2)
    made = []
    for number in range(count):
        kind = sorted(samples)[number % len(samples)]
        source = samples[kind]
        length = random_.choice([2.6, 4.0, 5.5, 7.3, SECONDS])
        options: list[str] = ["-t", str(length), "-c", "copy"]
        suffix = source.path.suffix
        if suffix in (".mp4", ".m4a"):
            options += random_.choice([[], ["-movflags", "+faststart"], ["-movflags", "+frag_keyframe"]])
            suffix = random_.choice([suffix, ".mkv"])
        elif suffix in (".webm", ".mkv"):
            suffix = random_.choice([".webm", ".mkv"])
            options += random_.choice(
                [[], ["-cluster_time_limit", "500"], ["-metadata", "title=" + "x" * 300]]
            )
        path = folder / f"good{number}{suffix}"
        ffmpeg("-i", source.path, *options, path)
        reported = float(round(length))  # sites tell whole seconds
        made.append(Sample(path, source.expected.model_copy(update={"duration_s": reported})))
    return made


Damage = Callable[[bytes, random.Random], bytes]


def truncated(data: bytes, random_: random.Random) -> bytes:
    return data[: random_.randrange(len(data) // 50, len(data) - 200)]


def cut_by_a_few_bytes(data: bytes, random_: random.Random) -> bytes:
    return data[: -random_.randrange(1, 200)]


def garbage_tail(data: bytes, random_: random.Random) -> bytes:
    return data + random_.randbytes(random_.randrange(20, 5000))


def zeroed_block(data: bytes, random_: random.Random) -> bytes:
    at = random_.randrange(len(data) - 8192)
    return data[:at] + bytes(8192) + data[at + 8192 :]


def lost_block(data: bytes, random_: random.Random) -> bytes:
    at = random_.randrange(len(data) - 8192)
    return data[:at] + data[at + 8192 :]


def header_flips(data: bytes, random_: random.Random) -> bytes:
    """Where the file begins, or in an MP4's index."""
    index = data.find(b"moov")
    begin, end = (index, len(data)) if index > 0 else (0, 400)
    return _flipped(data, random_, begin, min(end, begin + 4000), 8)


def one_data_flip(data: bytes, random_: random.Random) -> bytes:
    return _flipped(data, random_, len(data) // 10, len(data) * 8 // 10, 1)


def many_data_flips(data: bytes, random_: random.Random) -> bytes:
    return _flipped(data, random_, len(data) // 10, len(data) * 8 // 10, 60)


def not_media(data: bytes, random_: random.Random) -> bytes:
    return random_.choice(
        [
            b"",
            b"\0" * 4096,
            b"<!DOCTYPE html><html><title>Sorry</title></html>" * 20,
            b'\n<html lang="en"><body>429</body></html>',
            b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n",
            b'{"error": {"code": 403}}',
            random_.randbytes(9000),
        ]
    )


def _flipped(data: bytes, random_: random.Random, begin: int, end: int, count: int) -> bytes:
    changed = bytearray(data)
    for _ in range(count):
        changed[random_.randrange(begin, end)] ^= 1 << random_.randrange(8)
    return bytes(changed)
