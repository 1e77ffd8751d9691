"""Jobs share calls: who asks for one video asks for the next ones too; and who steps in, says so once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from metadata_samples import Extractor, client_of
from unit.db.db_samples import video

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.metadata_cache import MetadataCache, upcoming
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.merging import teller
from ytarchive_tui.domain.models import ItemMetadata, Job, JobKind, Resolved, Stage
from ytarchive_tui.domain.policy import after_success
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.services.metadata import MetadataService
from ytarchive_tui.services.metadata_jobs import BatchedProvider
from ytarchive_tui.workers.providers import FirstThatAnswers


class ByYtdlp:
    """`MetadataProvider` in yt-dlp's place."""

    def __init__(self) -> None:
        self.extract = Extractor()

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        assert job.item is not None
        return await self.extract(job.item.video_id)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "state.db") as database:
        yield database


@pytest.fixture
async def provider(local_youtube: Addresses, db: Database) -> AsyncIterator[BatchedProvider]:
    client = client_of(local_youtube, db)
    service = MetadataService(MetadataCache(db, limit_bytes=10**7), client)
    yield BatchedProvider(service, partial(upcoming, db))
    client.close()


async def jobs(db: Database, *ids: str) -> AsyncIterator[Job]:
    """Each job once, claimed as a worker does, and finished with what was told."""
    await submit(db, [video(video_id) for video_id in ids])
    queue = Queue(db, lease_s=60, ahead=1000)
    while claim := await queue.claim(Stage.METADATA, JobKind.ITEM, "worker"):
        yield claim.job


def calls(youtube: ControlClient) -> int:
    return sum("/youtube/v3/" in record.path for record in youtube.log("api"))


async def test_the_jobs_of_a_list_cost_a_fiftieth(
    provider: BatchedProvider, db: Database, youtube: ControlClient, tmp_path: Path
) -> None:
    ids = [f"queued-{n:04}" for n in range(60)]
    told = [await provider.resolve(job, tmp_path) async for job in jobs(db, *ids)]
    assert [metadata.video_id for metadata in told] == ids
    assert calls(youtube) == 2


async def test_what_both_told_is_one_record_in_the_database(
    provider: BatchedProvider, db: Database, youtube: ControlClient, tmp_path: Path
) -> None:
    await submit(db, [video("ordinary-01")])
    queue = Queue(db, lease_s=60)
    for provide in (provider, ByYtdlp()):
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "worker")
        assert claim is not None
        outcome = Resolved(metadata=await provide.resolve(claim.job, tmp_path))
        again = after_success(claim.job, outcome).model_copy(update={"stage": Stage.METADATA})
        assert await queue.finish(claim, outcome, again)
    (row,) = await db.fetch("SELECT data FROM metadata")
    whole = ItemMetadata.model_validate_json(row["data"])
    assert (whole.provider, whole.title) == ("ytdlp", "T ordinary-01")
    assert teller(whole, "topics") == teller(whole, "made_for_kids") == "youtube_api"


async def test_who_steps_in_says_so_once(
    provider: BatchedProvider,
    db: Database,
    youtube: ControlClient,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "ytarchive_tui.workers")
    youtube.set(api_keys={"sandbox-key": 0})
    both = FirstThatAnswers(provider, other := ByYtdlp())
    ids = [f"queued-{n:04}" for n in range(6)]
    told = [await both.resolve(job, tmp_path) async for job in jobs(db, *ids)]
    assert {metadata.provider for metadata in told} == {"ytdlp"} and other.extract.asked == ids
    assert [record.message for record in caplog.records if "yt-dlp" in record.message] == [
        "the Data API's quota is spent for today (HTTP 403): the work goes on through yt-dlp"
    ]
    assert calls(youtube) == 1


async def test_an_id_that_the_api_does_not_list_is_left_to_ytdlp(
    provider: BatchedProvider, db: Database, youtube: ControlClient, tmp_path: Path
) -> None:
    both = FirstThatAnswers(provider, other := ByYtdlp())
    async for job in jobs(db, "missing-001"):
        with pytest.raises(StageError):
            await provider.resolve(job, tmp_path)
        assert (await both.resolve(job, tmp_path)).provider == "ytdlp"
    assert (other.extract.asked, calls(youtube)) == (["missing-001"], 1)
