"""What a person wishes of the engine as a whole, and of the profile of jobs."""

from __future__ import annotations

from db_samples import downloaded, resolved, video

from ytarchive_tui.db.archives import options_of_job
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.undo import last_change, undo
from ytarchive_tui.db.views import Views
from ytarchive_tui.db.wishes import Wishes, wish, wishes
from ytarchive_tui.domain.formats import in_short
from ytarchive_tui.domain.models import Container, Format, JobKind, Listing, Stage, Status
from ytarchive_tui.domain.policy import after_release, after_success


async def test_nothing_is_claimed_while_all_is_held_and_what_runs_is_told_to_stop(
    db: Database, queue: Queue
) -> None:
    await submit(db, [video("a"), video("b")])
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert claim is not None
    before = await wish(db, on_hold=True)
    assert before == Wishes()
    told = await queue.heartbeat(claim)
    assert told is not None and told.status is Status.PAUSED
    assert await queue.finish(claim, None, after_release(claim.job, "stopped by you"))
    assert await queue.claim(Stage.METADATA, JobKind.ITEM, "w") is None
    browsing = Queue(db, listing=Listing.BROWSE, beside=queue)
    assert await browsing.claim(Stage.METADATA, JobKind.SOURCE, "w") is None
    await wish(db, on_hold=False)
    again = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    assert again is not None and again.job.id == claim.job.id


async def test_a_wish_keeps_the_others_and_writes_no_job(db: Database) -> None:
    await submit(db, [video("a")])
    entry = await last_change(db)
    await wish(db, downloads=5)
    await wish(db, limit_bps=0)
    await wish(db, on_hold=True)
    assert await wishes(db) == Wishes(on_hold=True, downloads=5, limit_bps=0)
    assert await last_change(db) == entry


async def test_another_profile_leads_back_to_the_download_and_can_be_undone(
    db: Database, queue: Queue
) -> None:
    (answer,) = await submit(db, [video("a")])
    job = answer.job_id or 0
    usual = await options_of_job(db, job)
    for stage, made in ((Stage.METADATA, resolved), (Stage.DOWNLOAD, downloaded)):
        claim = await queue.claim(stage, JobKind.ITEM, "w")
        assert claim is not None
        outcome = made(claim.job)
        await queue.finish(claim, outcome, after_success(claim.job, outcome))
    assert await queue.staged(job) is not None
    entry = await last_change(db)
    assert await Control(db).change_profile([job], quality="480p", container=Container.MKV) == 1
    (row,) = await Views(db).jobs([job])
    assert row.stage is Stage.DOWNLOAD and row.size is None
    assert await queue.staged(job) is None
    assert (await options_of_job(db, job)).quality == "480p"
    assert await Control(db).change_profile([job], quality="480p") == 0
    assert await undo(db, entry, await last_change(db)) == 1
    assert await options_of_job(db, job) == usual
    claim = await queue.claim(Stage.DOWNLOAD, JobKind.ITEM, "w")
    assert claim is not None
    assert await Control(db).change_profile([job], quality="480p") == 0, "a running job keeps its profile"


def test_formats_in_short_tell_what_differs_best_first() -> None:
    offered = [
        Format(format_id="1", ext="mp4", height=720, fps=30, vcodec="avc1.64001f"),
        Format(format_id="2", ext="mp4", height=720, fps=25, vcodec="avc1.4d401f"),
        Format(format_id="3", ext="webm", height=2160, fps=60, vcodec="vp09.00.51.08"),
        Format(format_id="4", ext="webm", acodec="opus"),
        Format(format_id="5", ext="m4a", acodec="mp4a.40.2"),
        Format(format_id="6", ext="m4a", acodec="mp4a.40.5"),
    ]
    assert in_short(offered) == ("2160p60 vp9", "720p h264", "opus", "aac")
