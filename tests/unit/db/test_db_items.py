"""Items that are renamed while the index of their texts still has to hear of them."""

from __future__ import annotations

from unit.db.db_samples import metadata, page, playlist, video

from ytarchive_tui.db import items, items_search
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import JobKind, Stage


async def test_an_item_may_be_renamed_by_any_statement_before_and_after_it_was_indexed(
    db: Database, queue: Queue
) -> None:
    await submit(db, [video("a"), playlist()])
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "w")
    listing = await queue.claim(Stage.METADATA, JobKind.SOURCE, "w")
    assert claim is not None and claim.job.item is not None and listing is not None
    told = metadata(claim.job)
    for turn in "12":
        for name in ("listed", "listed anew"):
            entries = [each.model_copy(update={"title": f"{turn} {name}"}) for each in page("a").entries]
            assert await queue.add_page(listing, page("a").model_copy(update={"entries": tuple(entries)}))
        async with db.write() as tx:
            for name in ("learnt", "learnt anew"):
                await items.learn(tx, claim.job.item.id, told.model_copy(update={"title": f"{turn} {name}"}))
            await tx.run(
                "INSERT INTO items (extractor, video_id, url, title, created_at) "
                "SELECT extractor, video_id, url, ?, created_at FROM items WHERE true "
                "ON CONFLICT (extractor, video_id) DO UPDATE SET title = excluded.title",
                (f"up{turn}",),
            )
        while await items_search.describe(db) == items_search.AT_ONCE:
            pass
        assert not await db.fetch("SELECT 1 FROM items_unsearched")
        found = await db.fetch("SELECT rowid FROM items_search WHERE items_search MATCH ?", (f"up{turn}",))
        assert [row["rowid"] for row in found] == [claim.job.item.id]
