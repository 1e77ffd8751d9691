"""What is counted and read for the end of a run."""

from __future__ import annotations

from db_samples import page, playlist, stored, video

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.copies import notes_of_jobs
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.totals import totals
from ytarchive_tui.domain.models import AtSource, JobKind, Stage, Status
from ytarchive_tui.domain.policy import Transition


async def test_entries_without_job_and_copy_are_counted_by_reason(db: Database, queue: Queue) -> None:
    first, second, asked = await submit(db, [playlist("PL1"), playlist("PL2"), video("asked")])
    for _ in range(2):
        source = await queue.claim(Stage.METADATA, JobKind.SOURCE, "w")
        assert source is not None
        assert await queue.add_page(source, page("x", "asked", at_source=AtSource.PRIVATE))
        assert await queue.add_page(source, page("y", at_source=AtSource.REMOVED))
        assert await queue.add_page(source, page("a"))
    sources = [first.source_id, second.source_id, asked.source_id]
    assert (await totals(db, sources)).hidden == {"private": 1, "removed": 1}


async def test_notes_of_a_copy_are_found_by_its_job(db: Database, queue: Queue) -> None:
    await submit(db, [video("a"), video("b")])
    jobs = []
    for notes in (("subtitles en: refused",), ()):
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
        assert claim is not None
        done = stored(claim.job)
        manifest = done.archived.manifest.model_copy(update={"notes": notes})
        done = done.model_copy(update={"archived": done.archived.model_copy(update={"manifest": manifest})})
        await queue.finish(claim, done, Transition(stage=Stage.STORAGE, status=Status.DONE))
        jobs.append(claim.job.id)
    assert await notes_of_jobs(db, jobs) == {jobs[0]: ("subtitles en: refused",)}
