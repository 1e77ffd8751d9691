"""The library finds what is archived, counts it, verifies it against its bytes, and writes lists of it."""

from __future__ import annotations

import csv
import json
import shutil
import stat
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
from library_samples import archive_item

from ytarchive_tui.db import items
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.library_rows import LibrarySort, LibraryView
from ytarchive_tui.db.migrate import bundled
from ytarchive_tui.domain.errors import StageError, UsageError
from ytarchive_tui.domain.models import ItemMetadata
from ytarchive_tui.services.library import LibraryService, facets, parse_search
from ytarchive_tui.services.library_export import export


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "ytarchive.db") as database:
        yield database


@pytest.fixture
async def library(db: Database) -> AsyncIterator[LibraryService]:
    service = LibraryService(db.path)
    yield service
    await service.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


async def find(library: LibraryService, text: str, **view: object) -> set[str]:
    asked = LibraryView(words=parse_search(text))._replace(**view)  # type: ignore[arg-type]
    ids = await library.pages.whole(asked)
    assert (await library.pages.first(asked, 2)) == ids[:2]
    return {row.video_id for row in await library.pages.rows(ids)}


async def test_words_are_found_in_title_channel_id_and_description_in_any_script(
    db: Database, library: LibraryService, root: Path
) -> None:
    await archive_item(db, root, "aaaaaaaaaaa", "The last steam ferry", description="Filmed in Göteborg")
    await archive_item(db, root, "bbbbbbbbbbb", "港町の朝市を歩く", channel="旅の記録")
    await archive_item(db, root, "ccccccccccc", 'Ferry "AND" (NOT) * : ^', channel="Paul's Bench")
    a, b, c = "aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"
    for text, expected in {
        "": {a, b, c},
        "ferry": {a, c},
        "FERRY last": {a},
        "göteborg": {a},
        "朝市を": {b},
        "朝市": {b},
        "旅": {b},
        "bbbb": {b},
        '"steam ferry"': {a},
        '"ferry steam"': set(),
        "ferry -steam": {c},
        "-ferry": {b},
        "-旅": {a, c},
        '"AND" (NOT) *': {c},
        "%": set(),
        "a_": set(),
        "ferry bench": {c},
    }.items():
        assert await find(library, text) == expected, text


async def test_what_is_learnt_later_is_found_and_what_was_before_is_not(
    db: Database, library: LibraryService, root: Path
) -> None:
    await archive_item(db, root, "aaaaaaaaaaa", "Old name", description="first words")
    async with db.write() as tx:
        row = await tx.one("SELECT id FROM items")
        assert row is not None
        told = ItemMetadata(
            extractor="youtube",
            video_id="aaaaaaaaaaa",
            provider="ytdlp",
            title="New name",
            description="second",
        )
        await items.learn(tx, row["id"], told)
    assert await find(library, "new second") == {"aaaaaaaaaaa"}
    assert not await find(library, "old") and not await find(library, "first")
    assert (await library.pages.totals())[:1] == (1,)
    async with db.write() as tx:
        await tx.run("DELETE FROM copies")
    assert not await find(library, "")
    assert (await library.pages.totals())[:2] == (0, 0)
    assert not await db.fetch("SELECT rowid FROM library_search")


async def test_an_archive_from_before_the_library_is_in_it(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "old.db"
    async with await Database.open(path, migrations=bundled()[:1]) as db, db.write() as tx:
        await tx.run("INSERT INTO archives VALUES (1, ?, NULL)", (str(root),))
        await tx.run(
            "INSERT INTO items (id, extractor, video_id, url, title, channel, created_at) VALUES "
            "(1, 'youtube', 'aaaaaaaaaaa', '', 'From the old days', 'Harbour Films', 0)"
        )
        await tx.run(
            "INSERT INTO metadata (item_id, provider, seen_at, data) VALUES (1, 'ytdlp', 0, ?)",
            ('{"published_at": "2011-06-01T00:00:00Z"}',),
        )
        await tx.run("INSERT INTO copies VALUES (1, 1, 1, 'x/y', 'best', NULL, 1080, 5, 0, '{}')")
    async with await Database.open(path) as db:
        library = LibraryService(path)
        assert await find(library, "old days") == {"aaaaaaaaaaa"}
        counted = await library.pages.counted(())
        assert counted[0].values == ("Harbour Films", 2011, 1080, "stored")
        await library.close()


async def test_every_order_and_its_reverse(db: Database, library: LibraryService, root: Path) -> None:
    await archive_item(db, root, "aaaaaaaaaaa", "beta", channel="Z", year=2020, files={"v.mp4": b"123"})
    await archive_item(db, root, "bbbbbbbbbbb", "Alpha", channel="a", year=2022, files={"v.mp4": b"1"})
    expected = {
        LibrarySort.ADDED: "ba",
        LibrarySort.PUBLISHED: "ba",
        LibrarySort.TITLE: "ba",
        LibrarySort.CHANNEL: "ba",
        LibrarySort.SIZE: "ab",
        LibrarySort.LENGTH: "ba",
    }
    for sort, order in expected.items():
        for reverse in (False, True):
            ids = await library.pages.whole(LibraryView(sort, reverse))
            rows = {row.id: row.video_id[0] for row in await library.pages.rows(ids)}
            assert "".join(rows[each] for each in ids) == (order[::-1] if reverse else order), sort


async def test_facets_count_what_would_be_shown_and_narrow_the_view(
    db: Database, library: LibraryService, root: Path
) -> None:
    await archive_item(db, root, "aaaaaaaaaaa", "One", channel="A", year=2020, height=1080)
    await archive_item(db, root, "bbbbbbbbbbb", "Two", channel="A", year=2021, height=720)
    await archive_item(db, root, "ccccccccccc", "Three", channel="B", year=2021, height=720)
    counted = await library.pages.counted(())
    found = facets(counted, {"channel": ("A",)})
    assert found.n == 2
    assert dict(found.values["channel"]) == {"A": 2, "B": 1}
    assert dict(found.values["year"]) == {2021: 1, 2020: 1}
    both = facets(counted, {"channel": ("A",), "year": (2021,)})
    assert (both.n, dict(both.values["channel"]), dict(both.values["height"])) == (
        1,
        {"A": 1, "B": 1},
        {720: 1},
    )
    chosen = (("channel", ("A",)), ("year", (2021,)))
    assert await find(library, "", chosen=chosen) == {"bbbbbbbbbbb"}
    assert await find(library, "three", chosen=chosen) == set()


async def test_verifying_tells_whole_changed_and_missing_apart_and_keeps_it(
    db: Database, library: LibraryService, root: Path
) -> None:
    whole = await archive_item(db, root, "aaaaaaaaaaa", "Whole")
    changed = await archive_item(db, root, "bbbbbbbbbbb", "Changed")
    missing = await archive_item(db, root, "ccccccccccc", "Missing")
    path = root / "Harbour Films/bbbbbbbbbbb/video.mp4"
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    shutil.rmtree(root / "Harbour Films/ccccccccccc")
    told = []
    result = await library.verify([whole, changed, missing], told.append)
    assert (result.whole, result.changed, result.missing, result.stopped) == (1, 1, 1, False)
    assert [each.nth for each in told] == [1, 2, 3] and told[1].done > 0
    rows = {row.id: row.state for row in await library.pages.rows([whole, changed, missing])}
    assert rows == {whole: "whole", changed: "changed", missing: "missing"}
    details = await library.details(changed)
    assert details is not None and details.checks[0].problems == ("video.mp4: its content has changed",)
    assert [each.kind for each in details.journal] == ["item_archived"]
    state = {each.value: each.n for each in facets(await library.pages.counted(()), {}).values["state"]}
    assert state == {"whole": 1, "changed": 1, "missing": 1}


async def test_a_disk_that_is_away_makes_nothing_missing(
    db: Database, library: LibraryService, root: Path, tmp_path: Path
) -> None:
    copy = await archive_item(db, root, "aaaaaaaaaaa", "Away")
    shutil.move(root, tmp_path / "elsewhere")
    with pytest.raises(StageError):
        await library.verify([copy], lambda _: None)
    assert (await library.pages.rows([copy]))[0].state == "stored"


async def test_a_list_is_written_whole_and_without_formulas(
    db: Database, library: LibraryService, root: Path, tmp_path: Path
) -> None:
    titles = ["=cmd()", "+1", "-1", "@x", "\tx", 'plain, "quoted"', "港町\x1b[31m\u202e"]
    ids = [await archive_item(db, root, f"{n:011}", title) for n, title in enumerate(titles)]
    table, data = tmp_path / "list.csv", tmp_path / "list.json"
    assert await export(library.pages, ids, table) == len(titles)
    assert await export(library.pages, ids, data) == len(titles)
    rows = list(csv.DictReader(StringIO(table.read_bytes().decode(), newline="")))
    assert [row["title"] for row in rows[:4]] == ["'=cmd()", "'+1", "'-1", "'@x"]
    assert rows[5]["title"] == 'plain, "quoted"' and rows[6]["title"] == "港町"
    assert not any(row["title"].startswith(("=", "+", "-", "@", "\t")) for row in rows)
    assert [each["title"] for each in json.loads(data.read_text())] == titles
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert await export(library.pages, [], tmp_path / "empty.json") == 0
    assert json.loads((tmp_path / "empty.json").read_text()) == []
    with pytest.raises(UsageError, match="there already"):
        await export(library.pages, ids, table)
    with pytest.raises(UsageError, match="must end with"):
        await export(library.pages, ids, tmp_path / "list.xlsx")
