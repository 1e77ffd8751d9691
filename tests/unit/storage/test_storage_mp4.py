from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
import storage_samples as make
from storage_samples import Sample

from ytarchive_tui.storage import mp4
from ytarchive_tui.storage.probe import Report, probe

FFPROBE = shutil.which("ffprobe")


def read(path: Path) -> Report | None:
    with path.open("rb") as file:
        return mp4.read(file, path.stat().st_size)


def test_tables_tell_what_ffprobe_tells(samples: dict[str, Sample], folder: Path) -> None:
    assert FFPROBE is not None
    chosen = folder / "delayed.mp4"
    make.ffmpeg("-i", samples["mp4"].path, "-itsoffset", "0.5", "-i", samples["mp4"].path,
                "-map", "0:v", "-map", "1:a", "-c", "copy", chosen)  # fmt: skip
    for path in (samples["mp4"].path, chosen):
        ours, theirs = read(path), probe(FFPROBE, str(path))
        assert ours is not None and ours.duration_s == pytest.approx(theirs.duration_s, abs=0.01)
        assert [(one.kind, one.codec, one.height) for one in ours.streams] == [
            (one.kind, one.codec, one.height) for one in theirs.streams
        ]
        for one, other in zip(ours.streams, theirs.streams, strict=True):
            for name in ("packets", "first_s", "end_s", "largest_gap_s", "largest_step_back_s"):
                told = getattr(other.timeline, name)
                assert getattr(one.timeline, name) == pytest.approx(told, abs=0.05), name


def test_what_is_unusual_is_left_to_ffprobe(samples: dict[str, Sample], folder: Path) -> None:
    fragmented = folder / "fragmented.mp4"
    make.ffmpeg("-i", samples["mp4"].path, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", fragmented)
    for path in (samples["webm"].path, fragmented):
        assert read(path) is None


def test_a_hole_in_the_pictures_data_is_left_to_ffprobe(samples: dict[str, Sample], folder: Path) -> None:
    data = bytearray(samples["mp4"].path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 4096] = bytes(4096)
    damaged = folder / "zeros.mp4"
    damaged.write_bytes(data)
    assert read(damaged) is None


def test_an_index_with_any_wrong_bit_is_read_or_left_to_ffprobe(
    samples: dict[str, Sample], folder: Path
) -> None:
    data = samples["mp4"].path.read_bytes()
    begin, chance, path = data.index(b"moov"), random.Random(5), folder / "flipped.mp4"
    for _ in range(300):
        changed = bytearray(data)
        changed[chance.randrange(begin, len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert isinstance(read(path), Report | None)
