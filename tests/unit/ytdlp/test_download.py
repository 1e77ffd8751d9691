"""Real downloads from the sandbox: what arrives, what is resumed, what is refused."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import Container, FileRole, Job, Progress, StagedDownload

pytestmark = pytest.mark.asyncio(loop_scope="module")
Youtube = Any


def streams(path: Path) -> dict[str, Any]:
    """What ffprobe finds: codec by kind, chapters, duration."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_chapters", "-show_format"]
    told = json.loads(subprocess.run([*command, str(path)], capture_output=True, check=True).stdout)
    return {
        "kinds": sorted(stream["codec_type"] for stream in told["streams"]),
        "chapters": len(told["chapters"]),
        "duration": float(told["format"]["duration"]),
    }


def media_of(staged: StagedDownload, staging: Path) -> Path:
    return staging / next(file.name for file in staged.files if file.role is FileRole.MEDIA)


def bytes_on_disk(staging: Path) -> int:
    return sum(path.stat().st_size for path in staging.glob("media.*.part"))


async def refusal(youtube: Youtube, job: Job, staging: Path) -> Evidence:
    with pytest.raises(StageError) as caught:
        await youtube.download(job, staging)
    return caught.value.evidence


async def interrupted(youtube: Youtube, job: Job, staging: Path, at_bytes: int) -> int:
    """Download at a walking pace, cancel after some bytes, and return what lies on the disk."""
    youtube.control.set(connection_bps=2_000_000)
    enough = asyncio.Event()

    def on_progress(progress: Progress) -> None:
        if progress.done >= at_bytes:
            enough.set()

    run = asyncio.create_task(youtube.download(job, staging, on_progress))
    await asyncio.wait_for(enough.wait(), 30)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    youtube.control.set(connection_bps=0)
    youtube.control.clear_log()
    return bytes_on_disk(staging)


async def test_everything_of_an_item_arrives(youtube: Youtube) -> None:
    job = youtube.job("abcdefghijk", subtitles=("en", "de", "xx"))
    staging = youtube.staging("all")
    resolved = await youtube.resolve(job, staging)
    staged = await youtube.download(job, staging)
    assert staged.metadata == resolved and staged.obtained == resolved.selected
    assert [f.height for f in staged.obtained] == [1080, None]
    roles = {file.role for file in staged.files}
    assert roles >= {FileRole.MEDIA, FileRole.INFO, FileRole.THUMBNAIL, FileRole.SUBTITLE}
    assert {f.language for f in staged.files if f.role is FileRole.SUBTITLE} == {"en", "de"}
    assert staged.notes[1:] == ("subtitles xx: not offered",)
    assert staged.notes[0].startswith("better formats may be withheld"), "told by resolve: no JS runtime"
    assert staged.withheld == staged.metadata.doubt and staged.withheld in staged.notes[0]
    seen = streams(media_of(staged, staging))
    assert seen["kinds"] == ["audio", "video"]
    assert seen["duration"] == pytest.approx(resolved.duration_s, abs=2)
    assert len(youtube.requests("player")) == 1, "the download did not ask again"
    assert not list(staging.glob("*.part")) + list(staging.glob("media.f*"))
    assert not youtube.metadata
    assert {progress.activity for progress in youtube.progress} == {"video", "audio", "merging", "subtitles"}
    assert len({progress.total for progress in youtube.progress}) == 1, "known before the first byte"
    assert youtube.progress[-1].done == youtube.progress[-1].total == sum(f.filesize for f in staged.obtained)


async def test_without_an_extraction_it_asks_itself_and_tells(youtube: Youtube) -> None:
    staged = await youtube.download(youtube.job("noresolve01"), youtube.staging("fresh"))
    assert youtube.metadata == [staged.metadata]
    assert len(youtube.requests("player")) == 1


async def test_an_extraction_of_another_item_is_not_used(youtube: Youtube) -> None:
    staging = youtube.staging("other")
    await youtube.resolve(youtube.job("firstvideo1"), staging)
    staged = await youtube.download(youtube.job("othervideo1"), staging)
    assert staged.metadata.video_id == "othervideo1"


@pytest.mark.parametrize(
    ("quality", "container", "height", "ext"),
    [
        ("360p", Container.MP4, 360, "mp4"),
        ("720p", Container.MKV, 720, "mkv"),
        ("240p", Container.MP4, 144, "mp4"),
    ],
)
async def test_a_quality_is_the_best_that_is_not_above_it(
    youtube: Youtube, quality: str, container: Container, height: int, ext: str
) -> None:
    job = youtube.job("heightsvid1", quality=quality, container=container)
    staging = youtube.staging(f"height-{quality}")
    staged = await youtube.download(job, staging)
    assert staged.obtained[0].height == height
    assert media_of(staged, staging).suffix == f".{ext}"


async def test_audio_is_one_file_without_a_picture(youtube: Youtube) -> None:
    staging = youtube.staging("audio")
    staged = await youtube.download(youtube.job("audiovideo1", quality="audio"), staging)
    assert streams(media_of(staged, staging))["kinds"] == ["audio"]
    assert media_of(staged, staging).suffix == ".m4a"


async def test_a_second_run_fetches_no_media_again(youtube: Youtube) -> None:
    job, staging = youtube.job("againvideo1"), youtube.staging("again")
    await youtube.download(job, staging)
    youtube.control.clear_log()
    staged = await youtube.download(job, staging)
    assert streams(media_of(staged, staging))["kinds"] == ["audio", "video"]
    assert not youtube.requests("media")


async def test_a_finished_file_keeps_its_formats_when_others_are_offered(youtube: Youtube) -> None:
    job, staging = youtube.job("formerfmts1"), youtube.staging("former")
    first = await youtube.download(job, staging)
    kept = json.loads((staging / "extracted.json").read_bytes())
    kept["info"]["formats"] = [f for f in kept["info"]["formats"] if (f.get("height") or 0) < 1080]
    (staging / "extracted.json").write_text(json.dumps(kept))
    staged = await youtube.download(job, staging)
    assert staged.metadata.selected[0].height < 1080
    assert staged.obtained == first.obtained


async def test_another_videos_files_are_not_taken_for_this_ones(youtube: Youtube) -> None:
    staging = youtube.staging("twoowners")
    await youtube.download(youtube.job("ownervideo1"), staging)
    (staging / "media.rest").mkdir()
    youtube.control.clear_log()
    staged = await youtube.download(youtube.job("ownervideo2"), staging)
    assert staged.metadata.video_id == "ownervideo2" and youtube.requests("media")
    assert not (staging / "media.rest").exists()
    await youtube.resolve(youtube.job("ownervideo3"), staging)
    assert not list(staging.glob("media.*")), "a resolved item begins in an empty folder, too"


async def test_it_goes_on_where_it_was_cancelled(youtube: Youtube) -> None:
    job, staging = youtube.job("size-4M-001"), youtube.staging("resume")
    await youtube.resolve(job, staging)
    kept = await interrupted(youtube, job, staging, 1_000_000)
    assert kept >= 900_000
    staged = await youtube.download(job, staging)
    assert staged.resumed_bytes == kept
    assert kept in {request.range_start for request in youtube.requests("media")}
    fresh = await youtube.download(job, youtube.staging("resume-whole"))
    whole = media_of(fresh, youtube.staging("resume-whole")).read_bytes()
    assert media_of(staged, staging).read_bytes() == whole


async def test_a_file_that_changed_is_begun_anew(youtube: Youtube) -> None:
    job, staging = youtube.job("size-4M-002"), youtube.staging("changed")
    await youtube.resolve(job, staging)
    await interrupted(youtube, job, staging, 1_000_000)
    youtube.control.set(overrides={"size-4M-002": {"revision": 1}})
    staged = await youtube.download(job, staging)
    assert staged.resumed_bytes == 0
    fresh = await youtube.download(job, youtube.staging("changed-whole"))
    whole = media_of(fresh, youtube.staging("changed-whole")).read_bytes()
    assert media_of(staged, staging).read_bytes() == whole


async def test_a_partial_file_of_unknown_origin_is_not_continued(youtube: Youtube) -> None:
    job, staging = youtube.job("garbagevid1"), youtube.staging("garbage")
    metadata = await youtube.resolve(job, staging)
    part = staging / f"media.f{metadata.selected[0].format_id}.mp4.part"
    part.write_bytes(b"garbage" * 1000)
    outside = staging.parent / "outside"
    outside.write_text("precious")
    (staging / f"media.f{metadata.selected[1].format_id}.m4a.part").symlink_to(outside)
    staged = await youtube.download(job, staging)
    assert staged.resumed_bytes == 0 and streams(media_of(staged, staging))["kinds"] == ["audio", "video"]
    assert outside.read_text() == "precious"


async def test_a_foreign_validator_proves_nothing(youtube: Youtube) -> None:
    job, staging = youtube.job("foreignvid1"), youtube.staging("foreign")
    metadata = await youtube.resolve(job, staging)
    name = f"media.f{metadata.selected[0].format_id}.mp4"
    (staging / f"{name}.part").write_bytes(b"garbage" * 1000)
    with (staging / "validators.jsonl").open("a") as ledger:
        ledger.write(json.dumps([name, {"fingerprint": {"etag": '"foreign"'}}]) + "\n")
    staged = await youtube.download(job, staging)
    assert staged.resumed_bytes == 0 and streams(media_of(staged, staging))["kinds"] == ["audio", "video"]


async def test_a_page_instead_of_media_is_refused(youtube: Youtube) -> None:
    evidence = await refusal(youtube, youtube.job("htmlpage-01"), youtube.staging("html"))
    assert evidence.exception == ("NotMedia",) and evidence.activity == "media"
    assert not list(youtube.staging("html").glob("media.*"))


async def test_a_short_file_is_refused(youtube: Youtube) -> None:
    evidence = await refusal(youtube, youtube.job("truncate-01"), youtube.staging("short"))
    assert evidence.activity == "media" and "more expected" in evidence.message


async def test_holes_in_hls_are_refused(youtube: Youtube) -> None:
    evidence = await refusal(youtube, youtube.job("hlsholes-01"), youtube.staging("holes"))
    assert evidence.http_status == 404 and evidence.activity == "media"


async def test_hls_arrives_whole_also_after_a_cancellation(youtube: Youtube) -> None:
    youtube.control.set(overrides={"hlsonly-001": {"duration_s": 60}})
    job, staging = youtube.job("hlsonly-001"), youtube.staging("hls")
    (staging / "media.mp4.part").write_bytes(b"an old beginning")
    (staging / "media.mp4.ytdl").write_text('{"downloader": {"current_fragment": {"index": 2}}}')
    staged = await youtube.download(job, staging)
    assert streams(media_of(staged, staging))["duration"] == pytest.approx(60, abs=2)


async def test_a_refused_subtitle_is_a_note_and_the_rest_is_not_asked(youtube: Youtube) -> None:
    job = youtube.job("subs429-001", subtitles=("en", "de"))
    staged = await youtube.download(job, youtube.staging("subs429"))
    assert len(staged.notes) == 3 and "429" in staged.notes[1]
    assert len(youtube.requests("timedtext")) == 1
    assert FileRole.SUBTITLE not in {file.role for file in staged.files}


async def test_automatic_captions_only_stand_in(youtube: Youtube) -> None:
    job = youtube.job("autocapvid1", subtitles=("en", "de", "fr"), auto_captions=True)
    staged = await youtube.download(job, youtube.staging("auto"))
    found = {file.language: file.auto for file in staged.files if file.role is FileRole.SUBTITLE}
    offered = youtube.metadata[0]
    assert offered.video_id == "autocapvid1" and found and not found.get("en", True)


async def test_the_info_holds_nothing_secret_signed_or_local(youtube: Youtube, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    line = "\t".join((".youtube.com", "TRUE", "/", "TRUE", "0", "CANARY", "canary-value"))
    cookies.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    plain = youtube.config
    youtube.config = plain.model_copy(update={"cookies_file": cookies})
    try:
        staging = youtube.staging("secrets")
        await youtube.download(youtube.job("secretvid01", subtitles=("en",)), staging)
    finally:
        youtube.config = plain
    text = (staging / "info.json").read_text()
    assert "canary" not in text.lower() and str(staging) not in text and "googlevideo" not in text
    info = json.loads(text)
    assert info["id"] == "secretvid01" and info["formats"] and info["title"]

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for content in value.values() for key in keys(content)}
        return {key for content in value for key in keys(content)} if isinstance(value, list) else set()

    assert not keys(info) & {"url", "http_headers", "cookies", "manifest_url", "fragments"}
    for path in staging.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_chapters_are_written_and_embedded(youtube: Youtube) -> None:
    chapters = [{"start_s": 0, "title": "One"}, {"start_s": 3, "title": "Two"}]
    youtube.control.set(overrides={"chaptervid1": {"chapters": chapters, "duration_s": 8}})
    staging = youtube.staging("chapters")
    staged = await youtube.download(youtube.job("chaptervid1"), staging)
    assert (staging / "chapters.txt").read_text() == "00:00:00 One\n00:00:03 Two\n"
    assert streams(media_of(staged, staging))["chapters"] == 2


async def test_a_second_attempt_waits_for_the_first_to_let_go(youtube: Youtube) -> None:
    job, staging = youtube.job("lockedvid01"), youtube.staging("locked")
    first, second = await asyncio.gather(youtube.download(job, staging), youtube.download(job, staging))
    assert first.files == second.files
    assert len(youtube.requests("media")) == 2


@pytest.mark.parametrize("quality", ["best", "audio"])
async def test_a_kill_after_the_last_byte_costs_no_byte(youtube: Youtube, quality: str) -> None:
    job, staging = youtube.job("killedlate1", quality=quality), youtube.staging(f"late-{quality}")
    first = await youtube.download(job, staging)
    before = media_of(first, staging).read_bytes()
    with (staging / "validators.jsonl").open("a") as ledger:
        ledger.write(json.dumps(["media", None]) + "\n")
    youtube.control.clear_log()
    second = await youtube.download(job, staging)
    assert sum(request.bytes_sent for request in youtube.requests("media")) <= 1
    assert len(media_of(second, staging).read_bytes()) == pytest.approx(len(before), abs=100)


async def test_a_whole_file_that_could_not_be_renamed_is_taken_up_again(youtube: Youtube) -> None:
    job, staging = youtube.job("size-1M-004"), youtube.staging("unrenamed")
    metadata = await youtube.resolve(job, staging)
    in_the_way = staging / f"media.f{metadata.selected[0].format_id}.mp4"

    def on_progress(progress: Progress) -> None:
        in_the_way.mkdir(exist_ok=True)

    youtube.control.set(connection_bps=2_000_000)
    with pytest.raises(StageError):
        await youtube.download(job, staging, on_progress)
    whole = in_the_way.with_name(f"{in_the_way.name}.part").stat().st_size
    in_the_way.rmdir()
    youtube.control.set(connection_bps=0)
    youtube.control.clear_log()
    staged = await youtube.download(job, staging)
    assert staged.resumed_bytes == whole - 1
    assert whole - 1 in {request.range_start for request in youtube.requests("media")}
    assert streams(media_of(staged, staging))["kinds"] == ["audio", "video"]


async def test_a_source_that_changes_all_the_time_is_given_up(youtube: Youtube) -> None:
    job, staging = youtube.job("size-1M-003"), youtube.staging("restless")
    youtube.control.set(
        conditions={job.item.video_id: "media_reset"}, overrides={job.item.video_id: {"restless": True}}
    )
    with pytest.raises(StageError) as caught:
        await youtube.download(job, staging)
    assert caught.value.evidence.exception[0] == "SourceChangedError"
    assert not list(staging.glob("media.mp4"))
