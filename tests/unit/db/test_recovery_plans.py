"""Plans from failures: what belongs together, what is offered, and what doing it leaves in the database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from db_samples import Clock, check, failed, video

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.journal import entries
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.causes import CAUSES
from ytarchive_tui.domain.errors import FailureClass, UsageError
from ytarchive_tui.domain.models import JobKind, Stage, Status
from ytarchive_tui.domain.plans import Around, Facts, FixKind, Group
from ytarchive_tui.domain.recovery import plans, span
from ytarchive_tui.services.recovery import RecoveryService

C = FailureClass


@pytest.fixture
async def service(db: Database, clock: Clock) -> AsyncIterator[RecoveryService]:
    made = RecoveryService(db.path, clock=clock)
    yield made
    await made.close()


async def fail(
    db: Database, *video_ids: str, why: FailureClass = C.BOT_CHECK, status: Status = Status.WAITING
) -> None:
    """Submit and let each fail once at its first stage, as the engine would have it."""
    queue = Queue(db)
    await submit(db, [video(each) for each in video_ids])
    for _ in video_ids:
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
        assert claim is not None
        await queue.finish(claim, None, failed(claim.job, why, status, delay_s=3600))


async def standing(db: Database) -> list[tuple[object, ...]]:
    rows = await db.fetch(
        "SELECT id, status, stage, run_after, failure_class, failed_stage, repeated, reason, position, "
        "options_id FROM jobs WHERE superseded = 0 ORDER BY id"
    )
    return [tuple(row) for row in rows]


def group(why: FailureClass, clock: Clock, **more: object) -> Group:
    facts = more.pop("facts", Facts())
    return Group(failure_class=why, facts=facts, since=clock.now, latest=clock.now, **more)


def test_every_class_has_a_cause_and_offers_something_to_do(clock: Clock) -> None:
    assert set(CAUSES) == set(FailureClass)
    for why in FailureClass:
        (plan,) = plans([group(why, clock, failed=3, from_metadata=3)], Around(), {}, clock.now)
        assert plan.title and plan.cause.endswith((".", "»")) and plan.next_step
        assert FixKind.DISMISS in [fix.kind for fix in plan.fixes]
        assert {FixKind.TRY_ONE, FixKind.RETRY} & {fix.kind for fix in plan.fixes}
        assert FixKind.WAIT not in [fix.kind for fix in plan.fixes], "nothing waits"
        assert all(fix.cost for fix in plan.fixes)


def test_what_shares_class_and_root_is_one_plan_and_other_roots_are_others(clock: Clock) -> None:
    def members(channel: str) -> Group:
        return group(C.AUTH, clock, blocked=2, facts=Facts("members only: needs a member's account", channel))

    age = Facts("age-restricted: needs a signed-in account")
    found = plans(
        [members("Night Sky"), members("Paul's Bench"),
         group(C.AUTH, clock, blocked=1, facts=age._replace(channel="A")),
         group(C.AUTH, clock, blocked=1, facts=age._replace(channel="B")),
         group(C.FORMAT, clock, blocked=1, facts=Facts(quality="9p")), group(C.GONE, clock, failed=5)],
        Around(), {}, clock.now,
    )  # fmt: skip
    assert {(plan.title, plan.jobs) for plan in found} == {
        ("Members only: Night Sky", 2), ("Members only: Paul's Bench", 2), ("Age-restricted", 2),
        ("No format fits «9p»", 1), ("Removed at the site", 5),
    }  # fmt: skip
    assert len({plan.key for plan in found}) == 5
    assert found[-1].title == "Removed at the site", "what needs a person goes before what has merely failed"


def test_spans_are_told_in_words() -> None:
    assert [span(each) for each in (40, 600, 9600, 7200, 400_000)] == [
        "40 s",
        "10 min",
        "2 h 40 min",
        "2 h",
        "5 days",
    ]


async def test_a_trial_releases_exactly_one_first_in_line_and_undo_puts_it_back(
    db: Database, service: RecoveryService
) -> None:
    await fail(db, "a", "b", "c")
    before = await standing(db)
    (plan,) = await service.plans()
    assert (plan.jobs, plan.waiting, plan.since) == (3, 3, plan.latest)
    step = await service.try_one(plan)
    after = await standing(db)
    assert [row[1] for row in after] == ["queued", "waiting", "waiting"]
    assert (await service.plans())[0].jobs == 2
    assert (await service.outcome(step)).to_come == 1
    undone = await service.undo()
    assert undone is not None and undone.jobs == 1
    assert await standing(db) == before
    assert await service.undo() is None
    await check(db)


async def test_how_a_trial_ended_is_told(db: Database, service: RecoveryService) -> None:
    await fail(db, "a", "b", why=C.AUTH, status=Status.BLOCKED)
    (plan,) = await service.plans()
    step = await service.try_one(plan)
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None
    assert (await service.outcome(step)).under_way == 1
    await Queue(db).finish(claim, None, failed(claim.job, C.AUTH, Status.BLOCKED))
    outcome = await service.outcome(step)
    assert (outcome.again, outcome.reason) == (1, "the line broke")
    assert await service.undo() is None, "what has begun since stays"


async def test_a_paced_retry_spreads_over_time_and_only_what_has_not_begun_is_taken_back(
    db: Database, service: RecoveryService, clock: Clock
) -> None:
    await fail(db, "a", "b", "c", "d")
    (plan,) = await service.plans()
    await service.retry(plan, 120)
    due = [row[3] for row in await standing(db)]
    assert due[0] is None and [due[n] - db.now() for n in (1, 2, 3)] == [30_000_000, 60_000_000, 90_000_000]
    queue = Queue(db)
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "test") is not None
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "test") is None
    clock.forward(31)
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "test") is not None
    undone = await service.undo()
    assert undone is not None and undone.jobs == 2
    assert [row[1] for row in await standing(db)] == ["running", "running", "waiting", "waiting"]
    await check(db)


async def test_the_preview_tells_what_goes_first_and_what_it_costs(
    db: Database, service: RecoveryService
) -> None:
    await fail(db, *"abcdefg")
    (plan,) = await service.plans()
    before = await standing(db)
    preview = await service.preview(plan, FixKind.RETRY, 60)
    assert (preview.jobs, preview.takes_s, len(preview.sample), preview.sample[0].url) == (
        7, 360, 5, "https://www.youtube.com/watch?v=a",
    )  # fmt: skip
    assert (await service.preview(plan, FixKind.TRY_ONE)).requests * 7 == preview.requests
    assert await standing(db) == before
    with pytest.raises(UsageError, match="does not offer"):
        await service.preview(plan, FixKind.QUALITY)


async def test_what_is_accepted_stays_so_when_it_is_asked_for_again_and_undo_takes_it_back(
    db: Database, service: RecoveryService
) -> None:
    await fail(db, "a", why=C.INCOMPLETE, status=Status.BLOCKED)
    before = await standing(db)
    (plan,) = await service.plans()
    assert FixKind.ACCEPT in [fix.kind for fix in plan.fixes]
    await service.accept(plan, None)
    await service.undo()
    assert await standing(db) == before
    await service.accept((await service.plans())[0], None)
    await submit(db, [video("a")])
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None and claim.job.options.accept_flaws
    await check(db)


async def test_another_quality_begins_with_the_metadata_and_undo_brings_the_old_one_back(
    db: Database, service: RecoveryService
) -> None:
    await fail(db, "a", "b", why=C.FORMAT, status=Status.BLOCKED)
    before = await standing(db)
    (plan,) = await service.plans()
    assert plan.title == "No format fits «best»"
    await service.take_quality(plan, "480p", None)
    claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None and claim.job.options.quality == "480p"
    await service.undo()
    assert (await standing(db))[1] == before[1]


async def test_a_dismissed_plan_comes_back_when_another_item_fails_and_not_when_the_same_does(
    db: Database, service: RecoveryService, clock: Clock
) -> None:
    await fail(db, "a")
    (plan,) = await service.plans()
    await service.dismiss(plan)
    assert await service.plans() == ()
    assert [each.hidden is not None for each in await service.plans(hidden=True)] == [True]
    clock.forward(3601)
    queue = Queue(db)
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None
    await queue.finish(claim, None, failed(claim.job, C.BOT_CHECK, delay_s=7200))
    assert await service.plans() == ()
    clock.forward(1)
    await fail(db, "b")
    (again,) = await service.plans()
    assert again.jobs == 2 and again.since == plan.since
    kept = [entry.data for entry in await entries(db) if entry.data.get("plan")]
    assert kept == [{"action": "dismiss the plan", "plan": plan.key}]


async def test_a_snoozed_plan_comes_back_the_next_morning_and_undo_wakes_it(
    db: Database, service: RecoveryService, clock: Clock
) -> None:
    await fail(db, "a")
    (plan,) = await service.plans()
    await service.snooze(plan)
    await fail(db, "b")
    assert await service.plans() == ()
    await service.undo()
    assert len(await service.plans()) == 1
    await service.snooze(plan)
    clock.now += timedelta(days=2)
    assert len(await service.plans()) == 1


async def test_what_is_retried_elsewhere_leaves_its_plan(db: Database, service: RecoveryService) -> None:
    await fail(db, "a", "b", why=C.GONE, status=Status.FAILED)
    ids = [row[0] for row in await standing(db)]
    await Control(db).retry(ids[:1])
    assert [plan.jobs for plan in await service.plans()] == [1]
    (plan,) = await service.plans()
    details = await service.details(plan)
    assert details.newest[0].reason == "the line broke" and details.first is None and details.steps == ()


async def test_the_commands_list_show_apply_dismiss_and_undo(tmp_path: Path) -> None:
    state = tmp_path / "own"
    path = state / "state" / "ytarchive.db"
    path.parent.mkdir(parents=True)
    async with await Database.open(path) as db:
        await fail(db, "a", "b", why=C.GEO, status=Status.BLOCKED)
        await fail(db, "c", why=C.FORMAT, status=Status.BLOCKED)

        def run(*words: str, code: int = 0) -> str:
            env = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
            ran = subprocess.run(
                [sys.executable, "-m", "ytarchive_tui", "--state-dir", str(state), "recovery", *words],
                capture_output=True, text=True, timeout=60, env=env | {"HOME": str(tmp_path)},
            )  # fmt: skip
            assert ran.returncode == code, ran.stderr
            return ran.stdout or ran.stderr

        # While another process, this one, has the file open, as an engine would.
        listed = [json.loads(line) for line in run("list", "--json").splitlines()]
        assert [(each["class"], each["jobs"], each["blocked"]) for each in listed] == [
            ("geo", 2, 2), ("format", 1, 1),
        ]  # fmt: skip
        shown = run("show", "geo")
        assert "proxy" in shown and "try-one" in shown and "the line broke" in shown
        assert "would be tried again" in run("apply", "geo", "retry", "--dry-run")
        assert [row[1] for row in await standing(db)] == ["blocked"] * 3
        assert json.loads(run("apply", "geo", "try-one", "--json"))["jobs"] == 1
        assert sorted(str(row[1]) for row in await standing(db)) == ["blocked", "blocked", "queued"]
        run("dismiss", "geo")
        assert "took back «dismiss»" in run("undo")
        assert "no plan «nothing»" in run("apply", "nothing", "retry", code=2)


async def test_a_plan_of_ones_own_holds_the_chosen_jobs_of_any_class(
    db: Database, service: RecoveryService
) -> None:
    await fail(db, "a", "b", why=C.GEO, status=Status.BLOCKED)
    await fail(db, "c", why=C.NET_TRANSIENT)
    await fail(db, "d", why=C.UNSUPPORTED, status=Status.FAILED)
    plan = await service.create("class:geo,net_transient", title="Before the holidays")
    assert (plan.key, plan.title, plan.jobs) == ("mine-1", "Before the holidays", 3)
    assert plan.cause == "Chosen by you from what failed: 2 × geo, 1 × net_transient."
    assert FixKind.MEND not in [fix.kind for fix in plan.fixes], "no advice fits both"
    assert await service.find("mine-1") == plan
    # What fails later like that does not come into it.
    await fail(db, "e", why=C.GEO, status=Status.BLOCKED)
    assert (await service.find("mine-1")).jobs == 3

    before = await standing(db)
    step = await service.retry(plan, 60)
    assert step.jobs == 3
    rows = await db.fetch("SELECT status FROM jobs ORDER BY id")
    assert [row["status"] for row in rows] == ["queued", "waiting", "waiting", "failed", "blocked"]
    with pytest.raises(UsageError):
        await service.find("mine-1")
    undone = await service.undo()
    assert undone is not None and undone.jobs == 3
    assert await standing(db) == before
    await service.dismiss(await service.find("mine-1"))
    assert "mine-1" not in [each.key for each in await service.plans()]


async def test_a_plan_of_ones_own_may_be_of_one_source_or_of_a_text(
    db: Database, service: RecoveryService
) -> None:
    await fail(db, "a", "b", why=C.GEO, status=Status.BLOCKED)
    (source,) = await db.fetch("SELECT id FROM sources WHERE url = 'b'")
    assert (await service.create("", source=source["id"])).jobs == 1
    assert (await service.create("id:a")).jobs == 1
    assert (await service.create('reason:"line broke"')).jobs == 2
    with pytest.raises(UsageError, match="nothing that failed fits"):
        await service.create("class:auth")
    assert len(await db.fetch("SELECT 1 FROM made_plans")) == 3, "an empty plan leaves nothing"


async def test_a_trial_takes_up_to_three(db: Database, service: RecoveryService) -> None:
    await fail(db, "a", "b", "c", "d")
    plan = await service.find("bot_check")
    preview = await service.preview(plan, FixKind.TRY_ONE, items=3)
    assert (preview.jobs, len(preview.sample)) == (3, 3)
    assert (await service.try_one(plan, 3)).jobs == 3
    rows = await db.fetch("SELECT item_id FROM jobs WHERE status = 'queued' ORDER BY id")
    assert [row["item_id"] for row in rows] == [1, 2, 3]
