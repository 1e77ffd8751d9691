"""The real program against the local YouTube, as a shell and a terminal see it."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ytarchive_tui.sandbox.catalog import demo
from ytarchive_tui.sandbox.catalog.lists import LECTURES_PLAYLIST

FILMS = demo.group("films")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ytarchive_tui", "--demo", "--batch", *arguments]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
    return clean | {"HOME": str(tmp_path / "home"), "TERM": "xterm-256color"}


def test_a_file_is_archived_once_and_json_is_pure(tmp_path: Path, env: dict[str, str]) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text(f"{FILMS[0]}\nhttps://vimeo.com/1\nhttps://youtu.be/{FILMS[0]}\nprivate-001\n")
    runs = []
    for _ in range(2):
        ran = subprocess.run(
            command(str(urls), "-o", str(tmp_path / "archive"), "--json"),
            capture_output=True, text=True, timeout=90, env=env, check=False,
        )  # fmt: skip
        assert ran.returncode == 1, ran.stderr
        objects = [json.loads(line) for line in ran.stdout.splitlines()]
        runs.append({event: [each for each in objects if each["event"] == event] for event in
                     ("bad_line", "duplicate", "archived", "already", "blocked", "summary")})  # fmt: skip
    first, second = runs
    assert [len(first[event]) for event in first] == [1, 1, 1, 0, 1, 1]
    [archived] = first["archived"]
    assert archived["video_id"] == FILMS[0]
    assert (Path(archived["folder"]) / "manifest.json").is_file()
    assert "private" in first["blocked"][0]["reason"]
    assert (second["archived"], len(second["already"])) == ([], 1)
    assert not (tmp_path / "home").exists()


def test_sigterm_ends_it_in_time_with_its_summary(tmp_path: Path, env: dict[str, str]) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text(f"{LECTURES_PLAYLIST}\n")
    arguments = command(str(urls), "-o", str(tmp_path / "archive"), "-q", "144p", "--json")
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        for line in run.stdout:
            if json.loads(line)["event"] == "archived":
                break
        run.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        *_, last = run.stdout
        assert "run the same command again to go on" in run.stderr.read()
        assert run.wait(10) == 130
        assert time.monotonic() - asked < 10
    summary = json.loads(last)
    assert summary["event"] == "summary"
    assert summary["interrupted"] and summary["not_finished"] > 0


def test_on_a_terminal_ctrl_c_drains_and_leaves_the_terminal_as_it_was(
    tmp_path: Path, env: dict[str, str]
) -> None:
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        command("-o", str(tmp_path / "archive"), "-j", "1"),
        stdin=terminal, stdout=terminal, stderr=terminal, env=env, start_new_session=True,
    ) as run:  # fmt: skip
        os.close(terminal)
        shown = _read(screen, until=b"download")
        os.killpg(run.pid, signal.SIGINT)
        shown += _read(screen)
        assert run.wait(20) == 130
    os.close(screen)
    text = shown.decode()
    assert "finishing what runs now; press Ctrl-C again" in text
    assert "run the same command again to go on" in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")
    assert "\x1b[?1049h" not in text and "Traceback" not in text


def _read(screen: int, until: bytes | None = None) -> bytes:
    """What the terminal was sent, up to a word or to the end; 60 s at most."""
    shown, deadline = b"", time.monotonic() + 60
    while until is None or until not in shown:
        assert time.monotonic() < deadline, shown.decode(errors="replace")
        if not select.select([screen], [], [], 0.5)[0]:
            continue
        try:
            more = os.read(screen, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more
    return shown
