from __future__ import annotations

import asyncio
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local_server import MEDIA, ask_once, running, small_handler

from ytarchive_tui.sandbox.classify import RequestKind
from ytarchive_tui.sandbox.client import ControlClient, ControlError
from ytarchive_tui.sandbox.knobs import KnobError, change, parse
from ytarchive_tui.sandbox.model import Knobs
from ytarchive_tui.sandbox.request_log import RequestLog
from ytarchive_tui.sandbox.server import Sandbox
from ytarchive_tui.sandbox.world import World


async def test_knobs_are_read_changed_and_reset(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        control = local.control
        assert await asyncio.to_thread(control.knobs) == Knobs()
        changed = await asyncio.to_thread(lambda: control.set(latency_ms=5, conditions={"a": "private"}))
        assert (changed.latency_ms, changed.conditions) == (5, {"a": "private"})
        assert local.world.knobs == changed
        assert await asyncio.to_thread(lambda: control.reset(ban_s=1)) == Knobs(ban_s=1.0)


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"no_such": 1}, "no such knob: no_such"),
        ({"latency_ms": "5"}, "latency_ms must be a whole number"),
        ({"latency_ms": True}, "latency_ms must be a whole number"),
        ({"latency_ms": -1}, "at least 0"),
        ({"ban_s": float("nan")}, "ban_s must be a number"),
        ({"offline": 1}, "offline must be true or false"),
        ({"ban_kind": "forever"}, "ban_kind must be one of"),
        ({"api_fault": 500}, "api_fault must be one of"),
        ({"conditions": []}, "conditions must be an object"),
        ({"conditions": {"a": "eaten"}}, r"conditions\['a'\] must be one of"),
        ({"overrides": {"a": {"id": "b"}}}, r"overrides\['a'\] must be an object with fields"),
        ({"fail_times": {"a": 1.5}}, r"fail_times\['a'\] must be a whole number"),
    ],
)
def test_a_wrong_change_names_the_reason_and_changes_nothing(patch: dict[str, object], reason: str) -> None:
    knobs = Knobs()
    with pytest.raises(KnobError, match=reason):
        change(knobs, {"media_bytes": 7, **patch})
    assert knobs == Knobs()


def test_assignments_are_json_or_words() -> None:
    assert parse("latency_ms=5") == ("latency_ms", 5)
    assert parse("ban_kind=bot_check") == ("ban_kind", "bot_check")
    with pytest.raises(KnobError, match="name=value"):
        parse("offline")


async def test_wrong_control_requests_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        with pytest.raises(ControlError, match="no such knob"):
            await asyncio.to_thread(lambda: local.control.set(nothing=1))
        with pytest.raises(ControlError, match="advance_s"):
            await asyncio.to_thread(local.control.advance, -1)
        with pytest.raises(ControlError, match="eaten"):
            await asyncio.to_thread(local.control.log, "eaten")
        stranger = ControlClient(replace(local.addresses, token="guessed"))
        with pytest.raises(ControlError, match="X-Sandbox-Token"):
            await asyncio.to_thread(stranger.set)


async def test_the_log_tells_what_was_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        await local.fetch("/watch?v=abcdefghijk&list=PL1")
        await local.fetch("/videoplayback?id=abcdefghijk&itag=137&size=500", MEDIA, Range="bytes=100-")
        watch, media = await asyncio.to_thread(local.control.log)
        assert (watch.kind, watch.video_id, watch.list_id) == (RequestKind.WATCH, "abcdefghijk", "PL1")
        assert (media.kind, media.video_id, media.itag) == (RequestKind.MEDIA, "abcdefghijk", "137")
        assert (media.status, media.range_start, media.range_end, media.bytes_sent) == (206, 100, 500, 400)
        assert (media.sequence, media.host) == (watch.sequence + 1, MEDIA)
        assert await asyncio.to_thread(local.control.log, "media") == [media]
        assert await asyncio.to_thread(local.control.log, None, watch.sequence) == [media]
        stats = await asyncio.to_thread(local.control.stats)
        assert stats.requests == {"watch": 1, "media": 1}
        assert stats.bytes_sent["media"] == 400
        await asyncio.to_thread(local.control.clear_log)
        await local.fetch("/other")
        [other] = await asyncio.to_thread(local.control.log)
        assert other.sequence > media.sequence
        assert (await asyncio.to_thread(local.control.stats)).requests == {"other": 1}


async def test_api_requests_are_answered_and_logged_without_the_key(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        api = HTTPConnection(urlsplit(local.addresses.api).netloc, timeout=5)
        answer = await asyncio.to_thread(
            ask_once, api, "/youtube/v3/videos?id=a&id=b&part=snippet&key=SECRET"
        )
        assert answer.body.startswith(b"GET http://youtube.googleapis.com/youtube/v3/videos")
        [record] = await asyncio.to_thread(local.control.log, "api")
        assert record.query == "id=a%2Cb&part=snippet"
        assert "SECRET" not in repr(local.world.log.since())


async def test_a_full_log_drops_the_oldest_but_counts_all(tmp_path: Path) -> None:
    async with running(tmp_path) as local:
        local.world.log = RequestLog(capacity=2)
        for path in ("/1", "/2", "/3"):
            await local.fetch(path)
        assert [record.path for record in local.world.log.since()] == ["/2", "/3"]
        assert local.world.log.stats(0).requests == {"other": 3}


async def test_shutdown_is_announced(tmp_path: Path) -> None:
    sandbox = Sandbox(World(tmp_path), small_handler)
    async with sandbox as addresses:
        await asyncio.to_thread(ControlClient(addresses).shut_down)
        await asyncio.wait_for(sandbox.closing.wait(), 5)
