from __future__ import annotations

import time
from random import Random

import pytest
from media_probe import a_video, whole

from ytarchive_tui.sandbox.media import hls_segment, last_modified, open_media, thumbnail
from ytarchive_tui.sandbox.model import Video, VirtualFile

MEBIBYTE = 1 << 20


@pytest.mark.parametrize("itag", [18, 137, 248, 251])
@pytest.mark.parametrize(
    "video", [a_video(duration_s=61), a_video(duration_s=5, media_bytes=3 * MEBIBYTE + 1)]
)
def test_a_range_is_that_part_of_the_whole(video: Video, itag: int) -> None:
    assert_ranges(open_media(video, itag))


def test_a_range_of_a_segment_or_a_picture_is_that_part_of_the_whole() -> None:
    assert_ranges(hls_segment(a_video(media_bytes=MEBIBYTE), 93, 1))
    assert_ranges(thumbnail(a_video(), "maxresdefault.jpg"))


def assert_ranges(file: VirtualFile) -> None:
    content, chance = whole(file), Random(7)
    assert len(content) == file.size
    for _ in range(150):
        start = chance.randrange(file.size + 1)
        end = min(file.size, start + chance.choice((0, 1, 17, 5_000, 70_000, MEBIBYTE)))
        blocks = list(file.read(start, end))
        assert b"".join(blocks) == content[start:end]
        assert all(0 < len(block) <= 256 * 1024 for block in blocks)


def test_files_of_two_videos_formats_or_revisions_differ() -> None:
    video = a_video()
    files = [
        open_media(video, 137),
        open_media(video, 136),
        open_media(video, 137, revision=1),
        open_media(a_video(id="aaaaaaaaaaa"), 137),
    ]
    assert len({whole(file) for file in files}) == len(files)
    assert len({file.etag for file in files}) == len(files)


def test_the_same_file_is_the_same_each_time() -> None:
    first, second = open_media(a_video(revision=3), 248), open_media(a_video(), 248, revision=3)
    assert whole(first) == whole(second)
    assert (first.etag, first.size) == (second.etag, second.size)


def test_two_revisions_share_no_long_run_at_the_same_place() -> None:
    """A file put together from two revisions must differ from either, wherever the seam lies."""
    video = a_video(media_bytes=2 * MEBIBYTE)
    one, other = whole(open_media(video, 137, 0)), whole(open_media(video, 137, 1))
    step = 64 * 1024
    assert len(one) == len(other)
    assert all(one[at : at + step] != other[at : at + step] for at in range(0, len(one), step))


def test_no_block_of_padding_comes_twice() -> None:
    content = whole(open_media(a_video(duration_s=1, media_bytes=8 * MEBIBYTE), 160))
    blocks = [content[at : at + 4096] for at in range(0, len(content), 4096)]
    assert len(set(blocks)) > len(blocks) * 0.99


def test_the_end_of_a_huge_file_is_at_hand_at_once() -> None:
    size = 5_000_000_000
    for seconds in (1, 3600):
        file = open_media(a_video(duration_s=seconds, media_bytes=size), 137)
        assert file.size == size
        before = time.monotonic()
        assert len(b"".join(file.read(size - 1000, size))) == 1000
        assert time.monotonic() - before < 0.5


def test_last_modified_rises_with_the_revision() -> None:
    video = a_video()
    published = int(video.published.timestamp() * 1_000_000)
    assert published < last_modified(video) < last_modified(video, 1)
    assert last_modified(a_video(revision=1)) == last_modified(video, 1)
