"""`status`, `logs`, `verify`, `import` and `export`, by the words that a person types."""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from library_samples import archive_item
from unit.db.db_samples import page, playlist, video

from ytarchive_tui.cli import cli
from ytarchive_tui.commands.errors import explained
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.migrate import bundled
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.errors import EngineBusyError, Evidence, StageError, UsageError
from ytarchive_tui.domain.models import JobKind, JobOptions, Stage
from ytarchive_tui.services.logs import log_file
from ytarchive_tui.settings.paths import Paths

A, B, C, D = "aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc", "ddddddddddd"


class World:
    """A state folder, an archive, and the program on them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.root = folder / "archive"
        self.paths = Paths.private(folder / "own")
        (folder / "config.toml").touch()
        monkeypatch.setenv("YTARCHIVE_CONFIG", str(folder / "config.toml"))
        self.paths.make()

    def __call__(self, *words: str | Path, stdin: str | bytes = "") -> Result:
        own = ("--state-dir", str(self.folder / "own"), "-o", str(self.root))
        return CliRunner().invoke(cli, [*own, *map(str, words)], input=stdin, standalone_mode=False)

    def objects(self, *words: str | Path, stdin: str | bytes = "") -> list[dict[str, Any]]:
        ran = self(*words, "--json", stdin=stdin)
        assert ran.exception is None, ran.output
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def do(self, work: Callable[[Database], Any]) -> Any:
        async def run() -> Any:
            async with await Database.open(self.paths.database) as db:
                return await work(db)

        return asyncio.run(run())

    def archive(self, video_id: str, title: str, **more: Any) -> Path:
        self.do(lambda db: archive_item(db, self.root, video_id, title, **more))
        return self.root / "Harbour Films" / video_id


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_status_tells_what_there_is_and_who_works_on_it(world: World) -> None:
    fresh = world("status").stdout
    assert "0 videos" in fresh and "nothing to do" in fresh and "nothing works on it now" in fresh
    world.archive(A, "One")
    world.do(lambda db: submit(db, [video(B)]))
    with EngineLock(world.paths.state_dir):
        (told,) = world.objects("status")
        assert (told["archived"], told["jobs"]["queued"], told["works"]) == (1, 1, True)
        assert told["free_bytes"] > 0 and told["data_api"] is None and not told["site"]["held"]
        assert "a program works on it" in world("status").stdout


def test_status_tells_of_the_quota(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YTARCHIVE_YOUTUBE__API_KEYS", "one-key")
    monkeypatch.setenv("YTARCHIVE_YOUTUBE__DAILY_QUOTA", "0")
    (told,) = world.objects("status")
    assert told["data_api"]["asked"] is False
    assert "its quota is spent, yt-dlp tells the metadata" in world("status").stdout


def test_verify_names_what_is_damaged_and_ends_with_1(world: World) -> None:
    folder = world.archive(A, "The last ferry")
    world.archive(B, "Another film")
    assert world("verify").stdout == "2 whole, 0 changed, 0 missing\n"
    (folder / "video.mp4").write_bytes(b"something else")
    damaged, summary = world.objects("verify")
    assert (damaged["video_id"], damaged["found"], summary["whole"]) == (A, "changed", 1)
    assert "video.mp4" in damaged["problems"][0]
    ran = world("verify", "ferry")
    assert ran.return_value == 1
    assert "changed  The last ferry: video.mp4" in ran.stdout
    assert world("verify", "another").stdout.startswith("1 whole")
    assert isinstance(world("verify", "nothing like it").exception, UsageError)
    shutil.move(world.root, world.folder / "away")
    assert isinstance(world("verify").exception, StageError)


def test_exports_are_what_their_ending_says(world: World) -> None:
    world.archive(A, "=HYPERLINK(1)")
    world.archive(B, "Ferry")
    assert world.objects("export", world.folder / "all.csv")[0]["written"] == 2
    rows = list(csv.DictReader((world.folder / "all.csv").read_text().splitlines()))
    assert [row["title"] for row in rows] == ["'=HYPERLINK(1)", "Ferry"]
    assert world("export", world.folder / "ids.txt").exception is None
    assert (world.folder / "ids.txt").read_text() == f"youtube {A}\nyoutube {B}\n"
    assert [each["id"] for each in json.loads(world("export", "-", "ferry").stdout)] == [B]
    assert world("export", "-", "--as", "yt-dlp", "ferry").stdout == f"youtube {B}\n"
    assert "is there already" in str(world("export", world.folder / "ids.txt").exception)
    assert "must end with" in str(world("export", world.folder / "all.xlsx").exception)


async def listed(db: Database, *video_ids: str) -> list[str]:
    """What a list of these brings, by video id."""
    queue = Queue(db, lease_s=60)
    await submit(db, [playlist()])
    claim = await queue.claim(Stage.METADATA, JobKind.SOURCE, "worker")
    assert claim is not None and await queue.add_page(claim, page(*video_ids))
    rows = await db.fetch("SELECT i.video_id FROM jobs j JOIN items i ON i.id = j.item_id ORDER BY j.id")
    return [row["video_id"] for row in rows]


def test_what_ytdlp_has_fetched_no_list_brings_any_more(world: World) -> None:
    world.archive(A, "One")
    world.do(lambda db: submit(db, [video(B)]))
    text = f"youtube {A}\nyoutube {B}\nyoutube {C}\r\nyoutube {C}\nvimeo 1234\n# mine\nyoutube short\nwords\n"
    ids = world.folder / "archive.txt"
    ids.write_bytes(text.encode() + b"\xff\xfe\x1b[2J\n")
    expected = {"new": 1, "before": 0, "archived": 1, "active": 1, "others": 1, "bad_lines": 3}
    (would,) = world.objects("--dry-run", "import", ids)
    assert would | expected == would and would["dry_run"]
    told = world("import", ids)
    assert told.return_value == 1 and "\x1b" not in told.output
    assert f"{ids}:7: neither a site with an id nor a comment: youtube short" in told.stderr
    assert "1 video passed by when a list names them" in told.stdout
    assert world.objects("import", "-", stdin=f"youtube {C}\n")[0]["before"] == 1
    assert world.do(lambda db: listed(db, B, C, D)) == [B, D]
    # By its own address it is fetched all the same.
    assert world.do(lambda db: submit(db, [video(C)]))[0].job_id is not None


def test_a_dry_run_brings_no_state_file_up_to_date(world: World) -> None:
    async def older() -> None:
        steps = [step for step in bundled() if step.number < 16]
        async with await Database.open(world.paths.database, migrations=steps) as db, db.write() as tx:
            await tx.run(
                "INSERT INTO items (extractor, video_id, url, created_at) VALUES ('youtube', ?, 'u', 0)", (A,)
            )

    asyncio.run(older())
    before = world.paths.database.read_bytes()
    ids = world.folder / "archive.txt"
    ids.write_text(f"youtube {A}\nyoutube {B}\n")
    assert world.objects("--dry-run", "import", ids)[0]["new"] == 2
    assert world.paths.database.read_bytes() == before
    assert not list(world.paths.state_dir.glob("*.backup"))


@pytest.mark.parametrize("text", ["", "https://youtu.be/aaaaaaaaaaa\n", "PLnothing\n"])
def test_a_file_without_ids_says_what_lines_look_like(world: World, text: str) -> None:
    ran = world("import", "-", stdin=text)
    assert isinstance(ran.exception, UsageError) and "youtube dQw4w9WgXcQ" in str(ran.exception)


def test_an_archive_that_this_state_does_not_know_is_taken_in(world: World, tmp_path: Path) -> None:
    world.archive(A, "One")
    world.archive(B, "Two")
    world.paths.database.unlink()
    assert "2 videos would be taken in" in world("--dry-run", "import", world.root).stdout
    assert not world.paths.database.exists()
    with EngineLock(world.paths.state_dir):
        assert isinstance(world("import", world.root).exception, EngineBusyError)
    (told,) = world.objects("import", world.root)
    assert (told["new"], told["known"]) == (2, 0)
    assert world.objects("import", world.root)[0]["known"] == 2
    assert world("verify").stdout == "2 whole, 0 changed, 0 missing\n"
    (made,) = world.do(lambda db: submit(db, [video(A, options=JobOptions(archive=world.root))]))
    assert made.already_archived
    nothing = world("import", tmp_path).exception
    assert isinstance(nothing, UsageError) and "no archive" in str(nothing)


def test_logs_are_filtered_and_as_many_as_asked(world: World) -> None:
    assert "there is no log yet" in world("logs").stderr
    log = logging.getLogger("ytarchive_tui.test")
    with log_file(world.paths.log_dir, level="info", keep_mb=1, secrets=()):
        for n in range(5):
            log.info("line %d", n, extra={"job": n})
        log.warning("refused \x1b[31m")
    assert [line.split(": ", 1)[1] for line in world("logs", "-n", "2").stdout.splitlines()] == [
        "line 4 job=4",
        "refused ",
    ]
    assert [each["text"] for each in world.objects("logs", "job:3")] == ["line 3"]
    assert [each["level"] for each in world.objects("logs", "level:warning")] == ["warning"]
    assert not world.objects("logs", "-n", "0")


@pytest.mark.parametrize(
    ("rule", "tabs"),
    [("kind = video and duration > 1m", ["shorts", "streams", "videos"]), ("title ~ kind", ["@name"])],
)
def test_a_rule_that_compares_kinds_reads_a_channel_tab_by_tab(
    world: World, rule: str, tabs: list[str]
) -> None:
    told = world.objects("add", "https://www.youtube.com/@name", "--filter", rule)
    assert sorted(each["address"].rsplit("/", 1)[-1] for each in told) == tabs


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", ""), "there is no address; write an address"),
        (("add", "\x1b]0;x\x07pasted"), "pasted: there are control characters in it; copy the address again"),
        (("source", "follow", "daily", "@name"), "the source comes before the time"),
        (("source", "refresh", "@name"), "`add` adds one"),
    ],
)
def test_what_is_typed_wrongly_is_explained_without_repeating_control_bytes(
    world: World, words: tuple[str, ...], says: str
) -> None:
    ran = world(*words)
    assert isinstance(ran.exception, UsageError) and says in str(ran.exception)
    assert str(ran.exception).isprintable()


def test_what_is_for_lists_is_said_not_to_apply_to_a_video(world: World) -> None:
    assert f"{A}: by itself; tabs, rules" in world("add", A, "--filter", "duration > 1m").stderr
    assert "by itself" not in world("add", A).stderr


def test_a_failure_of_a_stage_is_told_by_its_class(capsys: pytest.CaptureFixture[str]) -> None:
    gone = Evidence(message="[youtube:tab] x: HTTP Error 404: Not Found", http_status=404,
                    exception=("DownloadError", "HTTPError"), activity="list")  # fmt: skip
    assert explained(StageError(gone)) == 1
    assert capsys.readouterr().err == "error: the site does not know this address (HTTP 404)\n"
