from __future__ import annotations

import asyncio
import errno
import os
import shutil
import stat
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid4

import pytest
from storage_samples import Sample

from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    FileRole,
    Format,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Progress,
    Stage,
    StagedDownload,
    StagedFile,
    Status,
)
from ytarchive_tui.holding import sweep_staging
from ytarchive_tui.storage import archive as archive_module
from ytarchive_tui.storage import commit, durable, layout
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.manifest import check
from ytarchive_tui.storage.removal import remove
from ytarchive_tui.storage.verification import verify

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OBTAINED = (Format(format_id="140", ext="m4a", vcodec="none", acodec="mp4a.40.2"),)


class SameProcess:
    async def run(
        self,
        task: str,
        request: dict[str, Any],
        on_event: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
        *,
        more: bool = False,
    ) -> dict[str, Any]:
        events: list[dict[str, Any]] = []
        answer = await asyncio.to_thread(verify, request, events.append)
        for event in events:
            if on_event is not None:
                await on_event(event)
        return answer


def job(root: Path, number: int = 1) -> Job:
    return Job(
        id=number,
        kind=JobKind.ITEM,
        stage=Stage.STORAGE,
        status=Status.RUNNING,
        options=JobOptions(archive=root, quality="audio"),
        created_at=NOW,
        updated_at=NOW,
    )


class Bench:
    """A store, an archive and a way to put a finished download into staging."""

    def __init__(self, root: Path, media: Path, **options: Any) -> None:
        self.root, self.media = root, media
        self.known: dict[Path, UUID] = {}
        self.store = LocalArchive(
            SameProcess(), ffprobe=shutil.which("ffprobe"), ffmpeg=None, known=self.known, **options
        )
        self.progress: list[Progress] = []

    def stage(self, number: int = 1, video_id: str = "dQw4w9WgXcQ", title: str = "Sound") -> StagedDownload:
        folder = self.store.staging(job(self.root, number))
        shutil.copy(self.media, folder / "v.m4a")
        (folder / "v.jpg").write_bytes(b"<html>")
        return StagedDownload(
            metadata=ItemMetadata(
                extractor="youtube",
                video_id=video_id,
                provider="ytdlp",
                title=title,
                channel="Ch",
                duration_s=9,
            ),
            files=(
                StagedFile(name="v.m4a", role=FileRole.MEDIA),
                StagedFile(name="v.jpg", role=FileRole.THUMBNAIL),
            ),
            obtained=OBTAINED,
            notes=("noted earlier",),
            nonce=uuid4().hex,
        )

    async def archive(self, staged: StagedDownload, number: int = 1) -> ArchivedCopy:
        return await self.store.store(job(self.root, number), staged, self.progress.append)


@pytest.fixture
def bench(tmp_path: Path, samples: dict[str, Sample]) -> Bench:
    return Bench(tmp_path / "new" / "archive", samples["m4a"].path)


def modes(root: Path) -> dict[str, int]:
    return {str(p.relative_to(root)): stat.S_IMODE(p.stat().st_mode) for p in [root, *root.rglob("*")]}


async def test_an_item_is_stored_whole_and_private(bench: Bench) -> None:
    umask = os.umask(0)
    try:
        copy = await bench.archive(bench.stage())
    finally:
        os.umask(umask)
    assert copy.folder == "Ch/Sound [dQw4w9WgXcQ]"
    assert [file.name for file in copy.manifest.files] == ["Sound [dQw4w9WgXcQ].m4a"]
    assert copy.manifest.notes == ("noted earlier", "thumbnail left out: is not a picture")
    assert check(copy) == []
    found = modes(bench.root / "Ch") | modes(bench.root / ".ytarchive")
    assert {mode for name, mode in found.items() if Path(name).suffix} == {0o600}
    assert {mode for name, mode in found.items() if not Path(name).suffix} == {0o700}
    assert bench.progress[-1].stage is Stage.STORAGE and bench.progress[-1].activity == "verifying"


async def test_public_items_can_be_read_by_a_media_server(tmp_path: Path, samples: dict[str, Sample]) -> None:
    bench = Bench(tmp_path, samples["m4a"].path, public=True)
    await bench.archive(bench.stage())
    assert set(modes(tmp_path / "Ch").values()) == {0o644, 0o755}
    assert set(modes(tmp_path / ".ytarchive").values()) == {0o600, 0o700}


async def test_storing_again_adopts_the_committed_copy(bench: Bench) -> None:
    staged = bench.stage()
    first = await bench.archive(staged)
    assert await bench.archive(staged) == first
    await bench.store.discard(bench.root, 1)
    assert await bench.archive(staged) == first
    assert [path.name for path in (bench.root / "Ch").iterdir()] == ["Sound [dQw4w9WgXcQ]"]


@pytest.mark.parametrize("live_jobs", [[], [1]])
async def test_what_was_committed_before_a_kill_is_known_again_whatever_becomes_of_its_job(
    bench: Bench, tmp_path: Path, live_jobs: list[int]
) -> None:
    """Killed between the rename and the rows; a person may cancel the job before it tells of it itself."""
    staged = bench.stage()
    copy = await bench.archive(staged)
    locks = ArchiveLocks(bench.known)
    try:
        async with await Database.open(tmp_path / "state.db") as db:
            await sweep_staging(db, bench.store, locks, bench.root, live_jobs)
            (row,) = await db.fetch("SELECT folder FROM copies")
            assert row["folder"] == copy.folder
            assert list((bench.root / ".ytarchive/staging").iterdir()) == []
            # Once more: nothing is told twice.
            await bench.archive(bench.stage().model_copy(update={"nonce": staged.nonce}))
            await sweep_staging(db, bench.store, locks, bench.root, [])
            (entries,) = await db.fetch("SELECT count(*) AS n FROM journal")
            assert entries["n"] == 1
    finally:
        locks.close()


async def test_a_goal_that_leads_elsewhere_tells_nothing(bench: Bench) -> None:
    staged = bench.stage()
    await bench.archive(staged)
    goal = bench.root / ".ytarchive/staging/1/goal.txt"
    assert len(await bench.store.forgotten(bench.root)) == 1
    for text in ("../x", "Ch", "Ch/../Ch", "Ch/not there", "Ch/a/b", ""):
        goal.write_text(f"{staged.nonce}\n{text}")
        assert await bench.store.forgotten(bench.root) == [], text


async def test_a_goal_that_another_state_had_reached_before_tells_nothing(bench: Bench) -> None:
    """Killed between the note of a goal and the rename that would have found the name taken."""
    other = await bench.archive(bench.stage())
    await bench.store.discard(bench.root, 1)
    staged = bench.stage()
    goal = bench.root / ".ytarchive/staging/1/goal.txt"
    for nonce in (staged.nonce, ""):
        goal.write_text(f"{nonce}\n{other.folder}")
        assert await bench.store.forgotten(bench.root) == [], nonce


async def test_what_another_state_made_under_the_same_number_is_not_taken_for_this_download(
    bench: Bench,
) -> None:
    first = await bench.archive(bench.stage())
    second = await bench.archive(bench.stage())
    assert first.manifest.job == second.manifest.job
    assert second.folder != first.folder and second.manifest.archived_at > first.manifest.archived_at


async def test_a_file_system_that_decomposes_names_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, unlink = os.listdir, os.unlink
    staged = bench.stage(title="Café")
    monkeypatch.setattr(os, "listdir", lambda folder: [normalize("NFD", name) for name in listed(folder)])
    monkeypatch.setattr(os, "unlink", lambda name, **kw: unlink(normalize("NFC", name), **kw))
    copy = await bench.archive(staged)
    assert check(copy) == []
    remove(copy)
    assert not (bench.root / copy.folder).exists(), "nothing in it is taken for somebody else's"


async def test_a_folder_that_lost_a_file_is_not_committed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = bench.stage()
    keep_only = commit._keep_only

    def lose(names: set[str], folder: int) -> None:
        keep_only(set(), folder)

    monkeypatch.setattr(commit, "_keep_only", lose)
    with pytest.raises(StageError, match="vanished after it was verified"):
        await bench.archive(staged)
    assert not (bench.root / "Ch").exists()


@pytest.mark.parametrize("kind", ["folder", "full folder", "file", "link"])
async def test_a_taken_name_is_left_alone(bench: Bench, tmp_path: Path, kind: str) -> None:
    staged = bench.stage()
    target = bench.root / layout.folder(staged.metadata)
    target.parent.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    match kind:
        case "folder" | "full folder":
            target.mkdir()
            if kind == "full folder":
                (target / "mine.txt").write_text("mine")
        case "file":
            target.write_text("mine")
        case "link":
            target.symlink_to(outside)
    before = target.lstat()
    copy = await bench.archive(staged)
    assert copy.folder == str(layout.folder(staged.metadata, 1)) and check(copy) == []
    assert target.lstat() == before and list(outside.iterdir()) == []


async def test_ids_that_differ_in_case_both_find_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that ignores case, which `casefold` stands in for."""
    original = layout.folder
    monkeypatch.setattr(
        layout,
        "folder",
        lambda metadata, attempt=0: type(original(metadata))(str(original(metadata, attempt)).lower()),
    )
    first = await bench.archive(bench.stage(1, "aaaaaaaaaaA"), 1)
    second = await bench.archive(bench.stage(2, "aaaaaaaaaaa"), 2)
    assert first.folder != second.folder and check(first) == check(second) == []


async def test_a_bad_file_never_enters_the_archive(bench: Bench) -> None:
    staged = bench.stage()
    (bench.store.staging(job(bench.root)) / "v.m4a").write_bytes(bench.media.read_bytes()[:9000])
    with pytest.raises(StageError) as caught:
        await bench.archive(staged)
    assert classify(caught.value.evidence).failure_class is FailureClass.INCOMPLETE
    assert not (bench.root / "Ch").exists()


async def test_an_unmounted_archive_is_not_written_below(bench: Bench) -> None:
    staged = bench.stage()
    shutil.rmtree(bench.root)
    bench.root.mkdir()
    with pytest.raises(StageError, match="is gone") as at_staging:
        bench.store.staging(job(bench.root))
    with pytest.raises(StageError, match="is gone") as at_commit:
        await bench.archive(staged)
    for caught in (at_staging, at_commit):
        assert caught.value.evidence.exception == ("ArchiveMissing",)
        assert caught.value.evidence.errno == errno.ENODEV
        assert classify(caught.value.evidence).failure_class is FailureClass.LOCAL_IO
    await bench.store.discard(bench.root, 1)
    assert await bench.store.sweep(bench.root, []) == 0
    assert list(bench.root.iterdir()) == []


def test_another_archive_at_the_same_place_is_refused(bench: Bench) -> None:
    bench.store.staging(job(bench.root))
    bench.known[bench.root] = uuid4()
    with pytest.raises(StageError, match="another archive"):
        bench.store.staging(job(bench.root))


@pytest.mark.parametrize("place", [".ytarchive", ".ytarchive/staging", ".ytarchive/staging/1", "Ch"])
async def test_planted_links_are_refused(bench: Bench, tmp_path: Path, place: str) -> None:
    staged = bench.stage()
    elsewhere = tmp_path / "elsewhere"
    planted = bench.root / place
    if planted.exists():
        planted.rename(elsewhere)
    else:
        elsewhere.mkdir()
    before = sorted(elsewhere.rglob("*"))
    planted.symlink_to(elsewhere)
    with pytest.raises(StageError) as caught:
        await bench.archive(staged)
    assert classify(caught.value.evidence).failure_class is FailureClass.LOCAL_IO
    if place == "Ch":
        assert sorted(elsewhere.rglob("*")) == before


async def test_a_linked_media_file_is_refused(bench: Bench, tmp_path: Path) -> None:
    staged = bench.stage()
    media = bench.store.staging(job(bench.root)) / "v.m4a"
    media.unlink()
    media.symlink_to(bench.media)
    with pytest.raises(StageError) as caught:
        await bench.archive(staged)
    assert caught.value.evidence.errno == errno.ELOOP


async def test_a_staged_name_can_not_leave_staging(bench: Bench, tmp_path: Path) -> None:
    staged = bench.stage()
    evil = staged.model_copy(update={"files": (StagedFile(name="../../x.m4a", role=FileRole.MEDIA),)})
    with pytest.raises(StageError, match="not a plain file name"):
        await bench.archive(evil)


async def test_sweep_removes_only_dead_jobs_and_follows_no_link(bench: Bench, tmp_path: Path) -> None:
    for number in (1, 2, 30):
        bench.stage(number)
    staging = bench.root / ".ytarchive/staging"
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep")
    (staging / "4").symlink_to(precious)
    (staging / "1" / "inner").symlink_to(precious)
    (staging / "not-a-job").mkdir()
    (bench.root / ".ytarchive/trash/half-deleted").mkdir(parents=True)
    assert await bench.store.sweep(bench.root, [2]) == 2
    assert sorted(path.name for path in staging.iterdir()) == ["2", "4", "not-a-job"]
    assert (precious / "file").read_text() == "keep"
    assert list((bench.root / ".ytarchive/trash").iterdir()) == []
    assert await bench.store.sweep(tmp_path / "never-used", []) == 0
    assert not (tmp_path / "never-used").exists()


async def test_an_extraction_is_forgotten_and_partial_files_stay(bench: Bench) -> None:
    folder = bench.store.staging(job(bench.root))
    for name in ("extracted.json", "v.f137.mp4.part"):
        (folder / name).write_text("{}")
    await bench.store.forget_extraction(bench.root, 1)
    await bench.store.forget_extraction(bench.root, 1)
    assert [path.name for path in folder.iterdir()] == ["v.f137.mp4.part"]


async def test_a_commit_that_is_cancelled_in_its_middle_is_told_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = bench.stage()
    started, ended = asyncio.Event(), []
    loop = asyncio.get_running_loop()
    original = durable.rename_new

    def slow(*arguments: Any) -> None:
        loop.call_soon_threadsafe(started.set)
        asyncio.run(asyncio.sleep(0.2))
        original(*arguments)
        ended.append(True)

    monkeypatch.setattr("ytarchive_tui.storage.commit.rename_new", slow)
    task = asyncio.create_task(bench.archive(staged))
    await started.wait()
    task.cancel()
    assert (await task).folder == "Ch/Sound [dQw4w9WgXcQ]"
    assert ended == [True]


def test_rename_never_replaces_even_without_the_system_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_renameat2", None)
    for name in ("new", "taken"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(FileExistsError):
            durable.rename_new("new", folder, "taken", folder)
        durable.rename_new("new", folder, "free", folder)
    finally:
        os.close(folder)
    assert (tmp_path / "taken" / "file").read_text() == "taken"
    assert (tmp_path / "free" / "file").read_text() == "new"


async def test_check_finds_every_change(bench: Bench) -> None:
    copy = await bench.archive(bench.stage())
    path = bench.root / copy.folder / copy.manifest.files[0].name
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    assert check(copy) == [f"{path.name}: its content has changed"]
    path.write_bytes(content[:-1])
    assert check(copy) == [f"{path.name}: {len(content) - 1} bytes instead of {len(content)}"]
    path.unlink()
    assert check(copy) == [f"{path.name}: No such file or directory"]
    shutil.rmtree(path.parent)
    assert check(copy) == [f"{copy.folder}: No such file or directory"]


async def test_a_disk_that_answers_nothing_keeps_nobody_out_of_another_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(root: Path) -> UUID:
        known: dict[Path, UUID] = {}
        with archive_module.open_archive(root, known):
            return known[root]

    def hangs(name: str, folder: int) -> bytes:
        if os.fstat(folder).st_ino == away:
            asked.set()
            back.wait(30)
        return read_file(name, folder)

    first, second = opened(tmp_path / "away"), opened(tmp_path / "here")
    away, read_file = (tmp_path / "away" / ".ytarchive").stat().st_ino, archive_module.read_file
    asked, back = threading.Event(), threading.Event()
    monkeypatch.setattr(archive_module, "read_file", hangs)
    hanging = asyncio.create_task(asyncio.to_thread(opened, tmp_path / "away"))
    try:
        assert await asyncio.to_thread(asked.wait, 10)
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(opened, tmp_path / "here") == second
    finally:
        back.set()
    assert await hanging == first


async def test_an_archive_that_many_use_first_together_is_one(tmp_path: Path) -> None:
    def opened() -> UUID:
        known: dict[Path, UUID] = {}
        with archive_module.open_archive(tmp_path / "new", known):
            return known[tmp_path / "new"]

    assert len(set(await asyncio.gather(*(asyncio.to_thread(opened) for _ in range(8))))) == 1
