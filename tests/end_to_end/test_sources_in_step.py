"""Sources that stay in step: the real program, the real engine, and what it asked the site for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from end_to_end.archive_check import kept
from end_to_end.daemon_program import daemon, run, wait_for
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog.ids import Shelf
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import VideoKind

ENTRIES = 400
CHANNEL = f"https://www.youtube.com/@count-{ENTRIES}"
IDS = [Shelf(ENTRIES).video_id(VideoKind.VIDEO, n) for n in range(100)]


def source(program: Program) -> dict[str, Any]:
    (found,) = run(program, "source", "show", CHANNEL)
    return dict(found)


def read_at(program: Program) -> int | None:
    """When a source was last read; asked of the file, because a program started for it takes a second."""
    with closing(sqlite3.connect(f"file:{program.database}?mode=ro", uri=True)) as db:
        found: int | None = db.execute("SELECT max(refreshed_at) FROM sources").fetchone()[0]
    return found


def test_a_refresh_finds_exactly_what_changed_with_five_requests(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(conditions=dict.fromkeys(IDS[:3], "private"))
    # Nothing is downloaded, so that the log holds what staying in step costs, and no more.
    run(program, "add", CHANNEL, "--filter", "id = nothing")
    with daemon(program) as process:
        wait_for(lambda: read_at(program), process)
        first, begun_at = source(program), read_at(program)
        assert first["entries"] == ENTRIES - 3 and first["result"]["new"] == 0
        youtube.set(
            conditions={IDS[10]: "deleted", IDS[55]: "deleted", IDS[70]: "private"},
            overrides={IDS[40]: {"title": "Another name"}},
        )
        youtube.clear_log()
        (begun,) = run(program, "source", "refresh", CHANNEL)
        assert begun["scan"] == "delta"
        wait_for(lambda: read_at(program) != begun_at, process)

    asked = youtube.log()
    assert len(asked) <= 5, [(record.kind, record.path) for record in asked]
    now = source(program)
    found = {key: value for key, value in now["result"].items() if value and key != "entries"}
    assert found == {"new": 3, "missing": 3, "title": 1, "at_source": 1}
    timeline = [event for event in now["timeline"] if event["video_id"]]
    assert {event["video_id"] for event in timeline if event.get("change") == "new"} == set(IDS[:3])
    missing = {event["video_id"]: event["seen"] for event in timeline if event.get("change") == "missing"}
    assert missing == {IDS[10]: "removed", IDS[55]: "removed", IDS[70]: "private"}
    (renamed,) = [event for event in timeline if event.get("field") == "title"]
    assert (renamed["video_id"], renamed["after"]) == (IDS[40], "Another name")
    assert not program.archive.exists() or not kept(program.archive)


@pytest.mark.long
def test_a_source_is_followed_and_unfollowed(program: Program, youtube: ControlClient) -> None:
    run(program, "source", "follow", "https://www.youtube.com/@count-5", "daily", "--jitter", "0m")
    (followed,) = run(program, "source", "list", "--followed")
    assert followed["followed"] and followed["schedule"]["every_s"] == 86400.0 and followed["next_at"]
    (ended,) = run(program, "source", "unfollow", "https://www.youtube.com/@count-5")
    assert ended["was_followed"]
    assert not run(program, "source", "list", "--followed")


def test_a_preview_stores_nothing_and_tells_what_would_be_kept(program: Program) -> None:
    found = run(
        program, "add", "https://www.youtube.com/@count-30/videos", "--preview", "--order", "oldest",
        "--limit", "4", "--filter", "duration < 1h",
    )  # fmt: skip
    assert len(found) == 4 and all(each["decided"] for each in found)
    assert not program.database.exists()
