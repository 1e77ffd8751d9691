from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import storage_samples as make
from storage_samples import Damage, Sample

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import Format
from ytarchive_tui.storage.judging import Expected
from ytarchive_tui.storage.verification import Verified, verify

FFPROBE, FFMPEG = shutil.which("ffprobe"), shutil.which("ffmpeg")


def check(
    folder: Path,
    files: list[dict[str, Any]],
    expected: Expected,
    events: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Verified:
    request = {"job": 1, "folder": str(folder), "files": files, "expected": expected.model_dump()}
    programs = {"ffprobe": FFPROBE, "ffmpeg": FFMPEG}
    emit = (lambda event: None) if events is None else events.append
    return Verified.model_validate(verify(request | programs | more, emit))


def refusal(path: Path, expected: Expected, *, decode: bool = False) -> str | None:
    try:
        check(path.parent, [{"name": path.name, "role": "media"}], expected, decode=decode)
    except StageError as error:
        assert error.evidence.exception == ("VerificationFailed",)
        assert error.evidence.activity == "verify"
        return error.evidence.message
    return None


def damaged(
    samples: dict[str, Sample], damage: Damage, folder: Path, each: int
) -> Iterator[tuple[Path, Expected]]:
    for kind, sample in sorted(samples.items()):
        data = sample.path.read_bytes()
        for number in range(each):
            path = folder / f"{kind}{number}{sample.path.suffix}"
            path.write_bytes(damage(data, random.Random(f"{damage.__name__}{kind}{number}")))
            yield path, sample.expected


def test_sound_taken_from_a_combined_format_has_no_picture() -> None:
    combined = Format(format_id="18", ext="mp4", height=360, vcodec="avc1.42001E", acodec="mp4a.40.2")
    expected = Expected.of((combined,), 10.0, "audio")
    assert expected == Expected(duration_s=10.0, video=False, audio=True, acodec="mp4a.40.2")


def test_good_files_pass_with_their_hashes(samples: dict[str, Sample]) -> None:
    for sample in samples.values():
        content = sample.path.read_bytes()
        verified = check(
            sample.path.parent, [{"name": sample.path.name, "role": "media"}], sample.expected, decode=True
        )
        assert [(f.size, f.sha256) for f in verified.files] == [
            (len(content), hashlib.sha256(content).hexdigest())
        ]
        assert verified.notes == ()


@pytest.mark.parametrize("count", [24, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_no_good_file_is_refused(samples: dict[str, Sample], folder: Path, count: int) -> None:
    good = make.remuxes(samples, folder, count)
    with ThreadPoolExecutor(2) as pool:
        refused = list(pool.map(lambda sample: refusal(sample.path, sample.expected), good))
    assert [sentence for sentence in refused if sentence] == []


@pytest.mark.parametrize("each", [2, pytest.param(12, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
@pytest.mark.parametrize(
    "damage", [make.truncated, make.cut_by_a_few_bytes, make.garbage_tail, make.lost_block, make.not_media]
)
def test_quick_sees_every_structural_damage(
    samples: dict[str, Sample], folder: Path, damage: Damage, each: int
) -> None:
    passed = [
        path.name for path, expected in damaged(samples, damage, folder, each) if not refusal(path, expected)
    ]
    assert passed == []


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("damage", "quick_least", "decode_least"),
    [
        (make.header_flips, 0.9, 0.9),
        (make.zeroed_block, 0.8, 0.95),
        (make.many_data_flips, 0.3, 0.8),
        (make.one_data_flip, 0.05, 0.15),
    ],
)
def test_share_of_changed_bits_that_is_seen(
    samples: dict[str, Sample], folder: Path, damage: Damage, quick_least: float, decode_least: float
) -> None:
    """Bits inside compressed pictures and sound have no checksum of their own: an honest figure."""
    files = list(damaged(samples, damage, folder, 12))
    quick = [bool(refusal(path, expected)) for path, expected in files]
    decoded = [
        seen or bool(refusal(path, expected, decode=True))
        for seen, (path, expected) in zip(quick, files, strict=True)
    ]
    shares = sum(quick) / len(files), sum(decoded) / len(files)
    print(f"{damage.__name__}: quick {shares[0]:.0%}, decode {shares[1]:.0%} of {len(files)}")
    assert shares[0] >= quick_least and shares[1] >= decode_least


@pytest.mark.parametrize("dropped", [(2, 3), (1,), (0, 1), (4, 5)])
def test_dropped_fragments_leave_a_hole(
    samples: dict[str, Sample], folder: Path, dropped: tuple[int, ...]
) -> None:
    target = folder / "holes.mp4"
    make.join_hls(samples["mp4"].path.parent / "hls", target, dropped)
    sentence = refusal(target, samples["hls-mp4"].expected)
    assert sentence is not None and ("no audio from" in sentence or "s long instead of" in sentence), sentence


@pytest.mark.parametrize("kind", ["h264", "vp9"])
def test_slide_shows_pass_and_a_hole_in_pictures_alone_is_seen(
    samples: dict[str, Sample], folder: Path, kind: str
) -> None:
    source = samples["mp4" if kind == "h264" else "webm"]
    slow, hole = folder / "slow.mp4", folder / "hole.mkv"
    make.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=1/3:duration=9", "-i", source.path),
        *("-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "copy", "-strict", "-2", slow),
    )
    assert refusal(slow, source.expected.model_copy(update={"vcodec": "avc1"})) is None
    make.ffmpeg(
        *("-i", source.path, "-map", "0", "-c", "copy"),
        *("-bsf:v", "noise=drop='between(n,60,160)'", hole),
    )
    sentence = refusal(hole, source.expected)
    assert sentence is not None and "no video from" in sentence


def test_what_is_not_what_was_chosen_is_refused(samples: dict[str, Sample], folder: Path) -> None:
    mp4 = samples["mp4"]
    silent, short_sound = folder / "silent.mp4", folder / "short.mp4"
    make.ffmpeg("-i", mp4.path, "-an", "-c", "copy", silent)
    make.ffmpeg(
        "-t", "5", "-i", mp4.path, "-i", mp4.path, "-map", "0:v", "-map", "1:a", "-c", "copy", short_sound
    )

    def changed(**fields: Any) -> Expected:
        return mp4.expected.model_copy(update=fields)

    assert "no sound" in (refusal(silent, mp4.expected) or "")
    assert "no video" in (refusal(samples["m4a"].path, mp4.expected) or "")
    assert "video ends at" in (refusal(short_sound, mp4.expected) or "")
    assert "9.0 s long instead of 14.0 s" in (refusal(mp4.path, changed(duration_s=14.0)) or "")
    assert "96 lines high instead of 1080" in (refusal(mp4.path, changed(height=1080)) or "")
    assert "h264 instead of vp9" in (refusal(mp4.path, changed(vcodec="vp09.00.10.08")) or "")


def test_a_file_spliced_from_two_is_refused(samples: dict[str, Sample], folder: Path) -> None:
    other = folder / "other.mp4"
    make.ffmpeg("-i", samples["mp4"].path, "-c:v", "libx264", "-qp", "40", "-c:a", "copy", other)
    old, new = samples["mp4"].path.read_bytes(), other.read_bytes()
    spliced = folder / "spliced.mp4"
    spliced.write_bytes(old[: len(new) // 2] + new[len(new) // 2 :])
    assert refusal(spliced, samples["mp4"].expected, decode=True)


def test_a_page_saved_as_media_is_named_as_such(folder: Path) -> None:
    page = folder / "v.mp4"
    page.write_text("<!DOCTYPE html><html>captcha</html>")
    assert refusal(page, make.H264_AAC) == "media v.mp4: is a web page, not media"


def test_bad_sidecars_are_left_out_with_a_note(samples: dict[str, Sample], folder: Path) -> None:
    shutil.copy(samples["mp4"].path, folder / "v.mp4")
    contents = {
        "good.vtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
        "empty.vtt": b"",
        "page.vtt": b"<html>429</html>",
        "binary.vtt": b"WEBVTT\n\xff\xfe --> ",
        "cues.vtt": b"WEBVTT\n\n",
        "good.jpg": b"\xff\xd8\xff\xe0....",
        "page.jpg": b"<html>",
        "v.info.json": b'{"id": "x"}',
    }
    roles = {".vtt": "subtitle", ".jpg": "thumbnail", ".json": "info"}
    files: list[dict[str, Any]] = [{"name": "v.mp4", "role": "media"}]
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        files.append(
            {"name": name, "role": roles[Path(name).suffix], "language": "de" if "vtt" in name else None}
        )
    files.append({"name": "gone.vtt", "role": "subtitle", "language": "fr", "auto": True})
    verified = check(folder, files, samples["mp4"].expected)
    assert [file.name for file in verified.files] == ["v.mp4", "good.vtt", "good.jpg", "v.info.json"]
    assert verified.notes == (
        "subtitle de left out: is empty",
        "subtitle de left out: is a web page, not subtitles",
        "subtitle de left out: is not text",
        "subtitle de left out: holds no line of text",
        "thumbnail left out: is not a picture",
        "subtitle fr left out: is missing",
    )


def test_broken_info_and_missing_media_are_fatal(samples: dict[str, Sample], folder: Path) -> None:
    shutil.copy(samples["mp4"].path, folder / "v.mp4")
    (folder / "v.info.json").write_bytes(b'{"id": ')
    media, info = {"name": "v.mp4", "role": "media"}, {"name": "v.info.json", "role": "info"}
    for files, sentence in (
        ([media, info], "not JSON"),
        ([info], "no media"),
        ([media | {"name": "x.mp4"}], "missing"),
    ):
        with pytest.raises(StageError, match=sentence) as caught:
            check(folder, files, samples["mp4"].expected)
        assert caught.value.evidence.exception == ("VerificationFailed",)


def test_links_and_pipes_are_refused(samples: dict[str, Sample], folder: Path) -> None:
    (folder / "link.mp4").symlink_to(samples["mp4"].path)
    os.mkfifo(folder / "pipe.mp4")
    for name in ("link.mp4", "pipe.mp4"):
        with pytest.raises(StageError) as caught:
            check(folder, [{"name": name, "role": "media"}], samples["mp4"].expected)
        assert caught.value.evidence.errno is not None


def test_a_missing_tool_is_no_fault_of_the_archive(samples: dict[str, Sample]) -> None:
    path = samples["mp4"].path
    with pytest.raises(StageError, match="ffprobe not found") as caught:
        check(path.parent, [{"name": path.name, "role": "media"}], make.H264_AAC, ffprobe=None)
    assert caught.value.evidence.errno is None


def test_progress_counts_bytes_and_is_sparse(samples: dict[str, Sample], folder: Path) -> None:
    sizes = [3_000_000, 5_000_000]
    (folder / "a.txt").write_bytes(b"x" * sizes[0])
    (folder / "b.txt").write_bytes(b"x" * sizes[1])
    shutil.copy(samples["m4a"].path, folder / "v.m4a")
    files = [{"name": "a.txt", "role": "description"}, {"name": "b.txt", "role": "chapters"}]
    events: list[dict[str, Any]] = []
    check(folder, [*files, {"name": "v.m4a", "role": "media"}], make.AAC, events)
    assert 1 <= len(events) <= 5
    events = [event["progress"] for event in events]
    assert {event["total"] for event in events} == {sum(sizes) + samples["m4a"].path.stat().st_size}
    assert 0 < events[-1]["done"] <= events[-1]["total"]


def test_accepted_flaws_are_noted_and_damage_is_refused_all_the_same(
    samples: dict[str, Sample], folder: Path
) -> None:
    make.join_hls(samples["mp4"].path.parent / "hls", folder / "holes.mp4", (2, 3))
    (folder / "page.mp4").write_bytes(b"<!doctype html>")

    def accepted(name: str) -> Verified:
        media = [{"name": name, "role": "media"}]
        return check(folder, media, samples["hls-mp4"].expected, accept_flaws=True)

    verified = accepted("holes.mp4")
    assert len(verified.files) == 1 and verified.notes[0].startswith("accepted as it is: no ")
    with pytest.raises(StageError, match="web page"):
        accepted("page.mp4")
