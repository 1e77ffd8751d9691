"""Sources held against their earlier selves, on a real database with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from unit.db.db_samples import OPTIONS, Clock, check, metadata

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.sources import SourceRow, Sources
from ytarchive_tui.domain.addresses import recognise
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import (
    AtSource,
    Choice,
    Former,
    Job,
    JobKind,
    Listed,
    ListedItem,
    Listing,
    ListPage,
    Resolved,
    Scan,
    Stage,
    Status,
)
from ytarchive_tui.domain.policy import after_success
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.domain.schedule import parse_schedule
from ytarchive_tui.services.browser import BrowserService
from ytarchive_tui.services.sources import SourcesService, Wish, submissions
from ytarchive_tui.workers.metadata import ListStage

DAY = 24 * 3600
CHANNEL = "https://www.youtube.com/@c"


class Site:
    """A list as it stands, and how single videos are seen; reads everything, or `first` entries only."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)
        self.titles: dict[str, str] = {}
        self.seen: dict[str, AtSource] = {}
        self.first: int | None = None
        self.looked: list[str] = []
        self.feed: tuple[str, ...] | None = None
        self.read = 0

    async def newest(self, job: Job) -> Sequence[str] | None:
        return self.feed

    async def pages(self, job: Job, former: Former | None = None) -> AsyncGenerator[ListPage, None]:
        self.read += 1
        ids = self.ids[: self.first] if former is not None else self.ids
        entries = tuple(
            ListedItem(
                extractor="youtube",
                video_id=each,
                url=f"https://www.youtube.com/watch?v={each}",
                title=self.titles.get(each, f"Title of {each}"),
                duration_s=60 * n,
                position=n,
            )
            for n, each in enumerate(ids, 1)
        )
        whole = former is None or self.first is None
        yield ListPage(title="C", entries=entries, told=len(self.ids), ends=whole)

    async def look(self, job: Job, video_ids: Sequence[str]) -> Mapping[str, AtSource]:
        self.looked += video_ids
        return {each: self.seen.get(each, AtSource.REMOVED) for each in video_ids}


class SlowToEnd(Site):
    """Hands out one page and hangs; its end takes a moment, as that of a child does."""

    def __init__(self) -> None:
        super().__init__("a")
        self.hangs = asyncio.Event()
        self.ended = False

    async def pages(self, job: Job, former: Former | None = None) -> AsyncGenerator[ListPage, None]:
        try:
            async for page in super().pages(job, former):
                yield page
            self.hangs.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            self.ended = True


class World:
    """A database, a service on it, and a site."""

    def __init__(self, db: Database, clock: Clock, site: Site) -> None:
        self.db, self.clock, self.site = db, clock, site
        self.queue = Queue(db)
        self.service = SourcesService(db)
        self.stage = ListStage(self.queue, site, MemoryBoard(), Sources(db), site, site)

    async def add(self, wish: Wish = Wish()) -> None:  # noqa: B008
        await self.service.add(submissions([CHANNEL], OPTIONS, wish))
        await self.read()

    async def source(self) -> SourceRow:
        return await self.service.find(CHANNEL)

    async def read(self) -> None:
        """Run the listing that is queued."""
        claim = await self.queue.claim(Stage.METADATA, JobKind.SOURCE, "listing")
        assert claim is not None
        listed = await self.stage(claim)
        await self.queue.finish(claim, listed, after_success(claim.job, listed))
        await check(self.db)

    async def again(self, scan: Scan | None = None, *, after_s: float = 3600) -> dict[str, object]:
        """Refresh after some time; what was found, without what is zero."""
        self.clock.forward(after_s)
        assert await self.service.refresh(await self.source(), scan)
        await self.read()
        result = (await self.source()).result
        return {key: value for key, value in result.items() if value and key not in ("entries", "whole")}

    async def at_source(self, video_id: str) -> str:
        rows = await self.db.fetch("SELECT at_source FROM items WHERE video_id = ?", (video_id,))
        return str(rows[0]["at_source"])

    async def queued(self) -> list[str]:
        rows = await self.db.fetch(
            "SELECT i.video_id FROM jobs j JOIN items i ON i.id = j.item_id WHERE j.kind = 'item' "
            "ORDER BY j.position"
        )
        return [row["video_id"] for row in rows]

    async def told(self) -> list[tuple[str, str | None]]:
        """(what, video id) of the timeline, oldest first."""
        happened = await self.service.timeline(await self.source())
        return [
            (each.entry.data.get("change") or each.entry.data["field"], each.video_id)
            for each in reversed(happened)
            if each.video_id
        ]


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[World]:
    clock = Clock()
    async with await Database.open(tmp_path / "state.db", clock=clock) as db:
        yield World(db, clock, Site(*(f"v{n:02}" for n in range(40))))


async def test_every_change_is_found_and_journalled(it: World) -> None:
    await it.add()
    it.site.ids = ["new", "v00", "v01", "v05", *(f"v{n:02}" for n in range(6, 40)), "v02", "v03"]
    it.site.titles["v06"] = "Another name"
    it.site.seen["v04"] = AtSource.PRIVATE

    found = await it.again(Scan.FULL)

    assert found == {"new": 1, "missing": 1, "moved": 2, "title": 1, "at_source": 1}
    assert it.site.looked == ["v04"] and await it.at_source("v04") == "private"
    assert ("new", "new") in await it.told() and ("moved", "v02") in await it.told()
    item = (await it.db.fetch("SELECT id FROM items WHERE video_id = 'v06'"))[0]["id"]
    (renamed,) = await it.service.history(item)
    assert (renamed.data["before"], renamed.data["after"]) == ("Title of v06", "Another name")
    assert await it.again(Scan.FULL) == {}


async def test_only_a_second_sighting_a_day_later_makes_it_gone(it: World) -> None:
    await it.add()
    it.site.ids.remove("v03")
    assert await it.again() == {"missing": 1}
    assert await it.again(Scan.FULL, after_s=DAY - 4000) == {}
    assert await it.at_source("v03") == "unknown"
    assert await it.again(Scan.FULL, after_s=4000) == {"gone": 1, "at_source": 1}
    assert await it.at_source("v03") == "removed"
    it.site.ids.insert(3, "v03")
    assert await it.again(Scan.FULL) == {"back": 1}
    assert [each for each in await it.told() if each[1] == "v03"] == [
        ("missing", "v03"),
        ("gone", "v03"),
        ("at_source", "v03"),
        ("back", "v03"),
    ]


async def test_what_still_plays_is_never_called_gone(it: World) -> None:
    await it.add()
    it.site.ids.remove("v03")
    it.site.seen["v03"] = AtSource.PUBLIC
    await it.again(Scan.FULL)
    assert await it.again(Scan.FULL, after_s=2 * DAY) == {}
    assert await it.at_source("v03") == "unknown"


async def test_a_fifth_vanishing_at_once_is_an_error_that_marks_nothing(it: World) -> None:
    await it.add()
    it.site.ids = it.site.ids[9:]
    with pytest.raises(StageError, match="9 of 40 entries vanished"):
        await it.again(Scan.FULL)
    assert (await it.source()).missing == 0 and not it.site.looked
    rows = await it.db.fetch("SELECT id FROM jobs WHERE kind = 'source' AND status = 'running'")
    async with it.db.write() as tx:
        await tx.run("UPDATE jobs SET status = 'blocked', owner = NULL, lease_until = NULL WHERE id = ?",
                     (rows[0]["id"],))  # fmt: skip
    assert await it.again(Scan.BELIEVE) == {"missing": 9}


async def test_the_newest_pages_are_enough_until_something_does_not_add_up(it: World) -> None:
    await it.add()
    it.site.first = 35
    it.site.ids = ["new", *(each for each in it.site.ids if each != "v10")]
    assert await it.again() == {"new": 1, "missing": 1}
    source = await it.source()
    assert (source.entries, source.missing, source.doubted) == (40, 1, False)
    rows = await it.db.fetch(
        "SELECT i.video_id FROM source_items e JOIN items i ON i.id = e.item_id "
        "WHERE e.missing_at IS NULL ORDER BY e.position"
    )
    assert [row["video_id"] for row in rows] == it.site.ids
    it.site.ids.remove("v39")
    assert await it.again() == {"doubted": True}
    assert (await it.source()).doubted
    assert await it.again() == {"missing": 1}
    assert not (await it.source()).doubted


async def test_a_whole_reading_comes_by_itself_once_a_week(it: World) -> None:
    await it.add()
    it.site.first = 35
    scans = []
    for _ in range(9):
        it.clock.forward(DAY)
        scans.append(await it.service.refresh(await it.source()))
        await it.read()
    assert scans == [Scan.DELTA] * 6 + [Scan.FULL] + [Scan.DELTA] * 2


async def test_a_rule_an_order_and_a_limit_decide_what_is_queued(it: World) -> None:
    await it.add(Wish(choice=Choice(rule="duration > 5m and title !~ v07", order="oldest", most=3)))
    assert await it.queued() == ["v39", "v38", "v37"]
    assert await it.again(Scan.FULL) == {}
    assert len(await it.queued()) == 3


async def test_what_the_rule_leaves_out_gets_no_job(it: World) -> None:
    await it.add(Wish(choice=Choice(rule='title ~ "v3.$"')))
    assert await it.queued() == [f"v{n}" for n in range(30, 40)]
    await it.service.add(submissions([CHANNEL], OPTIONS, Wish()))
    assert (await it.source()).rule
    await it.service.add(submissions([CHANNEL], OPTIONS, Wish(choice=Choice())))
    assert (await it.source()).rule is None


async def test_a_date_that_no_list_tells_decides_once_it_is_known(it: World) -> None:
    await it.add(Wish(choice=Choice(rule="date < 2001")))
    claim = await it.queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None and claim.job.item is not None
    for year, status in ((2024, Status.CANCELLED), (2000, Status.QUEUED)):
        told = metadata(claim.job).model_copy(update={"published_at": datetime(year, 5, 1, tzinfo=UTC)})
        assert after_success(claim.job, Resolved(metadata=told)).status is status


async def test_schedules_queue_each_source_once_and_survive_a_restart(it: World) -> None:
    await it.add()
    source = await it.source()
    await it.service.follow(source.id, parse_schedule("6h", jitter_s=0))
    sources = Sources(it.db)
    assert await sources.run_due() == 0
    it.clock.forward(20 * 3600)
    assert (await sources.run_due(), await Sources(it.db).run_due()) == (1, 0)
    await it.read()
    followed = await it.source()
    assert followed.ran_at is not None and followed.run_at is not None
    assert (followed.run_at - followed.ran_at).total_seconds() == 4 * 3600
    assert await it.service.unfollow(followed) and not await it.service.unfollow(followed)
    it.clock.forward(20 * 3600)
    assert await sources.run_due() == 0


async def test_a_schedule_asks_the_feed_first_and_reads_pages_once_a_day_all_the_same(it: World) -> None:
    await it.add()
    it.site.first = 35
    source = await it.source()
    await it.service.follow(source.id, parse_schedule("3h", jitter_s=0))
    it.site.feed = tuple(it.site.ids[:15])

    async def hours_later(hours: int) -> tuple[int, dict[str, object]]:
        before = it.site.read
        it.clock.forward(hours * 3600)
        assert await Sources(it.db).run_due() == 1
        await it.read()
        return it.site.read - before, (await it.source()).result

    assert await hours_later(3) == (0, {"entries": 0, "whole": False, "feed": True})
    it.site.ids.insert(0, "new")
    it.site.feed = tuple(it.site.ids[:15])
    read, result = await hours_later(3)
    assert (read, result["new"]) == (1, 1)
    it.site.feed = None
    assert (await hours_later(3))[0] == 1
    it.site.feed = tuple(it.site.ids[:15])
    it.site.ids.remove("v05")
    assert [(await hours_later(3))[0] for _ in range(7)] == [0, 0, 0, 0, 0, 0, 1]
    assert (await it.source()).missing == 1 and (await it.source()).entries == 40
    # Somebody who asks gets an answer from the list itself.
    assert await it.again() == {}
    it.clock.forward(7 * DAY)
    assert await Sources(it.db).run_due() == 1
    rows = await it.db.fetch("SELECT scan FROM jobs ORDER BY id DESC LIMIT 1")
    assert rows[0]["scan"] == Scan.FULL


async def test_what_was_only_looked_at_is_read_to_its_end_when_it_is_first_read_for_the_archive(
    it: World,
) -> None:
    found = recognise(CHANNEL)
    opened = await BrowserService(it.db).open(found, OPTIONS)
    looked_at = Queue(it.db, listing=Listing.BROWSE)
    claim = await looked_at.claim(Stage.METADATA, JobKind.SOURCE, "browse")
    assert claim is not None
    listed = await it.stage(claim)
    await looked_at.finish(claim, listed, after_success(claim.job, listed))
    it.site.first = 35
    source = await it.service.find(str(opened.source_id))
    assert await it.service.refresh(source) is Scan.FULL
    await it.read()
    assert len(await it.queued()) == 40
    assert await it.service.refresh(await it.source()) is Scan.DELTA


async def test_a_listing_that_failed_half_way_hides_no_change(it: World) -> None:
    await it.add()
    it.site.ids.insert(0, "new")
    it.clock.forward(3600)
    await it.service.refresh(await it.source(), Scan.FULL)
    claim = await it.queue.claim(Stage.METADATA, JobKind.SOURCE, "listing")
    assert claim is not None
    async for page in it.site.pages(claim.job):
        await it.queue.add_page(claim, page)
    await it.queue.finish(claim, None, after_success(claim.job, Listed(entries=0)))
    assert await it.again(Scan.FULL) == {"new": 1}


async def test_a_listing_that_is_given_up_has_ended_before_its_stage_has(it: World) -> None:
    """A page that the queue refuses ends the stage where it is, with the list still open."""
    site = SlowToEnd()
    world = World(it.db, it.clock, site)
    await world.service.add(submissions([CHANNEL], OPTIONS, Wish()))
    claim = await world.queue.claim(Stage.METADATA, JobKind.SOURCE, "listing")
    assert claim is not None
    lost = claim.model_copy(update={"fence": claim.fence - 1})
    with pytest.raises(StageError, match="lease was lost"):
        await world.stage(lost)
    assert site.ended
