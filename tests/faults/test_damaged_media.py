"""What the sandbox served, damaged in every way that a network, a disk or a site can: none is archived.

Bits inside compressed pictures and sound have no checksum of their own, so how many changes of these are
seen is measured, not promised: `-s` prints the figures.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from end_to_end.archive_check import kept
from end_to_end.program import Program

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import Manifest
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.storage.judging import Expected
from ytarchive_tui.storage.verification import verify

FFPROBE, FFMPEG = shutil.which("ffprobe"), shutil.which("ffmpeg")


@dataclass(frozen=True)
class Original:
    """A media file that the program archived, and what the site had said of it."""

    path: Path
    expected: Expected
    seconds: float


@dataclass(frozen=True)
class Made:
    """A file made of an original."""

    path: Path
    of: Original


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory, local_youtube: Addresses) -> list[Original]:
    program = Program(tmp_path_factory.mktemp("damaged"), local_youtube)
    for lines, more in (
        (["aaaaaaaaaa1", "hlsonly-001"], []),
        (["aaaaaaaaaa2"], ["-q", "144p"]),
        (["bbbbbbbbbb1"], ["-q", "144p", "--container", "mkv"]),
        (["cccccccccc1"], ["-q", "audio"]),
    ):
        assert program.run(lines, *more).code == 0
    found = []
    for item in kept(program.archive).values():
        manifest = Manifest.model_validate_json(json.dumps(item.manifest))
        assert manifest.duration_s is not None
        expected = Expected.of(manifest.obtained, manifest.duration_s, manifest.quality)
        found.append(Original(item.media, expected, manifest.duration_s))
    return sorted(found, key=lambda original: original.path.name)


def refused(made: Made, *, decode: bool = False) -> bool:
    request = {
        "job": 1,
        "folder": str(made.path.parent),
        "files": [{"name": made.path.name, "role": "media"}],
        "expected": made.of.expected.model_dump(),
        "ffprobe": FFPROBE,
        "ffmpeg": FFMPEG,
        "decode": decode,
    }
    try:
        verify(request, lambda event: None)
    except StageError as error:
        assert error.evidence.exception == ("VerificationFailed",)
        return True
    return False


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def both(original: Original) -> bool:
    return original.expected.video and original.expected.audio


Damage = Callable[[Original, Path, random.Random], bool]
"""Writes a damaged file; False when it does not apply to that original."""


def on_bytes(change: Callable[[bytes, random.Random], bytes]) -> Damage:
    def damage(original: Original, target: Path, chance: random.Random) -> bool:
        target.write_bytes(change(original.path.read_bytes(), chance))
        return True

    return damage


def page(data: bytes, chance: random.Random) -> bytes:
    return b"\n" * chance.randrange(
        3
    ) + b"<!DOCTYPE html><html><title>Sorry</title></html>" * chance.randrange(1, 999)


def flip(data: bytes, chance: random.Random, begin: int, end: int, count: int) -> bytes:
    changed = bytearray(data)
    for _ in range(count):
        changed[chance.randrange(begin, end)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def structure(data: bytes, chance: random.Random) -> bytes:
    """Eight bits of an MP4's index, or of the beginning of a Matroska file."""
    index = data.find(b"moov")
    return flip(data, chance, max(index, 0), min(len(data), max(index, 0) + 4000 if index > 0 else 400), 8)


def block(data: bytes, chance: random.Random, length: int) -> tuple[bytes, bytes]:
    at = chance.randrange(len(data) - length)
    return data[:at], data[at + length :]


def missing_stream(original: Original, target: Path, chance: random.Random) -> bool:
    if both(original):
        ffmpeg("-i", original.path, "-map", f"0:{chance.choice('va')}", "-c", "copy", target)
    return both(original)


def wrong_duration(original: Original, target: Path, chance: random.Random) -> bool:
    wrong_s = max(2.0, original.seconds * 0.01) + 1
    if chance.random() < 0.5 or original.seconds < 2 * wrong_s:
        ffmpeg(
            "-stream_loop",
            "1",
            "-i",
            original.path,
            "-t",
            str(original.seconds + wrong_s),
            "-c",
            "copy",
            target,
        )
    else:
        length = chance.uniform(1, original.seconds - wrong_s)
        ffmpeg("-i", original.path, "-t", str(length), "-c", "copy", target)
    return True


def missing_fragments(original: Original, target: Path, chance: random.Random) -> bool:
    """As yt-dlp joins a stream whose site lost some of its fragments: what there is, then a remux."""
    if not both(original) or original.path.suffix != ".mp4":
        return False
    folder = target.with_suffix(".parts")
    folder.mkdir()
    ffmpeg(
        "-i",
        original.path,
        "-c",
        "copy",
        "-f",
        "hls",
        "-hls_time",
        "1",
        "-hls_list_size",
        "0",
        folder / "all.m3u8",
    )
    parts = sorted(folder.glob("all*.ts"), key=lambda path: int(path.stem[3:]))
    at = chance.randrange(len(parts) - 1)
    stream = folder / "joined.ts"
    stream.write_bytes(b"".join(part.read_bytes() for n, part in enumerate(parts) if n not in (at, at + 1)))
    ffmpeg("-i", stream, "-c", "copy", "-bsf:a", "aac_adtstoasc", target)
    shutil.rmtree(folder)
    return True


PROMISED: dict[str, Damage] = {
    "cut anywhere": on_bytes(lambda data, chance: data[: chance.randrange(len(data) - 200)]),
    "cut by a few bytes": on_bytes(lambda data, chance: data[: -chance.randrange(1, 200)]),
    "bytes at the end": on_bytes(lambda data, chance: data + chance.randbytes(chance.randrange(20, 5000))),
    "a lost block": on_bytes(lambda data, chance: b"".join(block(data, chance, 8192))),
    "missing fragments": missing_fragments,
    "missing stream": missing_stream,
    "wrong duration": wrong_duration,
    "a web page": on_bytes(page),
    "zeros": on_bytes(lambda data, chance: bytes(chance.randrange(1, len(data)))),
    "noise": on_bytes(lambda data, chance: chance.randbytes(chance.randrange(1, len(data)))),
}
MEASURED: dict[str, Damage] = {
    "bits in the structure": on_bytes(structure),
    "a block of zeros": on_bytes(lambda data, chance: bytes(8192).join(block(data, chance, 8192))),
    "60 bits anywhere": on_bytes(lambda data, chance: flip(data, chance, 0, len(data), 60)),
    "one bit anywhere": on_bytes(lambda data, chance: flip(data, chance, 0, len(data), 1)),
}


def damaged(originals: list[Original], folder: Path, kind: str, damage: Damage, count: int) -> Iterator[Made]:
    number = made = 0
    while made < count:
        original = originals[number % len(originals)]
        number += 1
        target = folder / f"{kind.replace(' ', '_')}{number}{original.path.suffix}"
        if damage(original, target, random.Random(f"{kind}{number}")):
            made += 1
            yield Made(target, original)


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(1, marks=pytest.mark.ci),
        pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
def test_no_damaged_file_is_accepted(originals: list[Original], tmp_path: Path, each: int) -> None:
    accepted: dict[str, list[str]] = {}
    for kind, damage in PROMISED.items():
        passed = []
        for made in damaged(originals, tmp_path, kind, damage, each):
            if refused(made):
                made.path.unlink()
            else:
                passed.append(made.path.name)
        accepted[kind] = passed
        print(f"{kind}: {each} made, {len(passed)} accepted")
    assert not any(accepted.values()), accepted


def content(path: Path) -> str:
    """Every decoded frame with its time, condensed; what a person would see and hear."""
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-f", "framemd5", "-"], capture_output=True
    )
    return done.stdout.decode(errors="replace")


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_how_many_changed_bits_are_seen(originals: list[Original], tmp_path: Path) -> None:
    """Changes that no player could show (as in a date, or in padding) count as no damage."""
    # Every frame of each file is decoded twice: large pictures would take an hour.
    originals = [original for original in originals if (original.expected.height or 0) < 200]
    plays = {original.path: content(original.path) for original in originals}
    for kind, damage in MEASURED.items():
        seen = Counter[str]()
        for made in damaged(originals, tmp_path, kind, damage, 100):
            harm = content(made.path) != plays[made.of.path]
            quick = refused(made)
            seen["harmful"] += harm
            seen["quick"] += harm and quick
            seen["decode"] += harm and (quick or refused(made, decode=True))
            made.path.unlink()
        print(
            f"{kind}: 100 made, {seen['harmful']} harmful; "
            f"seen by quick {seen['quick']}, decode {seen['decode']}"
        )
        assert seen["decode"] >= seen["quick"]
        if kind == "bits in the structure":
            assert seen["decode"] >= 0.9 * seen["harmful"]


def variants(originals: list[Original], folder: Path, count: int) -> Iterator[Made]:
    """Good files: cut, moved in time and rewritten in the ways in which ffmpeg and yt-dlp write them."""
    chance = random.Random(3)
    for number in range(count):
        original = originals[number % len(originals)]
        length = original.seconds if chance.random() < 0.3 else chance.uniform(2.5, original.seconds)
        suffix, options = original.path.suffix, list[str]()
        if suffix in (".mp4", ".m4a"):
            options = chance.choice([[], ["-movflags", "+faststart"], ["-movflags", "+frag_keyframe"]])
            suffix = chance.choice([suffix, suffix, ".mkv"])
        elif chance.random() < 0.5:
            options = chance.choice([["-cluster_time_limit", "500"], ["-metadata", "title=" + "x" * 300]])
        path = folder / f"good{number}{suffix}"
        ffmpeg("-i", original.path, "-t", f"{length:.2f}", "-c", "copy", *options, path)
        # Sites tell whole seconds.
        expected = original.expected.model_copy(update={"duration_s": float(round(length))})
        yield Made(path, Original(original.path, expected, length))


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(10, marks=pytest.mark.ci),
        pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
def test_good_files_are_accepted(originals: list[Original], tmp_path: Path, count: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        wrong = [made.path.name for made, no in pool.map(judged, variants(originals, tmp_path, count)) if no]
    print(f"{count} good files: {len(wrong)} refused")
    assert len(wrong) <= count / 100, wrong


def judged(made: Made) -> tuple[Made, bool]:
    no = refused(made)
    if not no:
        made.path.unlink()
    return made, no
