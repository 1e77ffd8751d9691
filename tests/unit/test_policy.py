"""What follows a stage, class by class."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import (
    ArchivedCopy,
    Downloaded,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Listed,
    Manifest,
    Resolved,
    Stage,
    StagedDownload,
    Status,
    Stored,
)
from ytarchive_tui.domain.policy import RetryRules, Transition, after_failure, after_success

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = RetryRules()
METADATA = ItemMetadata(extractor="youtube", video_id="abcdefghijk", provider="ytdlp")


def job(stage: Stage = Stage.DOWNLOAD, last: FailureClass | None = None, repeated: int = 0) -> Job:
    return Job(
        id=1,
        kind=JobKind.ITEM,
        stage=stage,
        status=Status.RUNNING,
        options=JobOptions(archive=Path("archive")),
        failure_class=last,
        repeated=repeated,
        created_at=NOW,
        updated_at=NOW,
    )


def fail(cls: FailureClass, job_: Job | None = None, evidence: Evidence | None = None) -> Transition:
    failure = Failure(failure_class=cls, sentence="because", evidence=evidence or Evidence())
    return after_failure(job_ or job(), failure, RULES, now=NOW, chance=0.0)


def test_success_leads_to_the_next_stage_and_the_last_one_to_done() -> None:
    staged = StagedDownload(metadata=METADATA, files=(), obtained=())
    manifest = Manifest(
        extractor="youtube", video_id="abcdefghijk", job=1, archived_at=NOW, quality="best", files=()
    )
    copy = ArchivedCopy(archive=Path("a"), archive_uuid=UUID(int=1), folder="b", manifest=manifest)
    stored = Stored(archived=copy)
    steps = [
        (after_success(job(Stage.METADATA), Resolved(metadata=METADATA)), Stage.DOWNLOAD, Status.QUEUED),
        (after_success(job(Stage.DOWNLOAD), Downloaded(staged=staged)), Stage.STORAGE, Status.QUEUED),
        (after_success(job(Stage.STORAGE), stored), Stage.STORAGE, Status.DONE),
        (after_success(job(Stage.METADATA), Listed(entries=3)), Stage.METADATA, Status.DONE),
    ]
    assert [(t.stage, t.status) for t, _, _ in steps] == [(stage, status) for _, stage, status in steps]


@pytest.mark.parametrize(
    ("cls", "status"),
    [
        (FailureClass.AUTH, Status.BLOCKED),
        (FailureClass.GEO, Status.BLOCKED),
        (FailureClass.FORMAT, Status.BLOCKED),
        (FailureClass.TOOL, Status.BLOCKED),
        (FailureClass.UNSUPPORTED, Status.FAILED),
        (FailureClass.NET_TRANSIENT, Status.WAITING),
        (FailureClass.THROTTLED, Status.WAITING),
        (FailureClass.BOT_CHECK, Status.WAITING),
        (FailureClass.NOT_YET, Status.WAITING),
        (FailureClass.GONE, Status.WAITING),
        (FailureClass.LOCAL_DISK, Status.WAITING),
        (FailureClass.UNKNOWN, Status.WAITING),
    ],
)
def test_the_first_failure_of_a_class_decides_the_status(cls: FailureClass, status: Status) -> None:
    transition = fail(cls)
    assert transition.status is status
    assert transition.reason and "because" in transition.reason
    assert (transition.delay_s is not None) == (status is Status.WAITING)


def test_every_class_has_a_rule() -> None:
    assert all(fail(cls).status is not Status.RUNNING for cls in FailureClass)


def test_network_failures_wait_longer_each_time_and_end() -> None:
    delays = []
    for repeated in range(len(RULES.network_s)):
        transition = fail(FailureClass.NET_TRANSIENT, job(last=FailureClass.NET_TRANSIENT, repeated=repeated))
        delays.append(transition.delay_s)
    assert delays == list(RULES.network_s)
    last = fail(
        FailureClass.NET_TRANSIENT, job(last=FailureClass.NET_TRANSIENT, repeated=len(RULES.network_s))
    )
    assert last.status is Status.FAILED


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(errno=errno.ENETUNREACH),
        Evidence(exception=("gaierror", "OSError"), errno=-3),
        Evidence(message="Unable to download webpage: Failed to resolve 'www.youtube.com'"),
    ],
)
def test_being_offline_is_never_final(evidence: Evidence) -> None:
    transition = fail(
        FailureClass.NET_TRANSIENT, job(last=FailureClass.NET_TRANSIENT, repeated=500), evidence
    )
    assert (transition.status, transition.delay_s) == (Status.WAITING, RULES.network_s[-1])


def test_another_class_starts_its_own_count() -> None:
    transition = fail(FailureClass.NET_TRANSIENT, job(last=FailureClass.INCOMPLETE, repeated=5))
    assert transition.delay_s == RULES.network_s[0]


def test_gone_is_believed_at_the_second_sighting_a_day_later() -> None:
    first = fail(FailureClass.GONE)
    assert first.status is Status.WAITING
    assert first.delay_s is not None and first.delay_s > timedelta(hours=24).total_seconds()
    second = fail(FailureClass.GONE, job(last=FailureClass.GONE, repeated=1))
    assert second.status is Status.FAILED


def test_an_announced_video_waits_until_it_begins() -> None:
    begins = Evidence(starts_at=NOW + timedelta(hours=7))
    transition = fail(FailureClass.NOT_YET, evidence=begins)
    assert transition.delay_s == pytest.approx(7 * 3600 + 60)
    assert fail(FailureClass.NOT_YET).delay_s == pytest.approx(RULES.announced_s + 60)


def test_a_damaged_file_sends_storage_back_to_download_with_an_empty_staging() -> None:
    transition = fail(FailureClass.INCOMPLETE, job(Stage.STORAGE))
    assert (transition.stage, transition.forget) == (Stage.DOWNLOAD, "staging")
    last = fail(
        FailureClass.INCOMPLETE,
        job(Stage.STORAGE, FailureClass.INCOMPLETE, repeated=len(RULES.incomplete_s)),
    )
    assert (last.stage, last.status, last.forget) == (Stage.DOWNLOAD, Status.BLOCKED, "staging")


def test_a_refused_address_is_extracted_again_twice_and_then_counts_as_throttling() -> None:
    first = fail(FailureClass.URL_EXPIRED)
    assert (first.status, first.forget) == (Status.WAITING, "extraction")
    third = fail(FailureClass.URL_EXPIRED, job(last=FailureClass.URL_EXPIRED, repeated=2))
    assert third.delay_s == RULES.throttled_s[0]


def test_local_trouble_is_never_final() -> None:
    transition = fail(FailureClass.LOCAL_DISK, job(last=FailureClass.LOCAL_DISK, repeated=500))
    assert (transition.status, transition.delay_s) == (Status.WAITING, RULES.local_s[-1])


def test_chance_spreads_delays() -> None:
    failure = Failure(failure_class=FailureClass.NET_TRANSIENT, sentence="because")
    spread = after_failure(job(), failure, RULES, now=NOW, chance=0.5).delay_s
    assert spread == pytest.approx(RULES.network_s[0] * (1 + RULES.jitter / 2))
