"""The queue as a long table: any order and filter begins at once, whatever its length."""

from __future__ import annotations

import random
import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from bench.many_jobs import build
from db_samples import playlist, video

from ytarchive_tui.db import items_search, pages
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.filters import condition, parse
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.pages import QueuePages, Sort, View
from ytarchive_tui.db.queue_orders import queries

SHORT, LONG = 1_500, 6_000
STEPS = 100
"""Instructions of SQLite's machine between two counts."""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("queues")
    for jobs in (SHORT, LONG):
        build(folder / f"{jobs}.db", jobs)
    return {jobs: folder / f"{jobs}.db" for jobs in (SHORT, LONG)}


@pytest.fixture
def long(databases: dict[int, Path]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(databases[LONG])) as db:
        yield db


def begin(path: Path, sort: Sort, reverse: bool, text: str = "") -> int:
    """Steps that the first 64 rows cost."""
    test, parameters, _ = condition(parse(text))
    steps = found = 0

    def count() -> int:
        nonlocal steps
        steps += STEPS
        return 0

    with closing(sqlite3.connect(path)) as db:
        db.set_progress_handler(count, STEPS)
        for query in queries(sort, reverse, test):
            if found < 64:
                found += len(db.execute(query, {**parameters, "limit": 64 - found}).fetchall())
    return steps


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", Sort)
def test_the_beginning_of_a_view_costs_the_same_at_any_length(
    databases: dict[int, Path], sort: Sort, reverse: bool
) -> None:
    assert begin(databases[LONG], sort, reverse) < 1.5 * begin(databases[SHORT], sort, reverse) + 5 * STEPS


@pytest.mark.parametrize("sort", Sort)
def test_no_order_sorts_items(long: sqlite3.Connection, sort: Sort) -> None:
    for query in queries(sort, False):
        plan = [row[3] for row in long.execute(f"EXPLAIN QUERY PLAN {query}", {"limit": 64})]
        # What is running and lists are few; all else comes from an index, or from the table, in order.
        few = any("jobs_leased" in step or "jobs_of_source" in step for step in plan)
        assert few or not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize(
    "text",
    [
        "tide",
        "#0000777",
        "ti",
        "港町 -tide",
        "status:failed,blocked",
        "-class:gone",
        'channel:"nnel 1" walk',
        "a%b",
    ],
)
async def test_a_filter_shows_what_passes_in_the_order_of_the_view(
    databases: dict[int, Path], long: sqlite3.Connection, text: str
) -> None:
    words = parse(text)

    def has(row: tuple[str, ...], field: str | None, wanted: str) -> bool:
        status, failure, kind, title, channel, name = row
        if field in ("status", "class", "kind"):
            return {"status": status, "class": failure, "kind": kind}[field] in wanted.split(",")
        places = {"title": (title,), "channel": (channel,), None: (title, channel, name)}[field]
        return any(wanted.lower() in place.lower() for place in places)

    every = long.execute(
        "SELECT j.id, j.status, coalesce(j.failure_class, ''), j.kind, coalesce(i.title, s.title), "
        "coalesce(i.channel, ''), coalesce(i.video_id, s.url) FROM jobs j "
        "LEFT JOIN items i ON i.id = j.item_id LEFT JOIN sources s ON s.id = j.source_id"
    ).fetchall()
    passing = {row[0] for row in every if all(has(row[1:], w.field, w.text) is w.wanted for w in words)}
    pages = QueuePages(databases[LONG])
    for sort in (Sort.PLACE, Sort.TITLE, Sort.SIZE):
        whole = await pages.whole(View(sort))
        shown = await pages.whole(View(sort, False, words))
        assert shown == array("I", [job for job in whole if job in passing])
        assert await pages.first(View(sort, False, words), 64) == shown[:64]
    await pages.close()


async def test_rows_of_a_page_anywhere(databases: dict[int, Path]) -> None:
    pages = QueuePages(databases[LONG])
    ids = await pages.whole(View())
    assert len(set(ids)) == len(ids) > LONG
    at = random.Random(1).randrange(len(ids) - 64)
    rows = {row.id: row for row in await pages.rows(ids[at : at + 64])}
    assert set(rows) == set(ids[at : at + 64])
    assert all(row.title and "#" in row.title for row in rows.values() if row.kind == "item")
    await pages.close()


async def test_what_is_new_or_renamed_is_found_before_and_after_it_is_described(db: Database) -> None:
    pages = QueuePages(db.path)
    await submit(db, [video("abcdefghijk"), playlist("PLunusual")])
    view = View(words=parse("cdefgh"))
    for _ in range(2):
        assert len(await pages.whole(view)) == 1
        while await items_search.describe(db):
            pass
    async with db.write() as tx:
        await tx.run("UPDATE items SET title = 'Hand-cut dovetails'")
    for _ in range(2):
        for text, n in (("DOVETAIL", 1), ("cdefgh", 1), ("unusual", 1), ("dovetail -hand", 0), ("zzz", 0)):
            assert len(await pages.whole(View(words=parse(text)))) == n, text
        while await items_search.describe(db):
            pass
    await pages.close()


async def test_a_long_answer_gives_back_the_memory_that_it_took(
    databases: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(pages, "LONG", SHORT)
    monkeypatch.setattr(pages, "give_back", lambda db: given.append(1))
    queue = QueuePages(databases[LONG])
    await queue.first(View(), 64)
    assert not given
    assert len(await queue.whole(View())) > SHORT
    assert given
    await queue.close()
