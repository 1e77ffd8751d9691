"""The local YouTube in the eyes of the unmodified yt-dlp: videos, lists and every condition."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from real_sandbox import ask_ytdlp, running

from ytarchive_tui.sandbox import catalog
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.model import Knobs, VideoKind

FILM = demo.group("films")[2]
LECTURE = demo.group("lectures")[0]
MIXED = "mixed-60-8-35"
MIXED_ID = MIXED.ljust(22, "_")
NO_ERROR = {"params": {"ignore_no_formats_error": True}}

PAGES: dict[str, dict[str, Any]] = {
    "video": {"url": f"watch?v={LECTURE}", "params": {"writeautomaticsub": True}},
    "without pages": {
        "url": f"watch?v={LECTURE}",
        "params": {
            "extractor_args": {"youtube": {"player_skip": ["webpage", "configs", "js", "initial_data"]}}
        },
    },
    "short": {"url": f"shorts/{demo.tab(VideoKind.SHORT)[0]}"},
    "stream": {"url": f"watch?v={demo.tab(VideoKind.LIVE)[0]}"},
    "playlist": {"url": f"playlist?list={catalog.counted_playlist_id(250)}"},
    "no such playlist": {"url": "playlist?list=PLdoes-not-exist"},
    "broken off": {
        "url": f"playlist?list={catalog.counted_playlist_id(250)}",
        "knobs": {"browse_fail_after": 2},
        "params": {"ignoreerrors": True, "lazy_playlist": True},
    },
    "video in list": {"url": f"watch?v={LECTURE}&list={catalog.LECTURES_PLAYLIST}"},
    "channel": {"url": f"@{MIXED}"},
    "videos": {"url": "@count-65/videos"},
    "by id": {"url": f"channel/UC{MIXED_ID}/shorts"},
    "by c": {"url": "c/tidewrackfilms/streams"},
    "no such tab": {"url": "@count-65/shorts"},
    "no such channel": {"url": "@nobody", "params": {"extractor_retries": 0}},
    "playlists": {"url": f"{catalog.DEMO_HANDLE}/playlists"},
    "uploads": {"url": f"playlist?list=UU{MIXED_ID}"},
    "upload shorts": {"url": f"playlist?list=UUSH{MIXED_ID}"},
    "trouble": {"url": f"playlist?list={catalog.CONDITIONS_PLAYLIST}"},
    "trouble tab": {"url": "@strandline/videos"},
    "webpage skipped": {
        "url": f"channel/UC{MIXED_ID}/shorts",
        "params": {"extractor_args": {"youtubetab": {"skip": ["webpage"]}}},
    },
}

TROUBLE: dict[str, tuple[str, str]] = {
    "private-001": ("ExtractorError", "Private video. Sign in if you've been granted access to this video"),
    "private-002": ("ExtractorError", "This video is private. If the owner of this video has granted"),
    "deleted-001": ("ExtractorError", "Video unavailable. This video has been removed by the uploader"),
    "deleted-002": ("ExtractorError", "no longer available due to a copyright claim by Brinepool Pictures"),
    "terminat-01": ("ExtractorError", "account associated with this video has been terminated"),
    "members-001": ("ExtractorError", "Join this channel to get access to members-only content"),
    "members-002": ("ExtractorError", "available to this channel's members on level: Deckhand"),
    "age-0000001": ("ExtractorError", "Sign in to confirm your age. This video may be inappropriate"),
    "geo-0000001": ("GeoRestrictedError", "The uploader has not made this video available in your country"),
    "geo-0000002": ("ExtractorError", "The uploader has not made this video available in your country"),
    "premiere-01": ("ExtractorError", "Premieres in "),
    "botcheck-01": ("ExtractorError", "Sign in to confirm you\u2019re not a bot"),
    "play429-001": ("ExtractorError", "Failed to extract any player response"),
    "play5xx-001": ("ExtractorError", "Failed to extract any player response"),
    "missing-001": ("ExtractorError", "This video is not available"),
}

SPECIAL: dict[str, dict[str, Any]] = {
    "premiere": {"url": "watch?v=premiere-01", **NO_ERROR},
    "members": {"url": "watch?v=members-001", **NO_ERROR},
    "live": {"url": "watch?v=live-000001"},
    "age with js": {"url": "watch?v=age-0000001", "js": True, **NO_ERROR},
    "video with js": {"url": f"watch?v={LECTURE}", "js": True},
    "second try": {
        "url": "watch?v=private-001",
        "knobs": {"fail_times": {"private-001": 1}},
        "times": 2,
    },
    "second try with js": {
        "url": "watch?v=play5xx-001",
        "knobs": {"fail_times": {"play5xx-001": 1}},
        "params": {"extractor_retries": 0},
        "js": True,
        "times": 2,
    },
    "premiere begun": {
        "url": "watch?v=premiere-01",
        "knobs": {"overrides": {"premiere-01": {"starts_at": "2026-01-01T00:00:00+00:00"}}},
    },
    "banned": {
        "url": "watch?v=freshvideo1",
        "knobs": {"budget_requests": 2, "ban_kind": "bot_check"},
        "times": 2,
    },
}


DOWNLOADS = {
    FILM: "bv[height=144]+ba",
    "media403-01": "160",
    "truncate-01": "160",
    "htmlpage-01": "160",
    "hlsholes-01": "worst",
    "reset-00001": "160",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def outcomes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    refused = {
        video_id: {"url": f"watch?v={video_id}", "params": {"extractor_retries": 0}} for video_id in TROUBLE
    }
    downloads = {
        f"download {video_id}": {
            "url": f"watch?v={video_id}",
            "params": {
                "format": chosen,
                "outtmpl": f"{folder}/%(id)s.%(ext)s",
                "writesubtitles": True,
                "writethumbnail": True,
            },
            "download": True,
            "knobs": {"fail_times": {"reset-00001": 1}},
        }
        for video_id, chosen in DOWNLOADS.items()
    }
    with running(tmp_path_factory.mktemp("sandbox")) as addresses:
        return ask_ytdlp(addresses, PAGES | refused | SPECIAL | downloads)


@pytest.fixture
def info(outcomes: dict[str, dict[str, Any]]) -> Any:
    def of(name: str) -> dict[str, Any]:
        assert "info" in outcomes[name], outcomes[name]
        found: dict[str, Any] = outcomes[name]["info"]
        return found

    return of


def ids_of(info: dict[str, Any]) -> list[str]:
    return [entry["id"] for entry in info["entries"]]


def test_a_video_has_all_its_metadata(info: Any) -> None:
    video, wanted = info("video"), catalog.video(LECTURE, Knobs())
    assert wanted is not None
    assert {each["format_id"] for each in video["formats"]} == {
        "18", "139", "140", "249", "250", "251", "160", "278", "134", "243", "136", "247", "137", "248",
    }  # fmt: skip
    assert all(each["filesize"] for each in video["formats"])
    assert list(video["subtitles"]) == ["en", "de", "ja"]
    assert {"en", "en-orig", "fr"} <= set(video["automatic_captions"])
    assert [each["title"] for each in video["chapters"]] == [each.title for each in wanted.chapters]
    assert video["upload_date"] == f"{wanted.published:%Y%m%d}"
    assert video["timestamp"] == int(wanted.published.timestamp())
    assert (video["title"], video["description"], video["duration"]) == (
        wanted.title, wanted.description, wanted.duration_s,
    )  # fmt: skip
    assert (video["channel"], video["channel_id"]) == (demo.TITLE, demo.CHANNEL_ID)
    assert (video["uploader_id"], video["channel_follower_count"]) == (demo.HANDLE, 48_200)
    assert (video["availability"], video["live_status"], video["age_limit"]) == ("public", "not_live", 0)
    assert video["view_count"] == wanted.views
    assert video["like_count"] and video["comment_count"] and video["categories"] and video["tags"]


def test_the_player_alone_is_enough(info: Any) -> None:
    assert len(info("without pages")["formats"]) == 14


def test_shorts_and_past_streams(info: Any) -> None:
    assert info("short")["media_type"] == "short"
    assert (info("stream")["live_status"], info("stream")["media_type"]) == ("was_live", "livestream")


def test_a_playlist_comes_whole_and_in_order(info: Any) -> None:
    shown, wanted = info("playlist"), catalog.playlist(catalog.counted_playlist_id(250))
    assert wanted is not None
    assert ids_of(shown) == [wanted.video_id(n) for n in range(250)]
    assert (shown["title"], shown["channel"]) == ("250 videos", "Channel count-250")
    assert all(entry["duration"] and entry["title"] for entry in shown["entries"])


def test_a_list_breaks_off_where_the_knob_says(outcomes: dict[str, dict[str, Any]]) -> None:
    statuses = [status for kind, _, status in outcomes["broken off"]["log"] if kind == "browse"]
    assert statuses == [200, 200, 429]


def test_a_video_in_a_list_leads_to_the_list(info: Any) -> None:
    assert info("video in list")["id"] == catalog.LECTURES_PLAYLIST


def test_a_channel_is_its_three_tabs(info: Any) -> None:
    shown = info("channel")
    tabs = {each["title"].rpartition(" - ")[2]: len(each["entries"]) for each in shown["entries"]}
    assert tabs == {"Videos": 60, "Live": 35, "Shorts": 8}
    assert shown["channel_follower_count"] and shown["channel_id"] == f"UC{MIXED_ID}"


def test_tabs_by_handle_id_and_custom_name(info: Any) -> None:
    assert [len(info(name)["entries"]) for name in ("videos", "by id", "by c")] == [65, 8, 6]
    assert info("by c")["channel_id"] == demo.CHANNEL_ID
    assert len(info("webpage skipped")["entries"]) == 8


def test_playlists_tab(info: Any) -> None:
    assert ids_of(info("playlists")) == [
        catalog.DEMO_PLAYLIST, catalog.LECTURES_PLAYLIST, catalog.SCRIPTS_PLAYLIST, catalog.HOSTILE_PLAYLIST,
    ]  # fmt: skip


def test_uploads_hold_all_tabs(info: Any) -> None:
    uploads, tabs = ids_of(info("uploads")), info("channel")["entries"]
    assert len(uploads) == 103
    assert set(uploads) == {entry["id"] for tab in tabs for entry in tab["entries"]}
    assert ids_of(info("upload shorts")) == ids_of(info("by id"))


def test_what_is_missing_is_named(outcomes: dict[str, dict[str, Any]]) -> None:
    assert "YouTube said: The playlist does not exist." in outcomes["no such playlist"]["error"]
    assert "This channel does not have a shorts tab" in outcomes["no such tab"]["error"]
    assert (outcomes["no such channel"]["inner"], outcomes["no such channel"]["status"]) == ("HTTPError", 404)


def test_lists_show_private_and_deleted_videos_as_youtube_does(info: Any) -> None:
    entries = {entry["id"]: entry for entry in info("trouble")["entries"]}
    assert entries["private-001"]["title"] == "[Private video]"
    assert entries["deleted-001"]["title"] == "[Deleted video]"
    assert "duration" not in entries["private-001"] or entries["private-001"]["duration"] is None
    assert entries["live-000001"]["live_status"] == "is_live"
    assert entries["premiere-01"]["live_status"] == "is_upcoming"
    assert entries["members-001"]["availability"] == "subscriber_only"
    assert not {"private-001", "deleted-001", "terminat-01"} & set(ids_of(info("trouble tab")))


@pytest.mark.parametrize("video_id", TROUBLE)
def test_a_refused_video_says_why(outcomes: dict[str, dict[str, Any]], video_id: str) -> None:
    inner, message = TROUBLE[video_id]
    assert outcomes[video_id].get("inner") == inner
    assert message in outcomes[video_id]["error"]


def test_a_premiere_tells_its_hour(info: Any) -> None:
    video = catalog.video("premiere-01", Knobs())
    assert video and video.starts_at
    assert info("premiere")["live_status"] == "is_upcoming"
    assert info("premiere")["release_timestamp"] == int(video.starts_at.timestamp())
    assert info("premiere begun")["formats"]


def test_a_members_video_is_known_as_one(info: Any) -> None:
    assert info("members")["availability"] == "subscriber_only"


def test_a_live_stream_offers_hls_only(info: Any) -> None:
    assert info("live")["live_status"] == "is_live"
    assert {each["protocol"] for each in info("live")["formats"]} <= {"m3u8", "m3u8_native"}


def test_a_second_try_can_succeed(info: Any) -> None:
    assert info("second try")["formats"]
    assert info("second try with js")["formats"]


def test_a_ban_makes_every_video_ask_for_a_person(outcomes: dict[str, dict[str, Any]]) -> None:
    assert "not a bot" in outcomes["banned"]["error"]


@pytest.mark.skipif(find_spec("deno") is None, reason="needs deno")
def test_the_clients_of_a_javascript_runtime_work_as_well(
    info: Any, outcomes: dict[str, dict[str, Any]]
) -> None:
    assert len(info("video with js")["formats"]) == 14
    players = [path for kind, path, _ in outcomes["video with js"]["log"] if kind == "player"]
    assert len(players) == 2, "tv_samsung and visionos"
    assert info("age with js")["age_limit"] == 18


def test_a_download_is_merged_with_subtitles_and_thumbnail(info: Any, folder: Path) -> None:
    video = info(f"download {FILM}")
    assert video["requested_downloads"][0]["filepath"].startswith(str(folder))
    assert {each.suffix for each in folder.glob(f"{FILM}*")} == {f".{video['ext']}", ".vtt", ".webp"}


def test_media_trouble_reaches_yt_dlp(outcomes: dict[str, dict[str, Any]], folder: Path) -> None:
    assert outcomes["download media403-01"]["status"] == 403
    assert "more expected" in outcomes["download truncate-01"]["error"]
    assert (folder / "htmlpage-01.mp4").read_bytes().startswith(b"<!DOCTYPE html>")
    assert (folder / "reset-00001.mp4").stat().st_size == outcomes["download reset-00001"]["info"]["filesize"]
    missing = [path for _, path, status in outcomes["download hlsholes-01"]["log"] if status == 404]
    assert len(missing) == 2 and all(path.endswith(".m4s") for path in missing)
