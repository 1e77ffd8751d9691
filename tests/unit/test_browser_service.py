"""Browsing: lists are read without queueing, kept, resumed, and chosen from; on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ytarchive_tui.db.browser_pages import BrowserPages
from ytarchive_tui.db.browser_rows import EntryOrder, EntryState, EntryView, Node
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.copies import keep
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.addresses import Recognised, recognise
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    AtSource,
    Claim,
    FileRole,
    JobKind,
    JobOptions,
    Listed,
    ListedItem,
    ListedList,
    Listing,
    ListPage,
    Manifest,
    ManifestFile,
    Stage,
    Status,
    Submission,
)
from ytarchive_tui.domain.policy import Transition
from ytarchive_tui.services.browser import BrowserService, Rate, estimate, parse_entries, rate, typical, weigh

ARCHIVE = Path("/archive")
OPTIONS = JobOptions(archive=ARCHIVE)
PLAYLIST = recognise("PLcount-0000000250")
CHANNEL = recognise("@count-20")
DONE = Transition(stage=Stage.METADATA, status=Status.DONE)


class Browsing:
    """A database with everything that Browse has on it."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.folder = folder
        self.queue = Queue(db)
        self.browsed = Queue(db, listing=Listing.BROWSE)
        self.service = BrowserService(db)
        self.pages = BrowserPages(db.path)
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    async def claim(self, queue: Queue | None = None) -> Claim:
        claim = await (queue or self.browsed).claim(Stage.METADATA, JobKind.SOURCE, "w")
        assert claim is not None
        return claim

    async def read(self, *video_ids: str, hidden: tuple[str, ...] = ()) -> None:
        """Read the list that is next in line to its end."""
        claim = await self.claim()
        assert await self.queue.add_page(claim, page(*video_ids, hidden=hidden))
        assert await self.queue.finish(claim, Listed(entries=len(video_ids)), DONE)

    async def states(self, source_id: int) -> dict[str, EntryState]:
        rows = await self.pages.rows(source_id, await self.pages.ids(EntryView(source_id)))
        return {row.url.rpartition("=")[2]: row.state for row in rows}

    async def items(self, source_id: int) -> list[int]:
        return list(await self.pages.ids(EntryView(source_id)))

    async def node(self, *opened: int) -> list[Node]:
        return await self.pages.nodes(opened, ())

    async def archive(self, item_id: int, seconds: float, size: int) -> None:
        file = ManifestFile(name="v.mp4", role=FileRole.MEDIA, size=size, sha256="0" * 64)
        rows = await self.db.fetch("SELECT video_id FROM items WHERE id = ?", (item_id,))
        manifest = Manifest(
            extractor="youtube",
            video_id=rows[0]["video_id"],
            job=1,
            archived_at=self.now,
            quality="720p",
            files=(file,),
        )
        async with self.db.write() as tx:
            await tx.run("UPDATE items SET duration_s = ? WHERE id = ?", (seconds, item_id))
            await keep(
                tx,
                item_id,
                ArchivedCopy(archive=ARCHIVE, archive_uuid=UUID(int=1), folder="f", manifest=manifest),
            )


def page(*video_ids: str, hidden: tuple[str, ...] = ()) -> ListPage:
    return ListPage(
        title="A list",
        entries=tuple(
            ListedItem(
                extractor="youtube",
                video_id=each,
                url=f"https://www.youtube.com/watch?v={each}",
                title="[Private video]" if each in hidden else f"Title of {each}",
                duration_s=None if each in hidden else 60.0,
                at_source=AtSource.PRIVATE if each in hidden else AtSource.UNKNOWN,
                position=n,
            )
            for n, each in enumerate(video_ids, 1)
        ),
    )


def submission(found: Recognised) -> Submission:
    return Submission(url=found.address, address=found.address, kind=found.kind, options=OPTIONS)


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Browsing]:
    browsing: Browsing | None = None
    async with await Database.open(
        tmp_path / "state" / "state.db",
        clock=lambda: browsing.now if browsing else datetime(2026, 3, 1, 12, tzinfo=UTC),
    ) as db:
        browsing = Browsing(db, tmp_path / "state")
        yield browsing
        await browsing.pages.close()


async def test_a_list_is_read_without_queueing_and_leaves_the_queue_when_it_is_read(it: Browsing) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    assert opened.status is Status.QUEUED
    await it.read("a", "b", "c", hidden=("c",))
    assert await it.states(opened.source_id) == {
        "a": EntryState.MISSING, "b": EntryState.MISSING, "c": EntryState.PRIVATE,
    }  # fmt: skip
    jobs = await it.db.fetch("SELECT kind FROM jobs WHERE superseded = 0")
    assert not jobs
    counted = await it.db.fetch("SELECT sum(n) AS n FROM counters")
    assert counted[0]["n"] == 0
    (node,) = await it.node()
    assert (node.title, node.entries, node.status, node.listed_at is not None) == ("A list", 3, None, True)


async def test_what_was_read_lately_is_not_read_again_unless_that_is_asked(it: Browsing) -> None:
    first = await it.service.open(PLAYLIST, OPTIONS)
    await it.read("a")
    assert await it.service.open(PLAYLIST, OPTIONS) == (first.source_id, None, None)
    assert (await it.service.open(PLAYLIST, OPTIONS, again=True)).status is Status.QUEUED
    await it.read("a")
    it.now += timedelta(hours=13)
    assert (await it.service.open(PLAYLIST, OPTIONS)).status is Status.QUEUED


async def test_an_entry_that_left_the_list_is_told_apart_once_the_list_is_read_to_its_end(
    it: Browsing,
) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    await it.read("a", "b")
    it.now += timedelta(days=1)
    await it.service.open(PLAYLIST, OPTIONS)
    assert (await it.states(opened.source_id))["b"] is EntryState.MISSING
    await it.read("a")
    assert await it.states(opened.source_id) == {"a": EntryState.MISSING, "b": EntryState.LEFT}


async def test_what_is_hidden_keeps_the_title_it_had(it: Browsing) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    await it.read("a")
    await it.service.open(PLAYLIST, OPTIONS, again=True)
    await it.read("a", hidden=("a",))
    (row,) = await it.pages.rows(opened.source_id, await it.items(opened.source_id))
    assert (row.title, row.state) == ("Title of a", EntryState.PRIVATE)


async def test_someone_who_looks_waits_for_no_archive(it: Browsing) -> None:
    others = [recognise(f"PLcount-000000{n}") for n in range(1000, 1003)]
    await submit(it.db, [submission(each) for each in others])
    await it.service.open(PLAYLIST, OPTIONS)
    first = await it.claim(it.queue)
    assert first.job.listing is Listing.BROWSE
    assert await it.browsed.claim(Stage.METADATA, JobKind.SOURCE, "w2") is None
    looked_at = await it.service.open(others[2], OPTIONS)
    assert looked_at.status is Status.QUEUED
    second = await it.claim(it.queue)
    assert (second.job.id, second.job.listing) == (looked_at.job_id, Listing.ARCHIVE)


async def test_a_listing_that_is_interrupted_starts_over_and_keeps_what_it_had(it: Browsing) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    await it.queue.add_page(await it.claim(), page("a", "b"))
    with EngineLock(it.folder) as lock:
        assert await it.queue.adopt(lock) == 1
    assert len(await it.items(opened.source_id)) == 2
    await it.read("a", "b", "c")
    assert set((await it.states(opened.source_id)).values()) == {EntryState.MISSING}


async def test_a_list_that_is_looked_at_is_read_anew_when_it_is_to_be_archived(it: Browsing) -> None:
    await it.service.open(PLAYLIST, OPTIONS)
    browsing = await it.claim()
    await it.queue.add_page(browsing, page("a"))
    (made,) = await submit(it.db, [submission(PLAYLIST)])
    assert await it.queue.heartbeat(browsing) is None
    archiving = await it.claim(it.queue)
    assert (archiving.job.id, archiving.job.listing) == (made.job_id, Listing.ARCHIVE)
    await it.queue.add_page(archiving, page("a", "b"))
    jobs = await it.db.fetch("SELECT 1 FROM jobs WHERE kind = 'item' AND status = 'queued'")
    assert len(jobs) == 2


async def test_a_failed_listing_for_the_archive_is_not_lost_by_looking_at_it(it: Browsing) -> None:
    (made,) = await submit(it.db, [submission(PLAYLIST)])
    claim = await it.claim(it.queue)
    failure = Failure(
        failure_class=FailureClass.NET_TRANSIENT, sentence="the line broke", evidence=Evidence(errno=104)
    )
    await it.queue.finish(
        claim,
        None,
        Transition(stage=Stage.METADATA, status=Status.FAILED, failure=failure, reason="the line broke"),
    )
    opened = await it.service.open(PLAYLIST, OPTIONS)
    assert (opened.job_id, opened.status) == (made.job_id, Status.FAILED)
    assert (await it.node())[0].reason == "the line broke"
    await it.service.open(PLAYLIST, OPTIONS, again=True)
    assert (await it.claim(it.queue)).job.id == made.job_id


async def test_what_is_chosen_is_queued_once_in_the_order_given(it: Browsing) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    await it.read("a", "b", "c", "d")
    a, b, c, d = await it.items(opened.source_id)
    await it.archive(d, 60, 1000)
    async with it.db.write() as tx:
        await tx.run("UPDATE items SET wanted = 0 WHERE id = ?", (c,))
    wanted = JobOptions(archive=ARCHIVE, quality="720p")
    assert await it.service.select(opened.source_id, [c, a, d], wanted) == (2, 1)
    assert await it.service.select(opened.source_id, [a, b], wanted) == (1, 1)
    jobs = await it.db.fetch(
        "SELECT j.item_id, j.priority, o.data ->> '$.quality' AS quality, i.wanted FROM jobs j "
        "JOIN options o ON o.id = j.options_id JOIN items i ON i.id = j.item_id ORDER BY j.position"
    )
    assert [tuple(row)[1:] for row in jobs] == [(0, "720p", 1)] * 3
    assert [row["item_id"] for row in jobs] == [c, a, b]
    assert await it.states(opened.source_id) == {
        "a": EntryState.QUEUED, "b": EntryState.QUEUED, "c": EntryState.QUEUED, "d": EntryState.HAVE,
    }  # fmt: skip
    await Control(it.db).cancel(
        [row[0] for row in await it.db.fetch("SELECT id FROM jobs WHERE item_id = ?", (b,))]
    )
    assert (await it.states(opened.source_id))["b"] is EntryState.MISSING
    assert await it.service.select(opened.source_id, [b], wanted) == (1, 0)


async def test_a_channel_has_its_tabs_below_it_and_a_tab_its_playlists(it: Browsing) -> None:
    opened = await it.service.open(CHANNEL, OPTIONS)
    tree = await it.node(opened.source_id)
    assert [(node.depth, node.address.rpartition("/")[2]) for node in tree] == [
        (0, "@count-20"), (1, "videos"), (1, "shorts"), (1, "streams"), (1, "playlists"),
    ]  # fmt: skip
    await it.read("a")
    await it.service.open(recognise(tree[4].address), OPTIONS)
    lists = tuple(
        ListedList(url=url, title=f"List {n}", entries=n, position=n)
        for n, url in enumerate(("https://example.org/x", PLAYLIST.address), 1)
    )
    claim = await it.claim()
    await it.queue.add_page(claim, ListPage(entries=(), lists=lists))
    tree = await it.node(opened.source_id, tree[4].id)
    assert [(node.depth, node.title, node.told) for node in tree[5:]] == [(2, "List 2", 2)]


async def test_marks_of_all_lists_are_summed_and_weighed(it: Browsing) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    await it.read("a", "b", "c", "d", "e")
    a, b, c, d, e = await it.items(opened.source_id)
    assert (await rate(it.pages, "720p")) == (typical(720), 0)
    await it.archive(a, 100, 5_000_000)
    await it.service.select(opened.source_id, [b], OPTIONS)
    async with it.db.write() as tx:
        await tx.run("UPDATE items SET duration_s = NULL WHERE id = ?", (e,))
    sums, measured = await weigh(it.pages, [a, b, c, d, e], ARCHIVE, "720p")
    assert sums == (5, 120.0, 1, 1, 1) and sums.wanted == 3
    assert measured == (50_000, 1)
    assert estimate(sums, measured) == pytest.approx(180 * 50_000)
    assert (await it.pages.nodes((), [a, b]))[0].marked == 1
    assert (await it.pages.nodes((), [a, b, c, d, e]))[0].marked == 2
    assert await it.pages.all_of(opened.source_id, EntryState.MISSING) == [c, d, e]


async def test_entries_are_filtered_and_sorted(it: Browsing) -> None:
    opened = await it.service.open(PLAYLIST, OPTIONS)
    await it.read("a", "b%", "c", hidden=("c",))

    async def found(text: str, order: EntryOrder = EntryOrder.PLACE, *, reverse: bool = False) -> str:
        view = EntryView(opened.source_id, order, reverse, parse_entries(text))
        rows = {
            row.id: row.url.rpartition("=")[2]
            for row in await it.pages.rows(view.source_id, await it.pages.ids(view))
        }
        return " ".join(rows[each] for each in await it.pages.ids(view))

    assert await found("title") == "a b%"
    assert await found("%") == "b%"
    assert await found("state:private,have") == "c"
    assert await found("-state:private -b%") == "a"
    assert await found("", EntryOrder.STATE) == "a b% c"
    assert await found("", EntryOrder.TITLE, reverse=True) == "b% a c"


def test_an_estimate_without_any_length_is_nothing() -> None:
    from ytarchive_tui.db.browser_rows import Sums

    assert estimate(Sums(n=3, unknown=3), Rate(1000, 0)) == 0
