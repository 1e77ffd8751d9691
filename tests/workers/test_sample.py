"""A dry run asks for a few items of a list, and for every item of which the list told too little."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ytarchive_tui.domain.models import Claim, Item, ItemMetadata, Job, JobKind, JobOptions, Stage, Status
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.storage.scratch import ScratchStore
from ytarchive_tui.workers.metadata import ResolveStage, SampleStage

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Counting:
    """A provider that notes who was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
        assert job.item is not None
        self.asked.append(job.item.video_id)
        return ItemMetadata(extractor="youtube", video_id=job.item.video_id, provider="ytdlp")


def claim(video_id: str, *, listed: bool) -> Claim:
    item = Item(
        id=1,
        extractor="youtube",
        video_id=video_id,
        url=f"https://youtu.be/{video_id}",
        title="from the list" if listed else None,
        duration_s=60 if listed else None,
    )
    job = Job(
        id=1,
        kind=JobKind.ITEM,
        stage=Stage.METADATA,
        status=Status.RUNNING,
        options=JobOptions(archive=Path("archive")),
        item=item,
        created_at=NOW,
        updated_at=NOW,
    )
    return Claim(job=job, owner="test", fence=1, lease_s=60)


async def test_only_the_sample_and_the_unknown_are_asked_for(tmp_path: Path) -> None:
    provider = Counting()
    stage = SampleStage(ResolveStage(provider, ScratchStore(tmp_path), MemoryBoard()), sample=2)
    for n in range(5):
        outcome = await stage(claim(f"listed-{n}", listed=True))
        assert outcome.metadata.video_id == f"listed-{n}"
    await stage(claim("submitted", listed=False))
    assert provider.asked == ["listed-0", "listed-1", "submitted"]
