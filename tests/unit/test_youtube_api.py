"""Item metadata from the Data API: the real client against the sandbox's endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import (
    AtSource,
    Item,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Stage,
    Status,
)
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.process import SandboxProcess
from ytarchive_tui.workers.providers import FirstThatAnswers
from ytarchive_tui.youtube_api.client import ApiConfig, YouTubeClient, quota_renewed
from ytarchive_tui.youtube_api.provider import PARTS, ApiProvider, seconds

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Client = Callable[..., YouTubeClient]
CANARY = "canary-key-0123456789"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    with asyncio.Runner() as runner:
        yield runner.run(process.__aenter__())
        runner.run(process.__aexit__(None, None, None))


@pytest.fixture
def control(sandbox: Addresses) -> Iterator[ControlClient]:
    client = ControlClient(sandbox)
    yield client
    client.reset()


@pytest.fixture
def client(sandbox: Addresses) -> Iterator[Callable[..., YouTubeClient]]:
    made: list[YouTubeClient] = []

    def make(*keys: str, **more: Any) -> YouTubeClient:
        config = ApiConfig(keys=keys or ("sandbox-key",), endpoint=sandbox.api, timeout_s=5)
        made.append(YouTubeClient(config, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def job(video_id: str) -> Job:
    return Job(
        id=1,
        kind=JobKind.ITEM,
        stage=Stage.METADATA,
        status=Status.RUNNING,
        options=JobOptions(archive=Path("archive")),
        item=Item(id=1, extractor="youtube", video_id=video_id, url=f"https://youtu.be/{video_id}"),
        created_at=NOW,
        updated_at=NOW,
    )


async def test_an_item_is_described(client: Client, tmp_path: Path) -> None:
    metadata = await ApiProvider(client()).resolve(job("ordinary-01"), tmp_path)
    assert (metadata.video_id, metadata.provider) == ("ordinary-01", "youtube_api")
    assert metadata.title and metadata.channel and metadata.channel_id
    assert metadata.duration_s and metadata.duration_s > 0
    assert metadata.published_at is not None and metadata.published_at.tzinfo is not None
    assert metadata.at_source is AtSource.PUBLIC
    assert metadata.view_count is not None


async def test_an_unknown_id_is_an_error_and_not_an_empty_record(client: Client, tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        await ApiProvider(client()).resolve(job("missing-001"), tmp_path)
    assert caught.value.evidence.exception == ("NotListed",)


async def test_a_refused_key_never_stands_in_the_evidence(client: Client, tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        await ApiProvider(client(CANARY)).resolve(job("ordinary-01"), tmp_path)
    evidence = caught.value.evidence
    assert evidence.http_status == 400
    assert CANARY not in evidence.model_dump_json() and CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_spent_quota_is_told_by_its_reason(
    client: Client, control: ControlClient, tmp_path: Path
) -> None:
    control.set(api_keys={"sandbox-key": 0})
    with pytest.raises(StageError) as caught:
        await ApiProvider(client()).resolve(job("ordinary-01"), tmp_path)
    assert "quotaExceeded" in caught.value.evidence.exception


async def test_the_next_key_is_used_and_nobody_is_asked_while_all_are_spent(
    client: Client, control: ControlClient, tmp_path: Path
) -> None:
    now = NOW
    control.set(api_keys={"one": 1, "two": 1})
    provider = ApiProvider(client("one", "two", now=lambda: now))
    for _ in range(2):
        assert (await provider.resolve(job("ordinary-01"), tmp_path)).video_id == "ordinary-01"
    with pytest.raises(StageError):
        await provider.resolve(job("ordinary-01"), tmp_path)
    control.set(api_keys={"one": 9, "two": 9})
    with pytest.raises(StageError) as caught:
        await provider.resolve(job("ordinary-01"), tmp_path)
    assert caught.value.evidence.exception == ("QuotaSpentError", "quotaExceeded")
    now = quota_renewed(now) + timedelta(seconds=1)
    assert (await provider.resolve(job("ordinary-01"), tmp_path)).video_id == "ordinary-01"


def test_quota_is_renewed_at_midnight_pacific_time() -> None:
    assert quota_renewed(datetime(2026, 3, 1, 7, 59, tzinfo=UTC)) == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert quota_renewed(datetime(2026, 7, 1, 7, tzinfo=UTC)) == datetime(2026, 7, 2, 7, tzinfo=UTC)


async def test_an_answer_that_is_no_json_is_an_error(
    client: Client, control: ControlClient, tmp_path: Path
) -> None:
    control.set(api_fault="malformed")
    with pytest.raises(StageError):
        await ApiProvider(client()).resolve(job("ordinary-01"), tmp_path)


async def test_another_provider_steps_in(client: Client, control: ControlClient, tmp_path: Path) -> None:
    class Other:
        async def resolve(self, job: Job, staging: Path) -> ItemMetadata:
            return ItemMetadata(extractor="youtube", video_id="ordinary-01", provider="ytdlp")

    control.set(api_fault="500")
    both = FirstThatAnswers(ApiProvider(client()), Other())
    assert (await both.resolve(job("ordinary-01"), tmp_path)).provider == "ytdlp"


def test_threads_get_the_video_that_they_asked_for(client: Client) -> None:
    shared = client()

    def ask(number: int) -> bool:
        video_id = f"thread-{number:04}"
        return [item["id"] for item in shared.videos([video_id], PARTS)["items"]] == [video_id]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(80)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H2M3S", 3723),
        ("PT45S", 45),
        ("P1DT2S", 86402),
        ("P0D", 0),
        ("PT", None),
        ("x", None),
        (None, None),
    ],
)
def test_durations_of_the_api(text: str | None, expected: float | None) -> None:
    assert seconds(text) == expected
