"""Breaker, budget and being offline over a real queue: who gets a turn, and what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ytarchive_tui.db.breakers import probe_now
from ytarchive_tui.db.budget import SiteRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain import governor
from ytarchive_tui.domain.breaker import CoolDown
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.governor import METADATA_COST, GovernorRules, SiteRules
from ytarchive_tui.domain.models import (
    Claim,
    ItemMetadata,
    JobKind,
    JobOptions,
    ListPage,
    Resolved,
    SourceKind,
    Stage,
    Status,
    Submission,
)
from ytarchive_tui.domain.policy import RetryRules, after_failure, after_success
from ytarchive_tui.services.site import SiteService
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.workers.site import Site
from ytarchive_tui.workers.site_queue import SiteQueue

TOO_MANY = Failure(failure_class=FailureClass.THROTTLED, sentence="too many requests")
BROKE = Failure(failure_class=FailureClass.NET_TRANSIENT, sentence="broke", evidence=Evidence(errno=104))
RULES = SiteRules(
    refusal=CoolDown(delays_s=(60, 600), jitter=0),
    offline=CoolDown(delays_s=(5,), jitter=0),
    pace=GovernorRules(per_hour=1000),
)


@dataclass
class World:
    """A queue of videos, a clock that stands until it is moved, and a network that can be cut."""

    db: Database
    folder: Path
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
    online: bool = True
    looks: int = 0

    def clock(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def look(self) -> bool:
        self.looks += 1
        return self.online

    async def begin(self, rules: SiteRules = RULES) -> None:
        """As at each start of the program."""
        self.site = Site(SiteRows(self.db, "guest"), rules, self.look, clock=self.clock)
        await self.site.open()
        self.queue = SiteQueue(Queue(self.db), self.site)

    async def submit(self, number: int) -> None:
        urls = [f"https://www.youtube.com/watch?v=video{n:06}" for n in range(number)]
        options = JobOptions(archive=self.folder)
        await submit(self.db, [
            Submission(url=url, address=url, kind=SourceKind.VIDEO, video_id=url[-11:], options=options)
            for url in urls
        ])  # fmt: skip

    async def claim(self, stage: Stage = Stage.METADATA) -> Claim | None:
        return await self.queue.claim(stage, JobKind.ITEM, "worker")

    async def claimed(self) -> Claim:
        claim = await self.claim()
        assert claim is not None
        return claim

    async def answered(self, claim: Claim) -> None:
        assert claim.job.item is not None
        known = ItemMetadata(extractor="youtube", video_id=claim.job.item.video_id, provider="ytdlp")
        outcome = Resolved(metadata=known)
        await self.queue.finish(claim, outcome, after_success(claim.job, outcome))

    async def failed(self, claim: Claim, failure: Failure = TOO_MANY) -> None:
        rules = RetryRules(jitter=0)
        await self.queue.finish(claim, None, after_failure(claim.job, failure, rules, now=self.now, chance=0))

    async def status(self, claim: Claim) -> tuple[str, float | None]:
        """Of its job: the status, and seconds until it goes on."""
        (row,) = await self.db.fetch("SELECT status, run_after FROM jobs WHERE id = ?", (claim.job.id,))
        due = row["run_after"]
        return row["status"], None if due is None else due / 1e6 - self.now.timestamp()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made: list[World] = []
    async with await Database.open(tmp_path / "state.db", clock=lambda: made[0].now) as db:
        made.append(World(db, tmp_path))
        await made[0].begin()
        yield made[0]


async def test_one_refusal_stops_all_workers_but_storage_and_then_one_job_probes(world: World) -> None:
    unslowed = GovernorRules(per_hour=1000, slowest_per_hour=1000)
    await world.begin(RULES.model_copy(update={"pace": unslowed}))
    await world.submit(8)
    first, second = await world.claimed(), await world.claimed()
    await world.failed(first)
    assert await world.claim() is None and await world.claim(Stage.DOWNLOAD) is None
    await world.failed(second)
    assert [await world.status(each) for each in (first, second)] == [("waiting", 90), ("waiting", 90)]
    world.forward(59)
    assert await world.claim() is None
    world.forward(2)
    probe = await world.claimed()
    assert probe.job.id not in (first.job.id, second.job.id), "a video refused alone must not be every probe"
    assert await world.claim() is None, "there is one probe"
    await world.failed(probe)
    world.forward(599)
    assert await world.claim() is None, "longer than the first time"
    world.forward(2)
    await world.answered(await world.claimed())
    opened = await world.claimed()
    assert await world.claim() is None, "a slow start: one at a time"
    await world.answered(opened)
    assert [await world.claim() is not None for _ in range(3)] == [True, True, False]


async def test_two_videos_that_are_always_refused_do_not_take_every_probe(world: World) -> None:
    await world.submit(4)
    bad = [await world.claimed(), await world.claimed()]
    for each in bad:
        await world.failed(each)
    probes = set()
    for _ in range(5):
        world.forward(1000)
        if claim := await world.claim():
            probes.add(claim.job.id)
            await world.failed(claim)
    assert len(probes) == 4


async def test_a_download_of_hours_does_not_hold_up_the_slow_start(world: World) -> None:
    await world.begin(RULES.model_copy(update={"pace": GovernorRules(slowest_per_hour=1000)}))
    await world.submit(6)
    begun_before = await world.claimed()
    await world.failed(await world.claimed())
    world.forward(61)
    await world.answered(await world.claimed())
    assert await world.claim() is not None and await world.claim() is None
    world.forward(21)
    assert await world.claim() is not None, "that one was borne for long enough"
    await world.answered(begun_before)


async def test_a_restart_forgets_neither_the_hold_nor_the_probe_nor_the_pace(world: World) -> None:
    await world.submit(4)
    await world.failed(await world.claimed())
    await world.site.close()
    await world.begin()
    assert await world.claim() is None
    world.forward(61)
    assert await world.claim() is not None
    await world.begin()
    assert await world.claim() is None, "the program died in its probe: the next one waits as long"
    world.forward(61)
    assert await world.claim() is not None
    standing = await SiteService(world.db, Settings()).standing()
    assert standing.held and standing.slowed and standing.per_hour < 1000
    assert standing.banner() == (
        f"YouTube is left alone: too many requests; one probe at {standing.until.astimezone():%H:%M}"
        if standing.until else None
    )  # fmt: skip


async def test_a_person_may_have_the_probe_at_once(world: World) -> None:
    await world.submit(2)
    await world.failed(await world.claimed())
    assert await world.claim() is None
    async with world.db.write() as tx:
        assert await probe_now(tx)
    assert await world.claim() is not None


async def test_a_probe_that_says_nothing_of_the_site_is_followed_by_another_one(world: World) -> None:
    await world.submit(3)
    await world.failed(await world.claimed())
    world.forward(61)
    await world.failed(
        await world.claimed(), Failure(failure_class=FailureClass.LOCAL_DISK, sentence="disk full")
    )
    assert await world.claim() is None
    world.forward(61)
    assert await world.claim() is not None


async def test_without_a_network_nobody_tries_and_no_job_is_blamed(world: World) -> None:
    await world.submit(3)
    one, two = await world.claimed(), await world.claimed()
    world.online = False
    await world.failed(one, BROKE)
    await world.failed(two, BROKE)
    assert await world.status(one) == await world.status(two) == ("queued", None)
    assert await world.claim() is None
    standing = await SiteService(world.db, Settings()).standing()
    assert standing.offline and standing.short() == "offline"
    looks = world.looks
    assert await world.claim() is None and world.looks == looks, "one look for all, when it is time"
    world.forward(6)
    assert await world.claim() is None and world.looks == looks + 1
    world.forward(6)
    world.online = True
    assert await world.claim() is not None
    (row,) = await world.db.fetch("SELECT count(*) AS n FROM jobs WHERE failure_class IS NOT NULL")
    assert row["n"] == 0


async def test_a_person_may_have_the_look_for_a_network_at_once(world: World) -> None:
    await world.submit(2)
    claim = await world.claimed()
    world.online = False
    await world.failed(claim, BROKE)
    world.online = True
    world.forward(1)
    assert await world.claim() is None, "the next look is due later"
    async with world.db.write() as tx:
        assert await probe_now(tx)
    assert await world.claim() is not None


async def test_a_connection_that_breaks_while_there_is_a_network_is_the_job_s_own_failure(
    world: World,
) -> None:
    await world.submit(2)
    claim = await world.claimed()
    await world.failed(claim, BROKE)
    assert await world.status(claim) == ("waiting", 5)
    assert await world.claim() is not None


async def test_where_no_look_ever_finds_a_way_a_job_is_let_through_now_and_then(world: World) -> None:
    await world.submit(2)
    claim = await world.claimed()
    world.online = False
    await world.failed(claim, BROKE)
    found = None
    for _ in range(20):
        world.forward(6)
        if found := await world.claim():
            break
    assert found is not None
    await world.answered(found)
    assert await world.claim() is not None, "the way of the look is barred, not that of the work"


async def test_the_budget_is_shared_by_all_and_fills_up_again(world: World) -> None:
    await world.begin(RULES.model_copy(update={"pace": GovernorRules(per_hour=36)}))
    await world.submit(20)
    for _ in range(36 // METADATA_COST):
        await world.answered(await world.claimed())
    assert await world.claim() is None
    world.forward(100 * METADATA_COST + 1)
    assert (await world.claimed()).job.status is Status.RUNNING


async def test_who_may_not_ask_the_site_waits_also_while_jobs_are_overdue(world: World) -> None:
    await world.begin(RULES.model_copy(update={"pace": GovernorRules(per_hour=10)}))
    await world.submit(2)
    async with world.db.write() as tx:
        await tx.run("UPDATE jobs SET status = 'waiting', run_after = 0 WHERE id = 1")
        tx.announce()
    await world.site.asked(100)
    assert await world.claim() is None
    waiting = asyncio.create_task(world.queue.wait_for_work(Stage.METADATA, JobKind.ITEM, 60))
    await asyncio.wait({waiting}, timeout=0.1)
    assert not waiting.done(), "a wait that ends at once would keep the event loop for itself"
    await world.submit(3)
    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_clock_that_is_set_back_does_not_stop_the_work_until_it_has_caught_up(
    world: World, restarted: bool
) -> None:
    await world.begin()
    await world.site.asked(1000)
    assert await world.site.wait_s(Stage.METADATA) > 0
    if restarted:
        await world.site.close()
    world.forward(-7 * 86400)
    if restarted:
        await world.begin()
    # Three requests at a thousand an hour.
    assert 0 < await world.site.wait_s(Stage.METADATA) < 15
    world.forward(15)
    assert await world.site.wait_s(Stage.METADATA) == 0


async def test_what_began_under_another_account_tells_nothing_of_this_one(world: World) -> None:
    await world.submit(3)
    first, second, third = [await world.claimed() for _ in range(3)]
    await world.failed(first)
    assert (await SiteRows(world.db, "guest").breaker("youtube")).is_open
    mine = SiteRows(world.db, "mine")
    await world.site.switch(mine, RULES)
    await world.failed(second)
    await world.answered(third)
    assert not (await mine.breaker("youtube")).is_open
    assert await world.site.wait_s(Stage.METADATA) == 0


async def test_pages_of_a_list_that_began_under_another_account_cost_this_one_nothing(world: World) -> None:
    address = "https://www.youtube.com/playlist?list=PL1"
    options = JobOptions(archive=world.folder)
    await submit(
        world.db, [Submission(url=address, address=address, kind=SourceKind.PLAYLIST, options=options)]
    )
    claim = await world.queue.claim(Stage.METADATA, JobKind.SOURCE, "worker")
    assert claim is not None
    assert await world.queue.add_page(claim, ListPage(entries=()))
    usual = world.site._budget.left
    assert usual == governor.fresh(RULES.pace, world.now).left - METADATA_COST - 1
    await world.site.switch(SiteRows(world.db, "mine"), RULES)
    full = world.site._budget.left
    assert await world.queue.add_page(claim, ListPage(entries=()))
    assert world.site._budget.left == full
