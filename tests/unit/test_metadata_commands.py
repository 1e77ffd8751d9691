"""`metadata`, `playlist info` and `quota` as a person or a script runs them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from metadata_program import Commands, Ran
from metadata_samples import CANARY, KEY

from ytarchive_tui.cli import main
from ytarchive_tui.sandbox import catalog
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.client import ControlClient

Run = Callable[..., Ran]


@pytest.fixture
def run(
    tmp_path: Path,
    local_youtube: Addresses,
    youtube: ControlClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """The program's own entry, in this process: a start costs a second, most of it for imports."""
    commands = Commands(tmp_path, local_youtube)

    def run(*arguments: str, key: str | None = KEY, lines: Iterable[str] = ()) -> Ran:
        with monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("YTARCHIVE_")]:
                patched.delenv(name)
            for name, value in commands.settings(key).items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", commands.command(*arguments)[2:])
            patched.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
            with pytest.raises(SystemExit) as ended:
                main()
        told = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, told.out, told.err)

    return run


def test_videos_are_told_and_what_is_missing_is_named(run: Run) -> None:
    ran = run("metadata", "geo-0000001", "https://youtu.be/missing-001", "--json")
    geo, missing = ran.objects
    assert (ran.code, geo["found"], geo["regions_allowed"]) == (1, True, ["IS", "JP"])
    assert (missing["video_id"], missing["found"], missing["class"]) == ("missing-001", False, "gone")
    told = run("metadata", "geo-0000001").stdout
    assert "shown in IS, JP only" in told and "told by    the YouTube Data API" in told


def test_a_playlist_stands_for_its_videos(run: Run, youtube: ControlClient) -> None:
    ran = run("metadata", "-", "--json", lines=["# a list", "", catalog.counted_playlist_id(60)])
    assert (ran.code, len(ran.objects)) == (0, 60)
    calls = [record.path.rpartition("/")[2] for record in youtube.log("api") if "/v3/" in record.path]
    assert sorted(calls) == ["playlistItems"] * 2 + ["videos"] * 2


def test_a_list_and_what_stands_in_it(run: Run) -> None:
    ran = run("playlist", "info", catalog.CONDITIONS_PLAYLIST, "--items", "--json")
    info, *items = ran.objects
    assert (ran.code, info["entries"], info["provider"]) == (0, len(items), "youtube_api")
    states = {item["video_id"]: item["at_source"] for item in items}
    assert (states["private-001"], states["deleted-001"]) == ("private", "removed")
    told = run("playlist", "info", demo.HANDLE).stdout
    assert told.startswith("Tidewrack Films\n") and "48,213 subscribers" in told


def test_a_refused_key_is_told_and_ytdlp_goes_on(run: Run) -> None:
    ran = run("metadata", "ordinary-01", "--json", key=CANARY)
    assert (ran.code, ran.objects[0]["provider"]) == (0, "ytdlp")
    assert "Google refuses the API key" in ran.stderr and "yt-dlp told 1 video" in ran.stderr
    told = run("quota", key=CANARY).stdout
    assert "API key not valid" in told and CANARY not in told


def test_the_quota_is_told_without_a_call(run: Run, youtube: ControlClient) -> None:
    run("metadata", "ordinary-01")
    youtube.clear_log()
    (told,) = run("quota", "--json").objects
    assert (told["spent"], told["left"]) == (1, 9_999)
    assert told["enough_for"][0] == {
        "call": "videos.list", "calls": 9_999, "what": "videos described", "things": 499_950,
    }  # fmt: skip
    assert "no API key is set" in run("quota", key=None).stdout
    assert youtube.log("api") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("metadata", "not an address"), "error: not an address: "),
        (("metadata", "-"), "there is no address"),
        (("playlist", "info", "ordinary-01"), "`metadata` tells of it"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2 and said in ran.stderr
