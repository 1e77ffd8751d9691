"""Options become yt-dlp parameters: a table, and what can never be among them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ytarchive_tui.domain.models import Container, JobOptions
from ytarchive_tui.ytdlp.options import (
    ExtractionConfig,
    base_params,
    complaint,
    format_selector,
    format_sort,
    job_params,
    list_params,
    overridden,
    postprocessors,
)

DEFAULTS = {
    "retries": 10,
    "ratelimit": None,
    "updatetime": True,
    "external_downloader": None,
    "netrc_cmd": None,
}


def options(**given: object) -> JobOptions:
    return JobOptions.model_validate({"archive": "/archive", **given})


@pytest.mark.parametrize(
    ("quality", "selector", "first"),
    [
        ("best", "bv*+ba/b", "res"),
        ("2160p", "bv*+ba/b", "res:2160"),
        ("144p", "bv*+ba/b", "res:144"),
        ("audio", "ba[acodec~='^(mp4a[.]40|opus|vorbis|flac|mp3)']/ba/b", "res"),
        ("137+140/18", "137+140/18", "res"),
    ],
)
def test_a_quality_is_a_selector_and_an_order(quality: str, selector: str, first: str) -> None:
    assert format_selector(quality) == selector
    order = format_sort(quality, Container.MP4)
    assert order[:2] == ["lang", first]
    assert order.index("vcodec:h264") > order.index("fps"), "codecs decide between equals only"
    assert "vcodec:h264" not in format_sort(quality, Container.MKV)


def test_a_file_name_is_fixed() -> None:
    params = job_params(options(), Path("/staging/1"))
    assert params["outtmpl"] == {"default": "media.%(ext)s"}
    assert params["paths"] == {"home": "/staging/1"}
    assert params["merge_output_format"] == "mp4"


def test_settings_lie_over_the_defaults_and_fixed_values_over_all() -> None:
    config = ExtractionConfig(
        proxy="http://p:1", ca_file=Path("/ca.pem"), limit_bps=5, use_ytdlp_config=True, retries=3
    )
    user = {
        "ratelimit": 99,
        "throttledratelimit": 7,
        "external_downloader": {"default": "evil"},
        "netrc_cmd": "evil",
        "outtmpl": "../%(title)s",
    }
    params = base_params(DEFAULTS, config, user)
    assert (params["ratelimit"], params["throttledratelimit"], params["retries"]) == (5, 7, 3)
    assert params["proxy"] == "http://p:1" and params["compat_opts"] == {"no-certifi"}
    assert params["external_downloader"] is None and params["netrc_cmd"] is None
    assert "outtmpl" not in params and params["updatetime"] is False
    assert params["nocheckcertificate"] is False and params["enable_file_urls"] is False
    assert overridden(DEFAULTS, user) == ("external_downloader", "netrc_cmd", "outtmpl")


def test_a_list_must_be_complete_whatever_the_user_passes_to_extractors() -> None:
    own = {"youtube": {"lang": ["de"]}, "youtubetab": {"skip": ["webpage"]}}
    assert list_params({"extractor_args": own})["extractor_args"] == {
        "youtube": {"lang": ["de"], "raise_incomplete_data": [""]},
        "youtubetab": {"skip": ["webpage"]},
    }
    assert list_params({})["extractor_args"]["youtube"]["raise_incomplete_data"]


def test_without_a_proxy_setting_the_environment_is_not_asked() -> None:
    assert base_params(DEFAULTS, ExtractionConfig())["proxy"] == ""


@pytest.mark.parametrize(
    ("given", "chapters", "keys"),
    [
        ({}, False, ["FFmpegVideoRemuxer"]),
        ({}, True, ["FFmpegVideoRemuxer", "FFmpegMetadata"]),
        ({"embed_chapters": False}, True, ["FFmpegVideoRemuxer"]),
        ({"quality": "audio"}, False, ["FFmpegExtractAudio"]),
        ({"quality": "bv+ba"}, False, []),
    ],
)
def test_only_our_own_steps_follow_a_download(
    given: dict[str, object], chapters: bool, keys: list[str]
) -> None:
    assert [step["key"] for step in postprocessors(options(**given), has_chapters=chapters)] == keys


@pytest.mark.parametrize("quality", ["bv,ba", "all", "mergeall[height<500]"])
def test_a_format_string_for_several_files_is_refused(quality: str) -> None:
    assert complaint(quality)


def test_a_comma_in_a_filter_is_no_second_file() -> None:
    assert complaint("b[format_note='a,b']") is None


def test_the_parent_never_imports_yt_dlp() -> None:
    program = (
        "import sys, ytarchive_tui.ytdlp.adapters, ytarchive_tui.ytdlp.process, ytarchive_tui.ytdlp.protocol;"
        "print([name for name in sys.modules if name.partition('.')[0] == 'yt_dlp'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
