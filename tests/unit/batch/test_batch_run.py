"""A run from its lines to its exit code, with a queue that plays a script."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pretend import Queue, Runtime, Script, next_look, preview_line

from ytarchive_tui.batch import patience
from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.input import EntryOptions, parse_batch
from ytarchive_tui.batch.output import Lines
from ytarchive_tui.batch.run import BatchRequest, run_batch
from ytarchive_tui.batch.view_json import JsonView
from ytarchive_tui.batch.view_plain import PlainView
from ytarchive_tui.db.wishes import Wishes
from ytarchive_tui.domain.errors import StateError, UsageError
from ytarchive_tui.domain.events import EventKind
from ytarchive_tui.domain.models import Container, Stage, Status
from ytarchive_tui.services.quota import Detour
from ytarchive_tui.services.site import Standing
from ytarchive_tui.settings.model import Settings

A, B, C = "dQw4w9WgXcQ", "aaaaaaaaaaa", "bbbbbbbbbbb"


class Outcome:
    """What a run left: exit code, both streams, the queue and the runtime."""

    def __init__(self, code: ExitCode, out: str, err: str, queue: Queue, runtime: Runtime) -> None:
        self.code, self.out, self.err, self.queue, self.runtime = code, out, err, queue, runtime

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.objects if each["event"] == event]


async def play(
    text: str, script: Script, *, name: str = "urls.txt", as_json: bool = False, quiet: bool = False,
    queue: Queue | None = None, runtimes: list[Runtime] | None = None, **asked: Any,
) -> Outcome:  # fmt: skip
    queue = queue or Queue()
    runtime = Runtime(queue, script)
    if runtimes is not None:
        runtimes.append(runtime)
    out, err = io.StringIO(), io.StringIO()
    view = (JsonView if as_json else PlainView)(Lines(out), Lines(err), quiet=quiet)
    settings = Settings.model_validate({"archive": {"root": "/archive"}})
    request = BatchRequest(parse_batch(name, text.encode()), settings, **asked)
    code = await asyncio.wait_for(run_batch(request, cast(Any, runtime.open), view), 20)
    return Outcome(code, out.getvalue(), err.getvalue(), queue, runtime)


async def archive_all(queue: Queue) -> None:
    for job_id, line in list(queue.jobs.items()):
        if line.status is Status.QUEUED:
            queue.archive(job_id)


async def nothing(queue: Queue) -> None:
    raise AssertionError("it must not have started")


async def test_a_run_ends_a_hold_and_says_so() -> None:
    queue = Queue(held=True)
    ran = await play(f"{A}\n", archive_all, queue=queue)
    assert ran.code == 0 and not queue.held
    assert "everything was on hold; this run lets it go on" in ran.err


async def test_what_the_screen_set_otherwise_is_told_and_j_overrules_it() -> None:
    queue = Queue(wished=Wishes(downloads=9, limit_bps=2_000_000))
    ran = await play(f"{A}\n", archive_all, queue=queue)
    assert "9 downloads at a time, as set on the screen; -j says otherwise" in ran.err
    assert "each download at most 2.0 MB/s, as set on the screen" in ran.err
    ran = await play(f"{A}\n", archive_all, queue=queue, own_downloads=True)
    assert "at a time" not in ran.err and "2.0 MB/s" in ran.err
    assert queue.wished == Wishes(limit_bps=2_000_000)


async def test_all_archived_is_exit_0_and_one_line_an_item() -> None:
    ran = await play(f"{A}\n{B}\n", archive_all)
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == [
        f"archived  Film 1 [{A}] (1080p, 1:02, 3.1 MB)",
        f"archived  Film 2 [{B}] (1080p, 1:02, 3.1 MB)",
    ]
    assert ran.out.splitlines()[2].startswith("2 archived; 6.2 MB in ")
    assert "archived" not in ran.err


async def test_lines_are_read_of_what_happened_alone() -> None:
    """A list may have a million jobs: to read them all for each that ends would keep the news for minutes."""

    async def one_after_the_other(queue: Queue) -> None:
        for job_id in list(queue.jobs):
            queue.archive(job_id)
            while not any(job_id in jobs for jobs in queue.looks):
                queue.looked.clear()
                await queue.looked.wait()

    ran = await play(f"{A}\n{B}\n{C}\n", one_after_the_other)
    assert ran.out.count("archived  ") == 3
    assert [jobs for jobs in ran.queue.looks if jobs] == [{1}, {2}, {3}]


async def test_bad_lines_are_told_on_stderr_and_the_rest_goes_on() -> None:
    ran = await play(f"{A}\nhttps://vimeo.com/1\n{A}\n", archive_all)
    assert ran.code == 1
    assert "urls.txt:2: not a YouTube address: vimeo.com is another site: https://vimeo.com/1" in ran.err
    assert "urls.txt:3: the same as line 1, taken once" in ran.err
    assert [each.video_id for each in ran.queue.submitted] == [A]
    assert "1 archived, 1 bad line" in ran.out


async def test_fail_fast_stops_before_anything_when_a_line_is_bad() -> None:
    ran = await play(f"{A}\nhttps://vimeo.com/1\n", nothing, fail_fast=True)
    assert (ran.code, ran.queue.submitted, ran.runtime.calls) == (2, [], [])
    assert "urls.txt:2:" in ran.err


async def test_a_file_with_nothing_usable_is_a_usage_error() -> None:
    ran = await play("# nothing\n", nothing)
    assert (ran.code, ran.out) == (2, "")
    assert "nothing to archive" in ran.err


async def test_what_was_there_before_is_told_as_already_there() -> None:
    queue = Queue()
    await queue.submit([])
    first = await play(f"{A}\n", archive_all, queue=queue)
    assert first.code == 0
    again = await play(f"{A}\n", archive_all, queue=queue)
    assert again.code == 0
    assert again.out.splitlines()[0] == f"already   Film 1 [{A}]"
    assert "0 archived, 1 already there" in again.out


async def test_failures_have_their_reason_and_exit_1() -> None:
    async def script(queue: Queue) -> None:
        queue.archive(1)
        queue.fail(2, Status.FAILED, "the uploader removed it")
        queue.fail(3, Status.BLOCKED, "it is for members only")

    ran = await play(f"{A}\n{B}\n{C}\n", script)
    assert ran.code == 1
    assert f"failed    Film 2 [{B}]: the uploader removed it" in ran.out
    assert f"blocked   Film 3 [{C}]: needs you: it is for members only" in ran.out
    assert "1 archived, 1 needs you, 1 failed" in ran.out


async def test_a_wait_beyond_the_patience_ends_the_run() -> None:
    async def script(queue: Queue) -> None:
        queue.fail(1, Status.WAITING, "too many requests", due_s=3600)

    ran = await play(f"{A}\n", script)
    assert ran.code == 1
    assert "tries again at" in ran.out and "too many requests" in ran.out


async def test_a_short_wait_is_waited_for() -> None:
    async def script(queue: Queue) -> None:
        queue.fail(1, Status.WAITING, "connection reset", due_s=0.3)
        await asyncio.sleep(0.3)
        queue.jobs[1] = queue.jobs[1].model_copy(update={"run_after": None})
        queue.archive(1)

    assert (await play(f"{A}\n", script)).code == 0


async def test_a_site_that_answers_again_keeps_the_run_going(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SETTLED_S", -1.0)
    runtimes: list[Runtime] = []

    async def script(queue: Queue) -> None:
        site = runtimes[0].site
        queue.become(1, EventKind.STAGE_STARTED, status=Status.RUNNING)
        site.standing_now = Standing(held=True, until=datetime.now(UTC), until_s=3600)
        await next_look(site)
        # The probe ends well, and for a moment nothing runs.
        site.standing_now = Standing()
        queue.become(1, EventKind.STAGE_FINISHED, status=Status.QUEUED)
        await next_look(site)
        queue.archive(1)

    assert (await play(f"{A}\n", script, runtimes=runtimes)).code == 0


async def test_fail_fast_drains_at_the_first_failure() -> None:
    async def script(queue: Queue) -> None:
        queue.fail(1, Status.FAILED, "gone")

    ran = await play(f"{A}\n{B}\n", script, fail_fast=True)
    assert (ran.code, ran.runtime.calls) == (1, ["start", "drain"])
    assert "1 not finished, 1 failed" in ran.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_drains_and_says_how_to_go_on(number: signal.Signals) -> None:
    async def script(queue: Queue) -> None:
        queue.become(1, EventKind.STAGE_STARTED, status=Status.RUNNING)
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.3)
        queue.archive(1)

    ran = await play(f"{A}\n{B}\n", script)
    assert (ran.code, ran.runtime.calls) == (130, ["start", "drain"])
    assert f"archived  Film 1 [{A}]" in ran.out
    assert "run the same command again to go on" in ran.err


async def test_between_two_looks_a_signal_is_heard_and_the_last_jobs_are_not_outlasted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def stop(queue: Queue) -> None:
        queue.fail(1, Status.FAILED, "gone")
        await queue.looked.wait()
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(PlainView, "pause_s", 3600.0)
    addresses = "".join(f"https://youtu.be/{n:011}\n" for n in range(40))
    assert (await play(addresses, stop)).code == 130
    assert (await play(f"{A}\n{B}\n", archive_all)).code == 0


async def test_a_worker_that_died_ends_the_run_with_its_error() -> None:
    async def die(queue: Queue) -> None:
        raise StateError("the disk is gone")

    with pytest.raises(StateError, match="the disk is gone"):
        await play(f"{A}\n", die)


async def test_a_signal_that_was_ignored_stays_ignored() -> None:
    async def script(queue: Queue) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.1)
        queue.archive(1)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        ran = await play(f"{A}\n", script)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (ran.code, ran.runtime.calls) == (0, ["start"])


async def test_the_second_ctrl_c_stops_at_once() -> None:
    async def script(queue: Queue) -> None:
        queue.become(1, EventKind.STAGE_STARTED, status=Status.RUNNING)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    ran = await play(f"{A}\n", script)
    assert (ran.code, ran.runtime.calls) == (130, ["start", "drain", "stop"])


async def test_a_bad_quality_of_an_entry_is_a_bad_line_and_of_the_command_line_a_usage_error() -> None:
    text = f"- url: {A}\n  quality: 'nonsense['\n- {B}\n"
    ran = await play(text, archive_all, name="urls.yaml")
    assert ran.code == 1
    assert "urls.yaml:1: quality «nonsense[»: no such format" in ran.err
    assert [each.video_id for each in ran.queue.submitted] == [B]
    with pytest.raises(UsageError, match="nonsense"):
        await play(f"{A}\n", nothing, given=EntryOptions(quality="nonsense["))


async def test_the_nearest_word_about_options_wins() -> None:
    text = f"""
defaults: {{quality: 480p, container: mkv, output: talks}}
urls:
  - {A}
  - {{url: {B}, quality: audio, output: /elsewhere}}
"""
    ran = await play(text, archive_all, name="x.yaml", given=EntryOptions(quality="720p"))
    first, second = (each.options for each in ran.queue.submitted)
    assert (first.quality, first.container, first.archive) == ("720p", Container.MKV, Path("/archive/talks"))
    assert (second.quality, second.archive) == ("audio", Path("/elsewhere"))


async def test_retry_failed_is_passed_on() -> None:
    ran = await play(f"{A}\n", archive_all, retry_failed=True)
    assert ran.queue.retried == 1
    assert "2 failed jobs are tried again" in ran.err


async def test_a_dry_run_lists_items_and_totals() -> None:
    queue = Queue()
    queue.previews = (
        preview_line(A, "One", duration_s=60, size=2_000_000, height=1080),
        preview_line(B, "Two", duration_s=3600, height=720),
        preview_line(C, "Three", already=True),
    )

    async def script(queue: Queue) -> None:
        for job_id in queue.jobs:
            queue.become(job_id, EventKind.STAGE_FINISHED, status=Status.DONE)

    ran = await play(f"{A}\n{B}\n{C}\n", script, queue=queue, dry_run=True)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "would get One (1080p, 1:00, 2.0 MB)",
        "would get Two (720p, 1:00:00)",
        "already   Three",
        "2 videos to download, 1:01:00 long, at least 2.0 MB; 1 already there",
    ]


async def test_json_is_one_object_a_line_whatever_the_title() -> None:
    title = "\x1b[31mred\x1b[0m \u202e[/b]\nnew line \ud800"

    async def script(queue: Queue) -> None:
        queue.become(1, EventKind.STAGE_STARTED, status=Status.RUNNING)
        queue.archive(1, title=title, stage=Stage.STORAGE)
        queue.fail(2, Status.FAILED, "gone")

    ran = await play(f"{A}\nnope\n{B}\n{A}\n", script, as_json=True)
    assert ran.out.isascii()
    assert [each["event"] for each in ran.objects] == [
        "bad_line", "duplicate", "entry", "entry", "batch", "started", "archived", "failed", "summary",
    ]  # fmt: skip
    assert ran.named("bad_line")[0]["line"] == 2
    [archived] = ran.named("archived")
    assert (archived["title"], archived["video_id"], archived["size"]) == (title, A, 3_100_000)
    summary = ran.objects[-1]
    assert (summary["archived"], summary["failed"], summary["exit_code"]) == (1, 1, 1)
    assert [each["video_id"] for each in summary["unfinished"]] == [B]


async def list_with_hidden(queue: Queue) -> None:
    for item_id, reason in ((7, "private"), (8, "removed"), (8, "removed"), (9, "archived")):
        queue.note(EventKind.ITEM_SKIPPED, None, item_id=item_id, reason=reason)
    queue.note(EventKind.SOURCE_LISTED, 1, entries=30)
    queue.jobs[1] = queue.jobs[1].model_copy(update={"status": Status.DONE})


async def test_entries_of_a_list_that_are_hidden_are_told_and_leave_the_exit_code_0() -> None:
    hidden = {"private": 1, "removed": 1}
    ran = await play("@somechannel\n", list_with_hidden, queue=Queue(hidden=hidden))
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "listed    Film 1: 30 videos, 2 of them private or removed"
    assert "0 archived, 1 already there, 2 private or removed; " in ran.out
    ran = await play("@somechannel\n", list_with_hidden, queue=Queue(hidden=hidden), as_json=True)
    assert ran.named("listed")[0]["hidden"] == ran.named("summary")[0]["hidden"] == hidden


async def test_a_copy_that_is_known_to_be_damaged_is_not_called_complete() -> None:
    first = await play("@somechannel\n", archive_all, queue=Queue())
    assert first.code == 0
    first.queue.damaged = 1
    again = await play("@somechannel\n", archive_all, queue=first.queue)
    assert again.code == 1
    assert "0 archived, 1 damaged (add by name to fetch again)" in again.out


async def test_what_is_noted_about_an_archived_item_is_told() -> None:
    noted = {1: ("subtitles en: HTTP Error 429",)}
    ran = await play(f"{A}\n{B}\n", archive_all, queue=Queue(noted=noted))
    assert ran.out.splitlines()[0].endswith("3.1 MB); subtitles en: HTTP Error 429")
    assert "2 archived (1 with notes); " in ran.out
    ran = await play(f"{A}\n{B}\n", archive_all, queue=Queue(noted=noted), as_json=True)
    assert [each["notes"] for each in ran.named("archived")] == [["subtitles en: HTTP Error 429"], []]
    assert ran.named("summary")[0]["with_notes"] == 1


async def test_a_warning_is_said_once_before_the_work() -> None:
    ran = await play(f"{A}\n", archive_all, warning="no usable JavaScript runtime")
    assert ran.err.splitlines() == ["urls.txt: 1 entry to archive", "no usable JavaScript runtime"]


async def test_quiet_tells_only_what_went_wrong() -> None:
    async def script(queue: Queue) -> None:
        queue.archive(1)
        queue.fail(2, Status.FAILED, "gone")

    ran = await play(f"{A}\n{B}\n", script, quiet=True)
    assert ran.out.splitlines() == [f"failed    Film 2 [{B}]: gone"]
    assert ran.err == ""


@pytest.mark.parametrize("as_json", [True, False])
async def test_that_the_data_api_is_not_asked_any_more_is_said_once(
    as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ytarchive_tui.batch.run._SITE_S", 0.0)
    until = datetime(2026, 11, 30, 8, tzinfo=UTC)

    async def script(queue: Queue) -> None:
        runtime = runtimes[0]
        runtime.quota.detour_now = Detour("its quota is spent", until)
        await next_look(runtime.quota)
        runtime.quota.detour_now = None
        await archive_all(queue)

    runtimes: list[Runtime] = []
    ran = await play(f"{A}\n", script, as_json=as_json, runtimes=runtimes)
    sentence = f"until {until.astimezone():%H:%M}: its quota is spent, yt-dlp tells the metadata"
    assert ran.err.count(f"without the Data API {sentence}") == 1
    assert ran.err.count("the Data API is asked again") == 1
    if as_json:
        assert [(each["asked"], each["reason"], each["until"]) for each in ran.named("data_api")] == [
            (False, "its quota is spent", until.isoformat()),
            (True, None, None),
        ]
