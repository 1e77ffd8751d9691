"""The same item gives the same record from either provider, and each fills what the other can't."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from metadata_samples import KEY, client_of

from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.merging import is_told, merged, teller
from ytarchive_tui.domain.models import (
    AtSource,
    Format,
    Item,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Stage,
    Status,
)
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.youtube_api.resources import metadata
from ytarchive_tui.ytdlp.adapters import YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool
from ytarchive_tui.ytdlp.protocol import TASKS

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BOTH = (
    "title", "description", "channel", "channel_id", "duration_s", "published_at", "live_status", "at_source",
    "view_count", "like_count", "tags", "categories", "age_limit",
)  # fmt: skip
ALONE = {
    "youtube_api": {"comment_count", "made_for_kids", "embeddable", "licence", "upload_status", "topics"},
    "ytdlp": {"offered", "selected"},
}


def job(video_id: str, archive: Path) -> Job:
    item = Item(
        id=1, extractor="youtube", video_id=video_id, url=f"https://www.youtube.com/watch?v={video_id}"
    )
    state = {"kind": JobKind.ITEM, "stage": Stage.METADATA, "status": Status.RUNNING}
    options = JobOptions(archive=archive)
    return Job(id=1, item=item, options=options, created_at=NOW, updated_at=NOW, **state)


async def both(sandbox: Addresses, tmp_path: Path, *ids: str) -> list[tuple[ItemMetadata, ItemMetadata]]:
    config = ExtractionConfig(
        proxy=sandbox.proxy, ca_file=Path(sandbox.ca_file), js_runtimes={}, socket_timeout_s=5
    )
    found = []
    async with (
        await Database.open(tmp_path / "state.db") as db,
        ChildPool(TASKS, log=lambda *_: None, config=config.model_dump(mode="json")) as pool,
    ):
        api = client_of(sandbox, db, KEY)
        answer = await api.videos(ids)
        api.close()
        assert answer.body is not None
        provider = YtdlpProvider(pool, config)
        for entry in answer.body["items"]:
            staging = tmp_path / entry["id"]
            staging.mkdir()
            found.append((metadata(entry), await provider.resolve(job(entry["id"], tmp_path), staging)))
    assert len(found) == len(ids)
    return found


async def test_both_providers_tell_the_same(
    local_youtube: Addresses, youtube: ControlClient, tmp_path: Path
) -> None:
    hostile = {
        "title": "a\x1b[31mred\x1b[0m [/b] \u202eright\u0000 – 港町",
        "description": "one\ntwo \x1b[1m",
    }
    youtube.set(overrides={"ordinary-02": hostile})
    ids = ("ordinary-01", "ordinary-02", demo.group("lectures")[0], demo.group("streams")[0])
    for by_api, by_ytdlp in await both(local_youtube, tmp_path, *ids):
        told = {name: (getattr(by_api, name), getattr(by_ytdlp, name)) for name in BOTH}
        assert {name: pair for name, pair in told.items() if pair[0] != pair[1]} == {}, by_api.video_id
        assert all(is_told(pair[0]) for pair in told.values())
        one, other = merged(by_api, by_ytdlp), merged(by_ytdlp, by_api)
        differ = {"provider", "filled"}
        assert one.model_dump(exclude=differ) == other.model_dump(exclude=differ)
        for provider, fields in ALONE.items():
            assert (
                {teller(one, field) for field in fields}
                == {provider}
                == {teller(other, field) for field in fields}
            )


def record(provider: Any, **more: Any) -> ItemMetadata:
    return ItemMetadata(extractor="youtube", video_id="abcdefghijk", provider=provider, **more)


def test_a_record_is_completed_and_each_field_keeps_its_provider() -> None:
    api = record("youtube_api", title="New", made_for_kids=False, published_at=NOW, at_source=AtSource.PUBLIC)
    page = record(
        "ytdlp",
        title="Old",
        offered=(Format(format_id="1", ext="mp4"),),
        published_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    whole = merged(page, api)
    assert (whole.title, whole.made_for_kids, whole.at_source) == ("Old", False, AtSource.PUBLIC)
    assert whole.filled == {
        "made_for_kids": "youtube_api",
        "at_source": "youtube_api",
        "published_at": "youtube_api",
    }
    again = merged(whole, page)
    assert teller(again, "offered") == "ytdlp" and teller(again, "embeddable") is None


def test_what_a_provider_tells_no_more_is_gone() -> None:
    old = merged(
        record("youtube_api", tags=("a",), title="T"), record("ytdlp", chapters=(), subtitles=("en",))
    )
    new = merged(record("youtube_api", title="T"), old)
    assert (new.tags, new.subtitles, new.filled) == ((), ("en",), {"subtitles": "ytdlp"})


def test_two_items_are_never_mixed() -> None:
    other = ItemMetadata(extractor="youtube", video_id="other------", provider="ytdlp")
    with pytest.raises(ValueError, match="can't complete"):
        merged(record("ytdlp"), other)
