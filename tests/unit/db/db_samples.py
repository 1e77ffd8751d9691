"""Values that the database's tests hand in, and what must hold in any database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    AtSource,
    Downloaded,
    FileRole,
    Format,
    ItemMetadata,
    Job,
    JobOptions,
    ListedItem,
    ListPage,
    Manifest,
    ManifestFile,
    Resolved,
    SourceKind,
    Stage,
    StagedDownload,
    StagedFile,
    Status,
    Stored,
    Submission,
)
from ytarchive_tui.domain.policy import Transition


class Clock:
    """A wall clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


ARCHIVE = Path("/archive")
OPTIONS = JobOptions(archive=ARCHIVE)


def video(video_id: str, *, options: JobOptions = OPTIONS, priority: int = 0) -> Submission:
    return Submission(
        url=video_id,
        address=f"https://www.youtube.com/watch?v={video_id}",
        kind=SourceKind.VIDEO,
        video_id=video_id,
        options=options,
        priority=priority,
    )


def playlist(name: str = "PL1", options: JobOptions = OPTIONS) -> Submission:
    address = f"https://www.youtube.com/playlist?list={name}"
    return Submission(url=address, address=address, kind=SourceKind.PLAYLIST, options=options)


def page(*video_ids: str, at_source: AtSource = AtSource.UNKNOWN, titled: bool = True) -> ListPage:
    return ListPage(
        title="A list",
        entries=tuple(
            ListedItem(
                extractor="youtube",
                video_id=video_id,
                url=f"https://www.youtube.com/watch?v={video_id}",
                title=f"Title of {video_id}" if titled else None,
                at_source=at_source,
                position=n,
            )
            for n, video_id in enumerate(video_ids, 1)
        ),
    )


def metadata(job: Job) -> ItemMetadata:
    assert job.item is not None
    best = Format(format_id="137", ext="mp4", height=1080, filesize=1000)
    return ItemMetadata(
        extractor=job.item.extractor,
        video_id=job.item.video_id,
        provider="ytdlp",
        title="Learnt",
        at_source=AtSource.PUBLIC,
        offered=(best, Format(format_id="401", ext="mp4", height=2160)),
        selected=(best,),
    )


def resolved(job: Job) -> Resolved:
    return Resolved(metadata=metadata(job))


def downloaded(job: Job) -> Downloaded:
    file = StagedFile(name="video.mp4", role=FileRole.MEDIA)
    return Downloaded(staged=StagedDownload(metadata=metadata(job), files=(file,), obtained=()))


def stored(job: Job) -> Stored:
    assert job.item is not None
    file = ManifestFile(name="video.mp4", role=FileRole.MEDIA, size=1000, sha256="0" * 64)
    manifest = Manifest(
        extractor=job.item.extractor,
        video_id=job.item.video_id,
        job=job.id,
        archived_at=utcnow(),
        quality=job.options.quality,
        offered_height=2160,
        obtained_height=1080,
        files=(file,),
    )
    folder = f"Channel/{job.item.video_id}"
    copy = ArchivedCopy(
        archive=job.options.archive, archive_uuid=UUID(int=1), folder=folder, manifest=manifest
    )
    return Stored(archived=copy)


def failed(
    job: Job,
    failure_class: FailureClass = FailureClass.NET_TRANSIENT,
    status: Status = Status.WAITING,
    *,
    delay_s: float | None = 5,
    stage: Stage | None = None,
) -> Transition:
    failure = Failure(failure_class=failure_class, sentence="the line broke", evidence=Evidence(errno=104))
    return Transition(
        stage=stage or job.stage,
        status=status,
        delay_s=delay_s if status is Status.WAITING else None,
        failure=failure,
        reason="the line broke",
    )


async def check(db: Database) -> None:
    """What holds in every state of every database."""
    counted = await db.fetch(
        "SELECT kind, stage, status, count(*) AS n FROM jobs WHERE superseded = 0 GROUP BY 1, 2, 3"
    )
    kept = await db.fetch("SELECT kind, stage, status, n FROM counters WHERE n <> 0")
    assert sorted(map(tuple, counted)) == sorted(map(tuple, kept))
    wrong = {
        "a job called done without a copy": "SELECT 1 FROM jobs j WHERE kind = 'item' AND status = 'done' "
        "AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.item_id = j.item_id AND c.archive_id = j.archive_id)",
        "an open attempt that nobody runs": "SELECT 1 FROM attempts t LEFT JOIN jobs j ON j.id = t.job_id "
        "AND j.fence = t.fence AND j.status = 'running' WHERE t.ended_at IS NULL AND j.id IS NULL",
        "a running job without an open attempt": "SELECT 1 FROM jobs j WHERE status = 'running' "
        "AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.job_id = j.id AND t.fence = j.fence "
        "AND t.ended_at IS NULL)",
        "a removed job beside a current one": "SELECT 1 FROM jobs r JOIN jobs j ON j.superseded = 0 "
        "AND j.kind = r.kind AND j.archive_id = r.archive_id AND (j.item_id = r.item_id "
        "OR (r.kind = 'source' AND j.source_id = r.source_id)) WHERE r.removed = 1",
        "a removed job with something in staging": "SELECT 1 FROM jobs j JOIN staged s ON s.job_id = j.id "
        "WHERE j.removed = 1",
        "a copy without files": "SELECT 1 FROM copies c WHERE NOT EXISTS "
        "(SELECT 1 FROM files f WHERE f.copy_id = c.id)",
        "an archived item that does not know": "SELECT 1 FROM copies c JOIN items i ON i.id = c.item_id "
        "WHERE i.archived_at IS NULL",
        "a broken reference": "SELECT 1 FROM pragma_foreign_key_check",
    }
    for what, sql in wrong.items():
        assert not await db.fetch(sql), what
