"""Sidecars that were refused: what is remembered of them, and how they join an item that is archived."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from library_samples import archive_item

from ytarchive_tui.db import sidecars
from ytarchive_tui.db.again import fetch_again
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.copies import by_id
from ytarchive_tui.db.sidecar_queue import SidecarQueue
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    FileRole,
    JobKind,
    JobOptions,
    ManifestFile,
    MissingSidecar,
    Stage,
    Supplied,
)
from ytarchive_tui.domain.policy import RetryRules, after_failure, after_success
from ytarchive_tui.storage import supplying
from ytarchive_tui.storage.layout import MANIFEST
from ytarchive_tui.storage.manifest import check

REFUSED = MissingSidecar(role=FileRole.SUBTITLE, language="en", note="subtitles en: HTTP Error 429")
ABSENT = MissingSidecar(role=FileRole.THUMBNAIL, note="thumbnail: HTTP Error 404")
RULES = RetryRules(sidecars_s=(0, 3600), jitter=0)
TEXT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state" / "ytarchive.db") as database:
        yield database


async def archived(db: Database, root: Path) -> tuple[int, ArchivedCopy]:
    """A copy without its subtitles and thumbnail."""
    copy_id = await archive_item(db, root, "aaaaaaaaaaa", "One", files={"One [a].mp4": b"media"})
    copy = (await by_id(db, [copy_id]))[copy_id]
    notes = ("something else", REFUSED.note, ABSENT.note)
    content = copy.manifest.model_copy(update={"missing": (REFUSED, ABSENT), "notes": notes})
    (root / copy.folder / MANIFEST).write_text(content.model_dump_json())
    async with db.write() as tx:
        await tx.run("UPDATE copies SET manifest = ?", (content.model_dump_json(),))
        await sidecars.note(tx, copy_id, content)
    return copy_id, copy.model_copy(update={"manifest": content})


def staged(copy: ArchivedCopy, number: int) -> ManifestFile:
    """A verified subtitle in staging."""
    (supplying.staging(copy, number) / "media.en.vtt").write_bytes(TEXT)
    return ManifestFile(
        name="media.en.vtt", role=FileRole.SUBTITLE, language="en", size=len(TEXT),
        sha256=hashlib.sha256(TEXT).hexdigest(),
    )  # fmt: skip


async def test_what_came_lies_beside_the_media_and_only_its_own_note_goes(
    db: Database, tmp_path: Path
) -> None:
    number, copy = await archived(db, tmp_path)
    (tmp_path / copy.folder / "One [a].en.vtt").write_text("somebody's own")
    now = supplying.add(copy, number, (staged(copy, number),), (ABSENT,))
    assert [file.name for file in now.manifest.files] == ["One [a].mp4", "One [a].2.en.vtt"]
    assert now.manifest.notes == ("something else", ABSENT.note) and now.manifest.missing == (ABSENT,)
    assert check(now) == []
    assert (tmp_path / copy.folder / "One [a].en.vtt").read_text() == "somebody's own"
    supplying.clear(now, number)
    assert list((tmp_path / ".ytarchive" / "sidecars").iterdir()) == []


@pytest.mark.parametrize("call", ["rename_new", "write_file", "fsync", "nothing"])
async def test_an_addition_that_was_killed_is_ended_with_the_same_result(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    number, copy = await archived(db, tmp_path)
    file = staged(copy, number)

    def killed(*args: object) -> None:
        if call != "write_file" or args[0] == MANIFEST:
            raise KeyboardInterrupt
        supplying_write(*args)  # type: ignore[arg-type]

    supplying_write = supplying.write_file
    with monkeypatch.context() as patch:
        if call == "fsync":
            patch.setattr(supplying, "_give", killed)
        elif call != "nothing":
            patch.setattr(supplying, call, killed)
        if call == "nothing":
            supplying.add(copy, number, (file,), (ABSENT,))
        else:
            with pytest.raises(KeyboardInterrupt):
                supplying.add(copy, number, (file,), (ABSENT,))
    now = supplying.go_on(copy, number)
    assert now is not None and [each.name for each in now.manifest.files] == ["One [a].mp4", "One [a].en.vtt"]
    assert now.manifest.missing == (ABSENT,) and check(now) == []
    assert supplying.go_on(now, number) is None, "the row knows of it"


async def test_what_vanished_with_a_power_cut_stays_missing(db: Database, tmp_path: Path) -> None:
    number, copy = await archived(db, tmp_path)
    before = (tmp_path / copy.folder / MANIFEST).read_text()
    supplying.add(copy, number, (staged(copy, number),), (ABSENT,))
    os.unlink(tmp_path / copy.folder / "One [a].en.vtt")
    (tmp_path / copy.folder / MANIFEST).write_text(before)
    now = supplying.go_on(copy, number)
    assert now is not None and set(now.manifest.missing) == {REFUSED, ABSENT} and check(now) == []


async def test_tries_are_planned_stored_and_end(db: Database, tmp_path: Path) -> None:
    _, copy = await archived(db, tmp_path)
    queue = SidecarQueue(db, RULES)
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None and await queue.copy(claim) == copy
    outcome = Supplied(missing=(REFUSED, ABSENT))
    await queue.finish(claim, outcome, after_success(claim.job, outcome))
    assert await state(db) == (1, True, f"{REFUSED.note}; {ABSENT.note}")
    assert await SidecarQueue(db, RULES).claim(Stage.METADATA, JobKind.ITEM, "test") is None, "in an hour"
    refused = classify(Evidence(exception=("HTTPError",), http_status=429, message="429", activity="extract"))
    now = datetime.now(UTC)
    await queue.finish(claim, None, after_failure(claim.job, refused, RULES, now=now, chance=0))
    assert (await state(db))[:2] == (1, True), "a refusal of all costs no try"
    private = classify(
        Evidence(exception=("ExtractorError",), message="Private video. Sign in if you've been")
    )
    await queue.finish(claim, None, after_failure(claim.job, private, RULES, now=now, chance=0))
    assert (await state(db))[:2] == (2, False), "given up"


async def test_nothing_is_claimed_on_hold_or_while_a_job_works_on_the_item(
    db: Database, tmp_path: Path
) -> None:
    number, copy = await archived(db, tmp_path)
    async with db.write() as tx:
        await tx.run("UPDATE wishes SET on_hold = 1")
    assert await SidecarQueue(db, RULES).claim(Stage.METADATA, JobKind.ITEM, "test") is None
    async with db.write() as tx:
        await tx.run("UPDATE wishes SET on_hold = 0")
    claim = await SidecarQueue(db, RULES).claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None and await SidecarQueue(db, RULES).copy(claim) == copy
    await fetch_again(db, [number], JobOptions(archive=tmp_path))
    assert await SidecarQueue(db, RULES).copy(claim) is None, "what that job brings counts"
    assert await SidecarQueue(db, RULES).claim(Stage.METADATA, JobKind.ITEM, "test") is None


async def test_the_rows_follow_what_came(db: Database, tmp_path: Path) -> None:
    number, copy = await archived(db, tmp_path)
    queue = SidecarQueue(db, RULES)
    claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
    assert claim is not None
    now = supplying.add(copy, number, (staged(copy, number),), ())
    await queue.supplied(claim, copy, now)
    assert (await by_id(db, [number]))[number] == now
    rows = await db.fetch("SELECT name FROM files ORDER BY name")
    assert [row["name"] for row in rows] == ["One [a].en.vtt", "One [a].mp4"]
    assert not await db.fetch("SELECT 1 FROM sidecars")
    (entry,) = await db.fetch("SELECT data FROM journal WHERE kind = 'item_supplied'")
    assert json.loads(entry["data"]) == {"files": ["One [a].en.vtt"], "missing": ""}


async def state(db: Database) -> tuple[int, bool, str]:
    (row,) = await db.fetch("SELECT tries, run_after NOT NULL AS planned, reason FROM sidecars")
    return row["tries"], bool(row["planned"]), row["reason"]
