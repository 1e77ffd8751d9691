"""What is told of an item, and the evidence for each way in which it can't be had."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.domain.models import EXTRACTED, AtSource, Container, JobOptions
from ytarchive_tui.sandbox.catalog.ids import condition_id
from ytarchive_tui.sandbox.model import Condition
from ytarchive_tui.ytdlp.adapters import YtdlpFormatChecker, YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool
from ytarchive_tui.ytdlp.protocol import TASKS

pytestmark = pytest.mark.asyncio(loop_scope="module")
Youtube = Any
SAID = ("DownloadError", "ExtractorError")
HELD = ("ExtractorError",)
MEDIA = ("DownloadError",)


def succeeds(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


async def evidence(youtube: Youtube, video_id: str) -> Any:
    job, staging = youtube.job(video_id), youtube.staging(video_id)
    with pytest.raises(StageError) as caught:
        await youtube.resolve(job, staging)
        await youtube.download(job, staging)
    return caught.value.evidence


async def test_an_item_is_told_completely(youtube: Youtube) -> None:
    told = await youtube.resolve(youtube.job("abcdefghijk"), youtube.staging("told"))
    assert told.video_id == "abcdefghijk" and told.extractor == "youtube" and told.provider == "ytdlp"
    assert told.title and told.channel and told.channel_id and told.description and told.published_at
    assert told.at_source is AtSource.PUBLIC
    assert {f.height for f in told.offered} >= {144, 360, 720, 1080}
    assert told.selected[0].height == 1080 and told.selected[1].acodec
    assert all(f.filesize for f in told.selected)


@pytest.mark.parametrize(
    ("condition", "number", "exception", "status", "part"),
    [
        (Condition.PRIVATE, 1, HELD, None, "Private video"),
        (Condition.PRIVATE, 2, HELD, None, "This video is private"),
        (Condition.DELETED, 1, HELD, None, "removed by the uploader"),
        (Condition.TERMINATED, 1, HELD, None, "terminated"),
        (Condition.MEMBERS, 1, HELD, None, "Join this channel"),
        (Condition.AGE, 1, HELD, None, "confirm your age"),
        (Condition.GEO, 1, ("DownloadError", "GeoRestrictedError"), None, "in your country"),
        (Condition.GEO, 2, HELD, None, "in your country"),
        (Condition.BOT_CHECK, 1, HELD, None, "not a bot"),
        (Condition.PLAYER_429, 1, SAID, 429, "Failed to extract any player response"),
        (Condition.PLAYER_5XX, 1, SAID, 503, "Failed to extract any player response"),
        (Condition.MEDIA_403, 1, ("DownloadError", "HTTPError"), 403, "403"),
        (Condition.MEDIA_429, 1, ("DownloadError", "HTTPError"), 429, "429"),
        (Condition.MEDIA_5XX, 1, MEDIA, 503, "Giving up after 1 retries"),
        (Condition.MEDIA_STALL, 1, MEDIA, None, "Read timed out"),
        # Python 3.13's TLS tells of a reset where an older one takes it for a short answer.
        (Condition.MEDIA_RESET, 1, MEDIA, None, "Giving up after 1 retries"),
        (Condition.MEDIA_TRUNCATED, 1, MEDIA, None, "more expected"),
        (Condition.MEDIA_HTML, 1, ("NotMedia",), 200, "text/html"),
        (Condition.HLS_HOLES, 1, MEDIA, 404, "404"),
    ],
)
async def test_each_condition_leaves_its_evidence(
    youtube: Youtube,
    condition: Condition,
    number: int,
    exception: tuple[str, ...],
    status: int | None,
    part: str,
) -> None:
    seen = await evidence(youtube, condition_id(condition, number))
    assert seen.exception == exception
    assert seen.http_status == status
    assert part in seen.message and not seen.message.startswith("ERROR")
    assert seen.activity == ("media" if condition in MEDIA_CONDITIONS else "extract")


MEDIA_CONDITIONS = {
    condition for condition in Condition if condition.startswith("media") or condition is Condition.HLS_HOLES
}


async def test_a_missing_video_is_not_available(youtube: Youtube) -> None:
    assert "not available" in (await evidence(youtube, "missing-001")).message


async def test_a_premiere_tells_when_it_starts(youtube: Youtube) -> None:
    seen = await evidence(youtube, condition_id(Condition.PREMIERE))
    assert seen.live_status == "is_upcoming" and seen.starts_at is not None
    assert "Premieres in" in seen.message


async def test_a_running_stream_is_left_alone(youtube: Youtube) -> None:
    seen = await evidence(youtube, condition_id(Condition.LIVE))
    assert seen.live_status == "is_live"
    assert not youtube.requests("media")


async def test_no_network_is_evidence_too(youtube: Youtube) -> None:
    youtube.control.set(offline=True)
    seen = await evidence(youtube, "offlinevid1")
    assert "DownloadError" in seen.exception and seen.warnings


async def test_other_sites_are_refused(youtube: Youtube) -> None:
    job = youtube.job("abcdefghijk")
    job = job.model_copy(update={"item": job.item.model_copy(update={"url": "http://127.0.0.1:9/x.mp4"})})
    with pytest.raises(StageError) as caught:
        await youtube.resolve(job, youtube.staging("elsewhere"))
    assert "No suitable extractor" in caught.value.evidence.message


@pytest.mark.parametrize(
    ("quality", "wrong"),
    [
        ("best", None),
        ("1080p", None),
        ("audio", None),
        ("bv[height<=480][ext=mp4]+ba/b", None),
        ("bv[height<=480", "Invalid"),
        ("bv,ba", "several"),
        ("all", "several"),
    ],
)
async def test_a_format_string_is_judged_offline(youtube: Youtube, quality: str, wrong: str | None) -> None:
    checker = YtdlpFormatChecker(youtube.pool, youtube.config)
    options = JobOptions(archive=youtube.root, quality=quality, container=Container.MKV)
    told = await checker.check(options)
    assert told is None if wrong is None else wrong.lower() in (told or "").lower()
    assert not youtube.control.log()


async def test_a_quality_with_a_name_is_judged_without_a_child(tmp_path: Path) -> None:
    class NoChildren:
        async def run(self, *_: object, **__: object) -> dict[str, Any]:
            raise AssertionError("a child was asked")

    for quality in ("best", "audio", "720p"):
        options = JobOptions(archive=tmp_path, quality=quality)
        assert await YtdlpFormatChecker(NoChildren(), ExtractionConfig()).check(options) is None


async def test_a_users_own_configuration_counts_only_when_asked_for(youtube: Youtube, tmp_path: Path) -> None:
    (tmp_path / "yt-dlp").mkdir()
    wish = "--extractor-args youtube:player_skip=webpage\n--exec 'touch evil'\n--output ../evil\n"
    (tmp_path / "yt-dlp" / "config").write_text(wish)
    logged: list[str] = []
    async with ChildPool(
        TASKS,
        log=lambda task, job, line: logged.append(line),
        environment={"XDG_CONFIG_HOME": str(tmp_path)},
    ) as pool:
        for used in (False, True):
            config = youtube.config.model_copy(update={"use_ytdlp_config": used})
            youtube.control.clear_log()
            await YtdlpProvider(pool, config).resolve(youtube.job("userconfig1"), youtube.staging("conf"))
            assert bool(youtube.requests("watch")) is not used
    assert any("except: " in line and "outtmpl" in line and "postprocessors" in line for line in logged)


async def test_a_full_disk_is_evidence_with_its_number(youtube: Youtube, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if not succeeds("mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)):
        pytest.skip("may not mount a small file system")
    try:
        with pytest.raises(StageError) as caught:
            await youtube.download(youtube.job("size-4M-001"), small)
    finally:
        assert succeeds("umount", str(small))
    assert caught.value.evidence.errno == errno.ENOSPC
    assert caught.value.evidence.activity == "media"


async def test_a_staging_folder_that_cannot_be_written_is_no_fault_of_the_site(youtube: Youtube) -> None:
    job, staging = youtube.job("abcdefghijk"), youtube.staging("abcdefghijk")
    await youtube.resolve(job, staging)
    (staging / EXTRACTED).with_suffix(".new").mkdir()
    with pytest.raises(StageError) as caught:
        await youtube.resolve(job, staging)
    assert caught.value.evidence.activity == "staging"
    assert classify(caught.value.evidence).failure_class is FailureClass.LOCAL_IO
