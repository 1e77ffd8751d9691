"""Lists: every entry once, in pages, the cheap way, and as far as the site lets us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import AtSource, Former, ListPage

pytestmark = pytest.mark.asyncio(loop_scope="module")
Youtube = Any
SITE = "https://www.youtube.com"


async def listed(youtube: Youtube, path: str) -> list[ListPage]:
    return [page async for page in youtube.listing(SITE + path)]


def ids(pages: list[ListPage]) -> list[str]:
    return [entry.video_id for page in pages for entry in page.entries]


async def test_a_playlist_comes_in_pages(youtube: Youtube) -> None:
    pages = await listed(youtube, "/playlist?list=PLcount-0000000250")
    assert [len(page.entries) for page in pages] == [20, 100, 100, 30]
    assert [entry.position for page in pages for entry in page.entries] == list(range(1, 251))
    assert len(set(ids(pages))) == 250 and pages[0].title
    first = pages[0].entries[0]
    assert first.title and first.duration_s and first.url.endswith(first.video_id)
    assert first.extractor == "youtube"


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/@mixed-65-8-35", 108),
        ("/channel/UCmixed-65-8-35_________", 108),
        ("/@mixed-65-8-35/videos", 65),
        ("/@mixed-65-8-35/shorts", 8),
        ("/@mixed-65-8-35/streams", 35),
    ],
)
async def test_a_channel_is_read_from_its_uploads(youtube: Youtube, path: str, count: int) -> None:
    pages = await listed(youtube, path)
    assert len(ids(pages)) == len(set(ids(pages))) == count
    asked = [request.list_id for request in youtube.control.log() if request.list_id]
    assert any(list_id.removeprefix("VL").startswith("UU") for list_id in asked)


async def test_hidden_entries_are_told_apart(youtube: Youtube) -> None:
    pages = await listed(youtube, "/@tidewrackfilms")
    assert len(ids(pages)) == 78
    assert all(isinstance(entry.at_source, AtSource) for page in pages for entry in page.entries)


async def test_what_was_listed_stays_when_a_later_page_fails(youtube: Youtube) -> None:
    youtube.control.set(browse_fail_after=2)
    got: list[str] = []
    with pytest.raises(StageError) as caught:
        async for page in youtube.listing(f"{SITE}/playlist?list=PLcount-0000000450"):
            got += [entry.video_id for entry in page.entries]
    assert len(got) == 200
    assert caught.value.evidence.http_status == 429
    assert caught.value.evidence.activity == "list"


@pytest.mark.parametrize(
    ("said", "read_before", "whole"),
    [
        ("Nov 12, 2021", timedelta(days=2), False),
        ("5 days ago", timedelta(days=2), False),
        ("2 days ago", timedelta(days=2), True),
        ("today", timedelta(days=2), True),
        ("today", timedelta(hours=1), False),
    ],
)
async def test_a_playlist_that_looks_the_same_is_read_whole_when_it_says_that_it_was_changed(
    youtube: Youtube, said: str, read_before: timedelta, whole: bool
) -> None:
    url = f"{SITE}/playlist?list=PLcount-0000000250"
    known = ids([page async for page in youtube.listing(url)])
    youtube.control.set(list_updated=said)
    youtube.control.clear_log()
    former = Former(ids=tuple(known), told=250, whole_at=datetime.now(UTC) - read_before)
    pages = [page async for page in youtube.listing(url, former=former)]
    assert pages[-1].ends is whole
    assert len(youtube.requests("browse")) == (3 if whole else 1)


async def test_giving_up_the_iteration_ends_the_child(youtube: Youtube) -> None:
    pages = youtube.listing(f"{SITE}/playlist?list=PLcount-0000050000")
    async for page in pages:
        assert len(page.entries) == 20
        break
    await pages.aclose()
    youtube.control.clear_log()
    await listed(youtube, "/playlist?list=PLcount-0000000010")
    assert not [request for request in youtube.requests("browse") if "50000" in request.list_id]


async def test_a_missing_playlist_is_evidence(youtube: Youtube) -> None:
    with pytest.raises(StageError) as caught:
        await listed(youtube, "/playlist?list=PLnothinghere0000000000000000000000")
    assert caught.value.evidence.activity == "list"


async def test_a_video_is_no_list(youtube: Youtube) -> None:
    with pytest.raises(StageError) as caught:
        await listed(youtube, "/watch?v=abcdefghijk")
    assert caught.value.evidence.exception == ("NotAList",)
