"""What can be asked of a batch besides archiving it."""

from __future__ import annotations

import subprocess

import pytest
from end_to_end.archive_check import assert_plays, kept, tree
from end_to_end.program import Finished, Program

from ytarchive_tui.sandbox.catalog import condition_id, counted_playlist_id, sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition

ONE, TWO = "aaaaaaaaaa1", "bbbbbbbbbb2"


def test_a_dry_run_tells_everything_and_writes_nothing(program: Program, youtube: ControlClient) -> None:
    assert program.run([ONE]).code == 0
    lines = program.folder / "urls.txt"
    list_id = counted_playlist_id(3)
    private = condition_id(Condition.PRIVATE)
    lines.write_text(
        f"{ONE}\n{TWO}\n{sized_id('4M')}\n{private}\nhttps://www.youtube.com/playlist?list={list_id}\n"
    )
    before = tree(program.folder)
    youtube.clear_log()

    run = program.run(lines, "--dry-run")

    assert run.code == 1
    assert tree(program.folder) == before
    assert not {"media", "timedtext", "thumbnail"} & youtube.stats().requests.keys()
    shown = {each["video_id"]: each for each in run.of("preview")}
    assert len(shown) == 7
    assert shown[ONE]["already"] and not shown[TWO]["already"]
    assert "private" in shown[private]["problem"]
    assert shown[sized_id("4M")]["size"] > 4 << 20
    (total,) = run.of("preview_total")
    assert (total["count"], total["already"], total["problems"]) == (5, 1, 1)
    assert total["size"] > 4 << 20 and total["duration_s"] > 0


def test_what_failed_is_tried_again_when_asked(program: Program, youtube: ControlClient) -> None:
    private = condition_id(Condition.PRIVATE)
    assert program.run([private]).ends[private]["event"] == "blocked"
    youtube.set(conditions={private: "ok"})
    youtube.clear_log()
    unasked = program.run([private])
    assert (unasked.code, unasked.summary["blocked"], youtube.log()) == (1, 1, [])
    asked = program.run([private], "--retry-failed")
    assert (asked.code, asked.summary["archived"]) == (0, 1)


def test_a_quality_that_is_not_offered_needs_someone_and_one_that_is_nonsense_starts_nothing(
    program: Program, youtube: ControlClient
) -> None:
    absent = program.run([ONE], "-q", "bestvideo[height=77]")
    assert absent.code == 1
    assert (absent.ends[ONE]["event"], absent.ends[ONE]["failure_class"]) == ("blocked", "format")
    youtube.clear_log()
    for nonsense in ("best[", "all"):
        refused = program.run([ONE], "-q", nonsense)
        assert (refused.code, refused.stdout) == (2, b""), nonsense
        assert b"quality" in refused.stderr
    assert youtube.log() == []


@pytest.mark.long
def test_a_height_above_all_takes_the_best_and_one_below_takes_that(program: Program) -> None:
    assert program.run([ONE], "-q", "2160p").code == 0
    assert program.run([TWO], "-q", "360p", "--container", "mkv").code == 0
    items = kept(program.archive)
    assert_plays(items[ONE], height=1080)
    assert_plays(items[TWO], height=360)
    assert items[TWO].media.suffix == ".mkv"
    assert (items[TWO].manifest["offered_height"], items[TWO].manifest["obtained_height"]) == (1080, 360)


@pytest.mark.long
def test_audio_alone(program: Program) -> None:
    run = program.run([ONE], "-q", "audio")
    assert run.code == 0, run.stdout
    assert_plays(kept(program.archive)[ONE], kinds=("audio",))


def test_standard_input_and_empty_files(program: Program) -> None:
    done = subprocess.run(
        program.command("--batch", "-", "--json"),
        input=f"{ONE}\r\nnonsense here\r\n".encode(),
        capture_output=True,
        env=program.environment(),
        timeout=60,
    )
    run = Finished(done.returncode, done.stdout, done.stderr)
    assert (run.code, run.summary["archived"]) == (1, 1)
    assert [(each["file"], each["line"]) for each in run.of("bad_line")] == [("standard input", 2)]

    for nothing in (["# only a comment", ""], ["nonsense here"]):
        empty = program.run(nothing)
        assert empty.code == 2
        assert b"nothing to archive" in empty.stderr


@pytest.mark.ci
def test_a_batch_says_once_that_the_quota_is_spent_and_goes_on(
    program: Program, youtube: ControlClient
) -> None:
    api = {
        "YOUTUBE__API_KEYS": "sandbox-key",
        "YOUTUBE__API_ENDPOINT": program.addresses.api,
        "YOUTUBE__DAILY_QUOTA": "1",
        "YOUTUBE__QUOTA_RESERVE": "0",
    }
    run = program.run([ONE], settings=api)
    assert (run.code, len(run.of("data_api"))) == (0, 1)
    assert run.of("data_api")[0]["reason"] == "its quota is spent"
    plain = program.run([TWO], json_lines=False, settings=api)
    assert plain.code == 0
    assert plain.stderr.count(b"its quota is spent, yt-dlp tells the metadata") == 1
    assert [record.status for record in youtube.log("api") if "/youtube/v3/" in record.path] == [200]
