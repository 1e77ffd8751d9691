"""The Queue screen through real services, a real database and the local YouTube."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Stage, shown
from textual.events import Paste

from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.sandbox.catalog import DEMO_PLAYLIST, condition_id, sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition
from ytarchive_tui.tui.jumps import show_in_queue
from ytarchive_tui.tui.screens.add import AddDialog

Make = Callable[..., Stage]
SMALL = sized_id("1M")


async def submit(stage: Stage, *video_ids: str) -> None:
    """Videos straight into the queue, as `add` would have put them there."""
    options = JobOptions(archive=stage.settings.archive.root, quality="360p")
    queue = await stage.bridge.queue()
    await queue.submit([
        Submission(url=f"https://www.youtube.com/watch?v={each}", address=f"https://www.youtube.com/watch?v={each}",
                   kind=SourceKind.VIDEO, video_id=each, options=options)
        for each in video_ids
    ])  # fmt: skip
    await stage.until(lambda: len(stage.queue.table.ids) == len(video_ids))
    await stage.until(lambda: stage.queue.table.current is not None)


def statuses(stage: Stage) -> list[str]:
    rows = [stage.queue.table.row(each) for each in stage.queue.table.ids]
    return [row.status if row else "?" for row in rows]


def ids(number: int) -> list[str]:
    return [f"video{n:06}" for n in range(number)]


async def test_an_address_that_is_pasted_is_explained_added_downloaded_and_shown_as_archived(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it) as pilot:
        await it.until(lambda: "Nothing in the queue" in it.screen_text())
        it.app.post_message(Paste(f"https://youtu.be/{SMALL}\nhttps://example.org/x"))
        await it.until(lambda: isinstance(it.app.screen, AddDialog))
        await it.until(lambda: "1 not understood" in it.screen_text() and "another site" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: statuses(it) == ["done"])
        await it.until(lambda: "archived" in it.screen_text() and "sha" not in it.screen_text())
        await it.until(lambda: ".mp4" in it.screen_text())
        await pilot.press("a")
        await it.until(lambda: isinstance(it.app.screen, AddDialog))
        it.app.post_message(Paste(f"https://youtu.be/{SMALL}"))
        await it.until(lambda: "in the archive already" in it.screen_text())


async def test_what_failed_says_why_and_retry_brings_it_to_its_end(
    stage: Make, youtube: ControlClient
) -> None:
    members = condition_id(Condition.MEMBERS)
    it = stage()
    async with shown(it) as pilot:
        await submit(it, members)
        await it.until(lambda: statuses(it) == ["blocked"])
        await it.until(lambda: "needs you" in it.screen_text())
        youtube.set(conditions={members: "ok"})
        await pilot.press("t")
        await it.until(lambda: statuses(it) == ["done"])


async def test_pause_holds_a_running_download_and_resume_brings_it_to_its_end(
    stage: Make, youtube: ControlClient
) -> None:
    youtube.set(connection_bps=300_000)
    it = stage()
    async with shown(it) as pilot:
        await submit(it, sized_id("3M"))
        await it.until(lambda: statuses(it) == ["running"] and "left" in it.screen_text())
        await pilot.press("p")
        await it.until(lambda: statuses(it) == ["paused"])
        await it.until(lambda: "paused by you" in it.screen_text())
        youtube.set(connection_bps=0)
        await pilot.press("p")
        await it.until(lambda: statuses(it) == ["done"])


async def test_cancel_takes_marked_jobs_out_and_undo_brings_them_back(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(5))
        await pilot.press("space", "space", "x")
        await it.until(lambda: statuses(it).count("cancelled") == 2)
        await it.until(it.queue.can_undo)
        await pilot.press("u")
        await it.until(lambda: statuses(it) == ["queued"] * 5)
        order = list(it.queue.table.ids)
        await pilot.press("escape", "G", "less_than_sign")
        await it.until(lambda: list(it.queue.table.ids) == [order[-1], *order[:-1]])
        await it.until(it.queue.can_undo)
        await pilot.press("u")
        await it.until(lambda: list(it.queue.table.ids) == order)


async def test_what_has_ended_is_removed_one_by_one_by_marks_and_by_filter(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(7))
        queue, order = await it.bridge.queue(), list(it.queue.table.ids)
        assert not it.queue.can_remove() and "Remove" not in it.screen_text()
        await queue.changes.cancel(order[:6])
        await it.until(lambda: statuses(it) == ["queued"] + ["cancelled"] * 6)
        await pilot.press("j")
        await it.until(lambda: "d Remove" in it.screen_text())
        gone = it.queue.table.current_id
        await pilot.press("d")
        await it.until(lambda: statuses(it) == ["queued"] + ["cancelled"] * 5)
        assert gone not in it.queue.table.ids
        await pilot.press("g", "space", "v", "j", "v", "delete")
        await it.until(lambda: "1 job not over yet: it stays" in it.screen_text())
        await it.until(lambda: statuses(it) == ["queued"] + ["cancelled"] * 3)
        assert not it.queue.table.marks
        await pilot.press("slash", *"status:cancelled", "enter")
        await it.until(lambda: len(it.queue.table.ids) == 3)
        await pilot.press("asterisk", "d")
        await it.until(lambda: "3 jobs removed from the list; u undoes it" in it.screen_text())
        await it.until(lambda: not it.queue.table.ids)
        await pilot.press("escape")
        await it.until(lambda: statuses(it) == ["queued"])
        await pilot.press("u", "u", "u")
        await it.until(lambda: statuses(it) == ["queued"] + ["cancelled"] * 6)


async def test_the_last_line_that_is_removed_leaves_the_words_for_beginners(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(1))
        await pilot.press("x")
        await it.until(lambda: statuses(it) == ["cancelled"])
        await pilot.press("d")
        await it.until(lambda: "Nothing in the queue" in it.screen_text())
        await pilot.press("u")
        await it.until(lambda: statuses(it) == ["cancelled"])


async def test_a_job_is_gone_to_wherever_it_is_and_one_that_was_removed_is_told_of(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it):
        await submit(it, *ids(300))
        last = it.queue.table.ids[-1]
        it.queue.narrow("video000001")
        await it.until(lambda: len(it.queue.table.ids) == 1)
        await show_in_queue(it.app, last)
        await it.until(lambda: it.queue.table.current_id == last)
        changes = (await it.bridge.queue()).changes
        await changes.cancel([last])
        await changes.remove([last])
        await it.until(lambda: len(it.queue.table.ids) == 299)
        await show_in_queue(it.app, last)
        await it.until(lambda: "not on the list any more" in it.screen_text())


async def test_holding_all_and_priority_are_undone_one_after_the_other(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(3))
        order = list(it.queue.table.ids)
        await pilot.press("G", "plus")
        await it.until(lambda: it.queue.table.ids[0] == order[2])
        await it.until(lambda: it.queue.can_pause_all())
        await pilot.press("P")
        await it.until(lambda: it.screen_text().count("on hold; P resumes all") == 3)
        assert " on hold " in it.screen_text().splitlines()[0]
        await pilot.press("u")
        await it.until(lambda: "on hold" not in it.screen_text().splitlines()[0])
        await it.until(lambda: it.screen_text().count("next in line") == 3)
        await pilot.press("u")
        await it.until(lambda: list(it.queue.table.ids) == order)


async def test_a_range_is_marked_and_the_filter_narrows_and_escape_goes_back(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(8))
        await pilot.press("j", "v", "j", "j", "v")
        table = it.queue.table
        assert table.chosen == list(table.ids[1:4])
        await pilot.press("asterisk")
        assert len(table.chosen) == 8
        await pilot.press("escape")
        assert len(table.chosen) == 1
        await pilot.press("slash", *"video000003")
        await it.until(lambda: len(table.ids) == 1)
        await pilot.press("enter")
        await it.until(lambda: "filter: 1 match video000003" in it.screen_text())
        await pilot.press("escape")
        await it.until(lambda: len(table.ids) == 8)


async def test_sorting_goes_through_the_columns_and_reverse_turns_them(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        queue = await it.bridge.queue()
        await submit(it, *ids(4))
        await queue.changes.cancel([it.queue.table.ids[0]])
        await it.until(lambda: statuses(it)[-1] == "cancelled")
        await pilot.press("s", "s", "s")
        await it.until(lambda: statuses(it)[0] == "cancelled")
        await pilot.press("S")
        await it.until(lambda: statuses(it)[-1] == "cancelled")


async def test_frozen_rows_stay_where_they_are(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await submit(it, *ids(4))
        order = list(it.queue.table.ids)
        await pilot.press("f")
        queue = await it.bridge.queue()
        await queue.changes.move([order[3]], "front")
        await queue.changes.cancel([order[0]])
        await it.until(lambda: statuses(it)[0] == "cancelled")
        assert list(it.queue.table.ids) == order
        await pilot.press("f")
        await it.until(lambda: list(it.queue.table.ids) == [order[3], order[1], order[2], order[0]])


async def test_a_list_is_added_and_its_items_appear(stage: Make, youtube: ControlClient) -> None:
    it = stage()
    async with shown(it) as pilot:
        await pilot.press("a")
        it.app.post_message(Paste(DEMO_PLAYLIST))
        await it.until(lambda: "playlist" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: len(it.queue.table.ids) == 13)
        await it.until(lambda: "listed" in it.screen_text() or "Tidewrack Films" in it.screen_text())


async def test_a_batch_file_is_pasted_and_what_is_known_of_its_lines_is_told(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it, (160, 40)) as pilot:
        await submit(it, "video000001")
        await pilot.press("a")
        await it.until(lambda: isinstance(it.app.screen, AddDialog))
        lines = ("# my list", "", "@tidewrack", "video000001  # seen", "video000002", "video000002",
                 DEMO_PLAYLIST, "https://example.org", "")  # fmt: skip
        it.app.post_message(Paste("\n".join(lines)))
        await it.until(lambda: "in the queue already (queued)" in it.screen_text())
        text = it.screen_text()
        for told in (
            "2 videos",
            "1 channel",
            "1 named twice",
            "1 not understood",
            "the same as above",
            "into ",
        ):
            assert told in text, told
        it.app.post_message(Paste("\n".join(f"other{n:06}" for n in range(5000))))
        await it.until(lambda: "5,002 videos" in it.screen_text())


async def test_lines_that_are_pasted_are_seen_from_their_beginning(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it, (80, 24)):
        await it.until(lambda: "Nothing in the queue" in it.screen_text())
        it.app.post_message(Paste(f"{'x' * 100}\n{DEMO_PLAYLIST[:40]}"))
        await it.until(lambda: f"│ {DEMO_PLAYLIST[:40]}" in it.screen_text())


async def test_the_row_under_the_cursor_stays_in_sight_in_a_smaller_window(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it, (120, 50)) as pilot:
        await submit(it, *ids(60))
        await pilot.press("pagedown")
        table = it.queue.table
        before = table.cursor
        await pilot.resize_terminal(80, 24)
        await it.until(lambda: table.size.height < 24)
        assert table.cursor == before >= 24
        assert table.scroll_offset.y <= before < table.scroll_offset.y + table.size.height - 1


async def test_at_80_by_24_what_matters_is_there_whole(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it, (80, 24)):
        await submit(it, *ids(3))
        await it.until(lambda: "GB" in it.screen_text())
        await it.until(lambda: "3 queued" in it.screen_text())
        text = it.screen_text()
        for essential in ("1 Queue 3", "Title", "Why / next", "next in line", "metadata", "a Add", "? Help",
                          "q Quit", "GB"):  # fmt: skip
            assert essential in text, essential
        assert all(len(line) <= 80 for line in text.splitlines())
