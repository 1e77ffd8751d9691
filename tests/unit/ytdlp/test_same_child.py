"""A download in the child that asked for the item: it selects nothing again, and brings the very same."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ytarchive_tui.domain.errors import Evidence
from ytarchive_tui.domain.models import EXTRACTED, FileRole, JobOptions, StagedDownload
from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.sandbox.catalog.ids import natural_id
from ytarchive_tui.ytdlp import task
from ytarchive_tui.ytdlp.child import download as downloading
from ytarchive_tui.ytdlp.child.extraction import mark
from ytarchive_tui.ytdlp.child.session import Selection, Session
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.protocol import TASKS, ItemRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")
Youtube = Any
VIDEO = natural_id("same child", 11)
SELECTED = "Downloading 1 format(s)"


async def downloaded(youtube: Youtube, job: int, **options: Any) -> tuple[StagedDownload, Path, int]:
    """What came, where, and how often formats were selected for the download."""
    staging = youtube.staging(f"same-{job}")
    wanted = youtube.job(VIDEO, **options).model_copy(update={"id": job})
    await youtube.resolve(wanted, staging)
    youtube.logged.clear()
    staged = await youtube.download(wanted, staging)
    return staged, staging, sum(SELECTED in line for line in youtube.logged)


def sidecar(staged: StagedDownload, staging: Path) -> dict[str, Any]:
    (name,) = [file.name for file in staged.files if file.role is FileRole.INFO]
    told: dict[str, Any] = json.loads((staging / name).read_bytes())
    # The moment of the extraction, and where the files were while they came.
    return {key: value for key, value in told.items() if key not in ("epoch", "requested_downloads")}


async def test_it_brings_what_another_child_brings(youtube: Youtube) -> None:
    here, folder, again = await downloaded(youtube, 501)
    assert again == 0

    wanted = youtube.job(VIDEO).model_copy(update={"id": 502})
    staging = youtube.staging("same-502")
    await youtube.resolve(wanted, staging)
    # Another job's number, so that the child that waits for this one is not asked.
    there = await youtube.download(wanted.model_copy(update={"id": 503}), staging)
    assert any(SELECTED in line for line in youtube.logged)

    assert here == there
    assert sidecar(here, folder) == sidecar(there, staging)


async def test_another_wish_is_selected_anew(youtube: Youtube) -> None:
    staging, job = youtube.staging("same-504"), youtube.job(VIDEO).model_copy(update={"id": 504})
    await youtube.resolve(job, staging)
    lower = job.model_copy(update={"options": job.options.model_copy(update={"quality": "360p"})})
    staged = await youtube.download(lower, staging)
    assert max(each.height or 0 for each in staged.obtained) == 360


async def test_a_forgotten_extraction_is_not_selected_from(youtube: Youtube) -> None:
    staging, job = youtube.staging("same-505"), youtube.job(VIDEO).model_copy(update={"id": 505})
    await youtube.resolve(job, staging)
    (staging / EXTRACTED).unlink()
    youtube.control.clear_log()
    await youtube.download(job, staging)
    assert youtube.requests("watch"), "the site is asked again"


async def test_a_newer_extraction_is_selected_from(youtube: Youtube) -> None:
    staging, job = youtube.staging("same-507"), youtube.job(VIDEO).model_copy(update={"id": 507})
    await youtube.resolve(job, staging)
    # What the first one told was refused, say, and another child asked anew.
    await youtube.resolve(job.model_copy(update={"id": 508}), staging)
    youtube.logged.clear()
    await youtube.download(job, staging)
    assert any(SELECTED in line for line in youtube.logged)


async def test_a_selection_grows_old_while_the_machine_sleeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / EXTRACTED).write_text("{}")
    options = JobOptions(archive=tmp_path)
    request = ItemRequest(
        job=1, extractor="youtube", video_id=VIDEO, url=f"https://youtu.be/{VIDEO}", options=options,
        staging=tmp_path, config=ExtractionConfig(), max_age_s=60,
    )  # fmt: skip
    session = Session(request.config)
    session.selection = Selection(VIDEO, options, {"id": VIDEO}, mark(tmp_path), time.time())
    assert downloading._selected(session, request)
    # As a sleeping machine's clocks do: only this one goes on.
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert downloading._selected(session, request) is None


async def test_a_format_string_is_selected_by_ytdlp_alone(youtube: Youtube) -> None:
    _, _, again = await downloaded(youtube, 506, quality="bv*[height<=480]+ba/b")
    assert again == 1


async def test_a_zygote_has_every_model_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cffi", sys.modules.get("cffi"))
    task.preload(TASKS.values(), ExtractionConfig().model_dump(mode="json"))

    def models(model: type[Any]) -> list[type[Any]]:
        return [model, *(found for each in model.__subclasses__() for found in models(each))]

    unbuilt = [each.__name__ for each in (*models(Frozen), Evidence) if not each.__pydantic_complete__]
    assert unbuilt == [], "each child would build them once more"
