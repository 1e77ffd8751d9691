"""Thousands of ids, a quota that ends in the middle, and secrets that must be nowhere."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from metadata_program import Commands
from metadata_samples import KEY

from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.request_log import RequestRecord

CANARY_KEY = "AIzaCanaryCanaryCanaryCanaryCanary01234"
CANARY_COOKIE = "canary-cookie-5f0c1b"
CANARY_PASSWORD = "canary-password-77"
CRASHING = """
import os
from ytarchive_tui.services.queue import QueueService
from ytarchive_tui.workers.metadata import ResolveStage

def crash(*_):
    key = open(os.environ["YTARCHIVE_YOUTUBE__API_KEY_FILE"]).read()
    raise RuntimeError(f"no way through {os.environ['YTARCHIVE_NETWORK__PROXY']} with {key}")

if os.environ["CRASHES"] == "the job":
    ResolveStage.__call__ = crash
else:
    QueueService.overview = crash
from ytarchive_tui.cli import main
main()
"""
"""The program with a fault whose message holds secrets."""


@pytest.fixture
def commands(tmp_path: Path, local_youtube: Addresses, youtube: ControlClient) -> Commands:
    return Commands(tmp_path, local_youtube)


def api_calls(youtube: ControlClient) -> list[RequestRecord]:
    return [record for record in youtube.log("api") if "/youtube/v3/" in record.path]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_5000_ids_take_100_calls_and_flat_memory(commands: Commands, youtube: ControlClient) -> None:
    few = commands.run("metadata", "-", "--json", lines=[f"warm-{n:06}" for n in range(250)])
    youtube.reset()
    youtube.clear_log()
    ids = [f"many-{n:06}" for n in range(5_000)]
    many = commands.run("metadata", "-", "--json", lines=ids)
    assert many.code == 0, many.stderr
    assert sorted(told["video_id"] for told in many.objects) == ids
    assert len(api_calls(youtube)) == 100
    spent = 10_000 - youtube.knobs().api_keys[KEY]
    (quota,) = commands.run("quota", "--json").objects
    assert (spent, quota["spent"] - 5, quota["keys"][0]["calls"]) == (100, 100, {"videos.list": 105})
    print(f"peak memory: 250 ids {few.peak_kib} KiB, 5,000 ids {many.peak_kib} KiB")
    assert many.peak_kib < 1.1 * few.peak_kib
    youtube.clear_log()
    again = commands.run("metadata", "-", "--json", lines=ids)
    assert len(again.objects) == 5_000 and api_calls(youtube) == []


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("where", ["ledger", "google"])
def test_a_quota_that_ends_in_the_middle_loses_and_repeats_nothing(
    commands: Commands, youtube: ControlClient, where: str
) -> None:
    """Whether our own account says so, or Google, because another program uses the key as well."""
    ids = [f"middle-{n:04}" for n in range(140)]
    settings = {"YOUTUBE__DAILY_QUOTA": "2"} if where == "ledger" else {}
    if where == "google":
        youtube.set(api_keys={KEY: 2})
    ran = commands.run("metadata", "-", "--json", lines=ids, **settings)
    assert ran.code == 0 and "the Data API's quota is spent for today" in ran.stderr
    providers = {told["video_id"]: told["provider"] for told in ran.objects}
    assert sorted(providers) == ids
    assert Counter(providers.values()) == {"youtube_api": 100, "ytdlp": 40}
    calls = api_calls(youtube)
    assert [record.status for record in calls] == [200, 200] + [403] * (where == "google")
    by_page = Counter(record.video_id for record in youtube.log("player"))
    assert set(by_page) == {video_id for video_id, who in providers.items() if who == "ytdlp"}
    assert set(Counter(record.video_id for record in youtube.log("watch")).values()) == {1}
    youtube.clear_log()
    assert len(commands.run("metadata", "-", "--json", lines=ids, **settings).objects) == 140
    assert youtube.log() == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_secrets_are_nowhere(commands: Commands, youtube: ControlClient, local_youtube: Addresses) -> None:
    """Not in the state file, the log, the archive, what is written to the terminal, or any command line."""
    folder = commands.folder
    cookies = folder / "cookies.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n"
        f".youtube.com\tTRUE\t/\tTRUE\t2000000000\tSID\t{CANARY_COOKIE}\n"
        f".youtube.com\tTRUE\t/\tTRUE\t2000000000\tLOGIN_INFO\t{CANARY_COOKIE}\n"
    )
    key_file = folder / "keys"
    key_file.write_text(f"{CANARY_KEY}\n")
    proxy = local_youtube.proxy.replace("http://", f"http://user:{CANARY_PASSWORD}@")
    unreachable = f"http://user:{CANARY_PASSWORD}@127.0.0.1:9"
    settings = {
        "YOUTUBE__API_KEY_FILE": str(key_file),
        "YOUTUBE__API_ENDPOINT": local_youtube.api,
        "NETWORK__COOKIES_FILE": str(cookies),
        "NETWORK__PROXY": proxy,
        "LOG__LEVEL": "debug",
        "RETRY__PATIENCE_S": "1",
    }
    environment = commands.environment(None, **settings)
    urls = folder / "urls.txt"
    urls.write_text("ordinary-01\nordinary-02\nprivate-001\nmembers-001\n")
    state = ("--state-dir", str(commands.state), "--ca-file", local_youtube.ca_file)
    base = [*commands.command()[:3], *state, "-o", str(folder / "archive")]
    seen: list[bytes] = []
    for number, (arguments, fault, own) in enumerate(
        [
            (("metadata", "ordinary-01", "ordinary-03", "--formats"), "", {}),
            (("--batch", str(urls)), "", {}),
            (("metadata", "ordinary-04"), "500", {}),
            (("metadata", "ordinary-05"), "malformed", {}),
            (("metadata", "ordinary-06"), "rateLimitExceeded", {}),
            (("quota", "--json"), "", {}),
            (("config", "show"), "", {}),
            (("playlist", "info", "PLcount-0000000060"), "", {}),
            (("source", "list", "--json"), "", {}),
            (("source", "show", "1", "--json"), "", {}),
            (("status", "--json"), "", {}),
            (("export", str(folder / "library.json")), "", {}),
            (("export", str(folder / "library.csv")), "", {}),
            (("verify", "--json"), "", {}),
            (("recovery", "list", "--json"), "", {}),
            (("recovery", "show", "auth", "--json"), "", {}),
            (("doctor", "--json"), "", {}),
            (("daemon", "install", "--print"), "", {}),
            (("add", "https://www.youtube.com/@count-5", "--preview"), "", {}),
            (("--batch", str(urls), "--retry-failed"), "", {"CRASHES": "the job"}),
            (("--batch", str(urls), "--retry-failed"), "", {"CRASHES": "the program"}),
            (("metadata", "ordinary-07"), "", {"YTARCHIVE_NETWORK__PROXY": unreachable}),
            (("quota",), "", {"YTARCHIVE_NETWORK__PROXY": f"nonsense:{proxy}"}),
            (("recovery", "list", "--json"), "", {}),
            (("logs", "-n", "100000", "--json"), "", {}),
        ]
    ):
        youtube.set(api_keys={CANARY_KEY: 10_000}, api_fault=fault)
        with (folder / f"said-{number}").open("wb") as said:
            process = subprocess.Popen(
                [*base[:1], "-c", CRASHING, *base[3:], *arguments] if own.get("CRASHES") else
                [*base, *arguments],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment | own,
            )  # fmt: skip
            while process.poll() is None:
                seen += command_lines()
                time.sleep(0.02)
    crashed = b"".join(path.read_bytes() for path in folder.glob("said-*"))
    assert b"RuntimeError: no way through" in crashed and b"please report the lines above" in crashed
    assert any(b"ytarchive_tui" in line for line in seen)
    inputs = {cookies, key_file}
    places = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path not in inputs}
    assert any(path.name == "ytarchive.db" for path in places) and any(".log" in path.name for path in places)
    places[Path("command lines")] = b"\n".join(seen)
    for secret in (CANARY_KEY, CANARY_COOKIE, CANARY_PASSWORD):
        assert [path for path, held in places.items() if secret.encode() in held] == []


def command_lines() -> list[bytes]:
    """Those of every process of this machine that may be read."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            found.append(Path("/proc", pid, "cmdline").read_bytes())
        except OSError:
            continue
    return found
