"""Subtitles that the site refused come later, alone; a better picture comes when there is one."""

from __future__ import annotations

import sqlite3
import subprocess
from typing import Any

from end_to_end.archive_check import assert_plays, kept
from end_to_end.daemon_program import command, daemon, wait_for
from end_to_end.program import Program

from ytarchive_tui.sandbox.client import ControlClient

VIDEO = "subtitled01"
SOON = {
    "YTARCHIVE_ARCHIVE__SUBTITLES": "en,de",
    "YTARCHIVE_RETRY__SIDECARS_S": ",".join(["0.5"] * 200),
    "YTARCHIVE_RETRY__JITTER": "0",
}


def rows(program: Program, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"{program.database.as_uri()}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def test_a_refused_subtitle_comes_later_without_the_media(program: Program, youtube: ControlClient) -> None:
    youtube.set(conditions={VIDEO: "subtitle_429"})
    with daemon(program, **SOON) as process:
        added = subprocess.run(
            command(program, "add", VIDEO), capture_output=True, env=program.environment() | SOON
        )
        assert added.returncode == 0, added.stderr
        wait_for(lambda: program.archive.exists() and VIDEO in kept(program.archive), process)
        first = kept(program.archive)[VIDEO]
        assert [each["language"] for each in first.manifest["missing"]] == ["en", "de"]
        wait_for(lambda: rows(program, "SELECT 1 FROM sidecars WHERE tries > 1"), process)
        youtube.clear_log()
        (job,) = rows(program, "SELECT status, reason FROM jobs")
        assert job == ("done", "without subtitles en, subtitles de: asked for again by itself")
        youtube.set(conditions={})
        wait_for(lambda: not rows(program, "SELECT 1 FROM sidecars"), process)

    assert not youtube.log("media"), "the video was not asked for again"
    item = kept(program.archive)[VIDEO]
    assert {file["language"] for file in item.manifest["files"] if file["role"] == "subtitle"} == {"en", "de"}
    assert not [note for note in item.manifest["notes"] if note.startswith("subtitles")]
    assert item.manifest["job"] == first.manifest["job"]
    assert_plays(item)
    assert rows(program, "SELECT count(*) FROM files WHERE role = 'subtitle'") == [(2,)]
    assert rows(program, "SELECT status, reason FROM jobs") == [("done", None)]


def test_a_better_picture_replaces_the_old_file_once_newer_tools_find_one(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(overrides={VIDEO: {"heights": [144, 360]}})
    blind = program.run([VIDEO], settings={"TOOLS__JS_RUNTIME": "/bin/true"})
    assert blind.ends[VIDEO]["event"] == "archived"
    first = kept(program.archive)[VIDEO]
    assert first.manifest["obtained_height"] == 360 and first.manifest["withheld"]
    assert rows(program, "SELECT state FROM library") == [("withheld",)]

    youtube.set(overrides={})
    with daemon(program) as process:
        wait_for(lambda: rows(program, "SELECT 1 FROM copies WHERE obtained_height = 1080"), process)
        wait_for(lambda: not rows(program, "SELECT 1 FROM leftovers"), process)

    item = kept(program.archive)[VIDEO]
    assert_plays(item, height=1080)
    assert item.manifest["withheld"] is None
    assert rows(program, "SELECT state FROM library") == [("stored",)]
