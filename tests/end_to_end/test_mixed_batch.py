"""A file with everything in it: what must be archived is, once, and what can't be is named."""

from __future__ import annotations

from collections import Counter

import pytest
from end_to_end.archive_check import assert_plays, assert_tidy, kept
from end_to_end.program import Program

from ytarchive_tui.domain.models import SourceKind
from ytarchive_tui.sandbox.catalog import channel_by_name, counted_playlist_id, playlist
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import VideoKind

VIDEOS = ("aaaaaaaaaa1", "bbbbbbbbbb2", "cccccccccc3", "dddddddddd4", "eeeeeeeeee5")


def mixed(videos: int, listed: int, on_tab: int) -> tuple[list[str], set[str], list[int]]:
    """Lines of a batch file, the ids that they stand for, and the numbers of the bad lines."""
    list_id, handle = counted_playlist_id(listed), f"count-{on_tab}"
    chosen = VIDEOS[:videos]
    lines = [
        "\ufeff# a file as people have them",
        f"https://www.youtube.com/watch?v={chosen[0]}",
        *chosen[1:],
        "https://example.com/not-youtube",
        "",
        f"https://www.youtube.com/playlist?list={list_id}",
        f"https://youtu.be/{chosen[0]}?t=4   # a duplicate",
        "not an address",
        f"https://www.youtube.com/@{handle}/videos",
        f"https://music.youtube.com/watch?v={chosen[1]}",
        f"https://www.youtube.com/shorts/{chosen[0]}",
        f"youtube.com/playlist?list={list_id}&si=shared",
        "https://www.youtube.com/watch?v=short",
    ]
    bad = [n for n, line in enumerate(lines, 1) if "example" in line or "not an" in line or "v=short" in line]
    made, tab = playlist(list_id), channel_by_name(f"@{handle}")
    assert made is not None and tab is not None
    entries = {made.video_id(n) for n in range(listed)}
    uploads = {tab.tabs[VideoKind.VIDEO].video_id(n) for n in range(on_tab)}
    return lines, {*chosen, *entries, *uploads}, bad


@pytest.mark.parametrize(
    ("videos", "listed", "on_tab"),
    [(2, 3, 4), pytest.param(5, 30, 60, marks=[pytest.mark.long, pytest.mark.timeout(600)])],
)
def test_every_good_item_is_archived_once_and_never_asked_for_again(
    program: Program, youtube: ControlClient, videos: int, listed: int, on_tab: int
) -> None:
    lines, expected, bad = mixed(videos, listed, on_tab)

    first = program.run(lines, timeout_s=500)

    assert first.code == 1, first.stderr.decode()
    assert [each["line"] for each in first.of("bad_line")] == bad
    assert all(each["reason"] for each in first.of("bad_line"))
    assert len(first.of("duplicate")) == 4
    kinds = Counter(each["kind"] for each in first.of("entry"))
    assert kinds == {SourceKind.VIDEO: videos, SourceKind.PLAYLIST: 1, SourceKind.TAB: 1}
    assert Counter(each["video_id"] for each in first.of("archived")) == Counter(expected)
    summary = first.summary
    assert (summary["archived"], summary["total"], summary["bad_lines"]) == (len(expected), len(expected), 3)
    assert summary["unfinished"] == []
    items = kept(program.archive)
    assert items.keys() == expected
    for item in items.values():
        assert_plays(item, height=1080)
    assert_tidy(program.archive, program.database)

    youtube.clear_log()
    second = program.run(lines)

    assert second.code == 1
    assert (second.summary["archived"], second.summary["already"]) == (0, len(expected))
    asked = youtube.stats().requests
    assert set(asked) <= {"playlist_page", "channel_page", "browse"}, asked
    assert sum(asked.values()) <= 6
    assert kept(program.archive) == items
