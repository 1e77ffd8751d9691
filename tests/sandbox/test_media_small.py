from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from media_probe import a_video, decode, probe, stored, whole

from ytarchive_tui.sandbox.media import SUBTITLE_FORMATS, subtitle, thumbnail
from ytarchive_tui.sandbox.media.thumbnails import SIZES


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_thumbnails_are_pictures_of_their_size(kind: str, tmp_path: Path) -> None:
    paths = [stored(thumbnail(a_video(), f"{name}.{kind}"), tmp_path / f"{name}.{kind}") for name in SIZES]
    for path in paths:
        stream = probe(path)["streams"][0]
        assert (stream["width"], stream["height"]) == SIZES[path.stem]
    decode(*paths)


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_thumbnails_differ_by_video(kind: str) -> None:
    ids = [f"{number:011}" for number in range(50)]
    assert len({whole(thumbnail(a_video(id=each), f"default.{kind}")) for each in ids}) == len(ids)


def test_an_unknown_thumbnail_is_refused() -> None:
    for name in ("poster.jpg", "default.gif", "default", "../default.jpg", ""):
        with pytest.raises(KeyError):
            thumbnail(a_video(), name)


@pytest.mark.parametrize("fmt", ["vtt", "srt", "ttml"])
def test_ffmpeg_reads_subtitles_from_start_to_end(fmt: str, tmp_path: Path) -> None:
    text = whole(subtitle(a_video(duration_s=61), "ja", False, fmt)).decode()
    assert "お帰りなさい。" in text
    assert "00:00:00" in text
    assert "00:01:01" in text
    if fmt != "ttml":
        path = tmp_path / f"said.{fmt}"
        path.write_text(text)
        packets = probe(path, "-show_packets")["packets"]
        assert len(packets) == 16


def test_structured_subtitles_hold_the_same_cues() -> None:
    files = {fmt: whole(subtitle(a_video(duration_s=9), "de", False, fmt)) for fmt in SUBTITLE_FORMATS}
    said = [event["segs"][0]["utf8"] for event in json.loads(files["json3"])["events"]]
    assert len(said) == 3
    for fmt in ("srv1", "srv2", "srv3", "ttml"):
        texts = [(each.text or "").strip() for each in ElementTree.fromstring(files[fmt]).iter()]
        assert [text for text in texts if text] == said


def test_subtitles_differ_by_language_kind_and_video() -> None:
    video = a_video(duration_s=60)
    tracks = [
        subtitle(video, "en", False, "vtt"),
        subtitle(video, "en", True, "vtt"),
        subtitle(video, "xx", False, "vtt"),
        subtitle(video, "ar", False, "vtt"),
        subtitle(a_video(id="aaaaaaaaaaa", duration_s=60), "en", False, "vtt"),
    ]
    assert len({whole(track) for track in tracks}) == len(tracks)
    with pytest.raises(KeyError):
        subtitle(video, "en", False, "exe")
