"""The computed catalogue: ids that lead to the same thing each time, and knobs over it."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from ytarchive_tui.sandbox import catalog
from ytarchive_tui.sandbox.catalog import demo, ids, order
from ytarchive_tui.sandbox.model import Caption, Condition, Knobs, VideoKind


@pytest.mark.parametrize("counts", [(60, 8, 35), (250, 0, 0), (0, 3, 4), (7, 0, 5), (1, 9, 0), (0, 0, 2)])
def test_every_upload_of_a_computed_channel_stands_once_in_its_place(counts: tuple[int, int, int]) -> None:
    shelf = ids.Shelf(*counts)
    found = set()
    for position in range(sum(counts)):
        kind, index = order.upload(shelf, position)
        assert order.position_of(shelf, kind, index) == position
        video_id = shelf.video_id(kind, index)
        assert ids.place_of(video_id) == (shelf, kind, index)
        found.add(video_id)
    assert len(found) == sum(counts)
    assert all(len(each) == 11 for each in found)


def test_a_channel_of_100000_videos_costs_no_memory() -> None:
    tracemalloc.start()
    try:
        channel = catalog.channel_by_name("@count-100000")
        assert channel is not None
        tab = channel.tabs[VideoKind.VIDEO]
        newest, oldest = (catalog.video(tab.video_id(index), Knobs()) for index in (0, tab.length - 1))
        assert newest and oldest and newest.published > oldest.published
        assert newest.channel_id == oldest.channel_id == channel.id
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_each_condition_has_a_readable_id() -> None:
    assert {len(each) for each in catalog.CONDITION_IDS} == {11}
    found = {video.condition for each in catalog.CONDITION_IDS if (video := catalog.video(each, Knobs()))}
    assert found == set(Condition) - {Condition.OK}


def test_any_other_id_is_a_video_but_missing_ones_are_not() -> None:
    knobs = Knobs()
    assert catalog.video("dQw4w9WgXcQ", knobs)
    assert [
        catalog.video(each, knobs) for each in ("missing-001", "tooshort", "twelve-chars", "bad chars!!")
    ] == [None] * 4


def test_a_sized_id_spells_the_size_of_its_files() -> None:
    video = catalog.video(catalog.sized_id("64M"), Knobs(media_bytes=5))
    assert video is not None
    assert (video.id, video.media_bytes) == ("size-64M-01", 64 << 20)


def test_playlists_and_the_four_upload_lists_of_a_channel() -> None:
    channel = catalog.channel_by_name("mixed-60-8-35")
    assert channel is not None
    lengths = [
        shown.length
        for prefix in ("UU", "UULF", "UUSH", "UULV")
        if (shown := catalog.playlist(prefix + channel.id[2:]))
    ]
    assert lengths == [103, 60, 8, 35]
    counted = catalog.playlist(catalog.counted_playlist_id(250))
    assert counted is not None and counted.length == len({counted.video_id(n) for n in range(250)}) == 250
    assert catalog.playlist("PLnothing") is None


def test_the_demo_channel() -> None:
    channel = catalog.channel(catalog.DEMO_CHANNEL)
    assert channel is not None
    assert [channel.tabs[kind].length for kind in VideoKind] == [60, 12, 6]
    films, lectures = (catalog.playlist(each) for each in (catalog.DEMO_PLAYLIST, catalog.LECTURES_PLAYLIST))
    assert films and lectures
    assert (films.length, lectures.length) == (12, 30)
    videos = [catalog.video(films.video_id(n), Knobs()) for n in range(films.length)]
    assert sum(video.duration_s for video in videos if video) < 180
    titles = [entry.title for entry in demo.entries()]
    assert any("\0" in each for each in titles) and any("\x1b]" in each for each in titles)
    assert len(set(titles)) < len(titles), "a title stands twice"


def test_knobs_change_a_video() -> None:
    knobs = Knobs(
        media_bytes=1 << 20,
        conditions={"freshvideo1": "private"},
        overrides={
            "freshvideo1": {
                "title": "Other",
                "revision": 2,
                "captions": [{"language": "fi", "name": "Finnish"}],
            }
        },
    )
    video = catalog.video("freshvideo1", knobs)
    assert video is not None
    assert (video.title, video.revision, video.media_bytes) == ("Other", 2, 1 << 20)
    assert video.captions == (Caption("fi", "Finnish"),)
    assert video.condition is Condition.PRIVATE
    with pytest.raises(ValueError, match="colour"):
        catalog.video("freshvideo2", Knobs(overrides={"freshvideo2": {"colour": "red"}}))


def test_a_condition_ends_after_its_last_strike() -> None:
    knobs = Knobs(fail_times={"private-001": 2})
    for _ in range(2):
        video = catalog.video("private-001", knobs)
        assert video and video.condition is Condition.PRIVATE
        catalog.strike("private-001", knobs)
    video = catalog.video("private-001", knobs)
    assert video and video.condition is Condition.OK


def test_a_premiere_is_always_ahead() -> None:
    video = catalog.video("premiere-01", Knobs())
    assert video and video.starts_at
    assert timedelta(days=1) < video.starts_at - datetime.now(UTC) < timedelta(days=4)
