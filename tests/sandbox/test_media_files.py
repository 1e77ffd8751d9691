from __future__ import annotations

from pathlib import Path

import pytest
from media_probe import HEIGHTS, a_video, decode, probe, stored

from ytarchive_tui.sandbox.media import Format, combined, formats, open_media

CODECS = {"avc1": "h264", "vp9": "vp9", "mp4a": "aac", "opus": "opus"}
SHORT = a_video(duration_s=3)
"""One whole fragment and a part of another."""
EVERY = (*formats(SHORT), combined(SHORT))


def assert_as_told(path: Path, form: Format, seconds: int) -> None:
    told = probe(path)
    assert abs(float(told["format"]["duration"]) - seconds) < 0.5
    assert int(told["format"]["size"]) == form.size
    assert [stream["codec_name"] for stream in told["streams"]] == [
        CODECS[name.partition(".")[0]] for name in form.codecs.split(", ")
    ]
    for stream in told["streams"]:
        if stream["codec_type"] == "video":
            assert (stream["width"], stream["height"]) == (form.width, form.height)
        else:
            assert (int(stream["sample_rate"]), stream["channels"]) == (form.sample_rate, form.channels)


@pytest.mark.parametrize("form", EVERY, ids=lambda form: str(form.itag))
def test_every_format_is_what_it_says(form: Format, tmp_path: Path) -> None:
    assert_as_told(stored(open_media(SHORT, form.itag), tmp_path / "media"), form, SHORT.duration_s)


def test_every_format_decodes(tmp_path: Path) -> None:
    decode(*(stored(open_media(SHORT, form.itag), tmp_path / str(form.itag)) for form in EVERY))


@pytest.mark.parametrize("seconds", [1, 61, 1201])
@pytest.mark.parametrize("itag", [18, 160, 278, 139, 251])
def test_a_file_lasts_as_long_as_the_video(itag: int, seconds: int, tmp_path: Path) -> None:
    video = a_video(duration_s=seconds)
    form = next(form for form in (*formats(video), combined(video)) if form.itag == itag)
    assert_as_told(stored(open_media(video, itag), tmp_path / "media"), form, seconds)


def test_padding_spoils_nothing(tmp_path: Path) -> None:
    video = a_video(duration_s=11, media_bytes=6_000_007)
    paths = [stored(open_media(video, itag), tmp_path / str(itag)) for itag in (18, 134, 243)]
    for path in paths:
        told = probe(path)["format"]
        assert int(told["size"]) == 6_000_007
        assert abs(float(told["duration"]) - 11) < 0.5
    decode(*paths)


def test_formats_follow_the_heights() -> None:
    some = formats(a_video(heights=(144, 1080)))
    assert {form.itag for form in some} == {160, 137, 278, 248, 139, 140, 249, 250, 251}
    assert {form.height for form in formats(a_video()) if form.has_video} == set(HEIGHTS)
    with pytest.raises(KeyError):
        open_media(a_video(heights=(144, 1080)), 136)
    with pytest.raises(KeyError):
        open_media(a_video(), 999)


def test_bitrate_is_size_over_duration() -> None:
    for form in formats(a_video(duration_s=100, media_bytes=5_000_000)):
        assert form.bitrate == form.size * 8 // 100
        assert (form.size == 5_000_000) == form.has_video
