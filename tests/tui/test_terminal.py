"""Terminal manners, judged by the bytes on a pseudo-terminal."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import RESTORED, Terminal

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.settings.paths import Paths

NASTY = (
    "\x1b]52;c;ZWNobw==\x07",
    "\x1b]0;owned\x07",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x90q\x9c",
    "\u202e",
    "\u2066",
    "[/b]",
    "[@click=app.bell]x[/]",
    "[red]",
    "\r\n",
    "\x00",
    "\x07",
    "\x08",
    "\x1b",
    "\x1bc",
    "\ufeff",
    "\t",
    "👩‍👩‍👧‍👦",
    "港",
    "\x1b[?1049l",
    "\x1b]8;;http://x\x1b\\",
    "a",
    " ",
    "\u0301" * 30,
    "\ud800",
)


def arguments(folder: Path) -> tuple[str, ...]:
    return ("--state-dir", str(folder / "own"), "-o", str(folder / "archive"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_after_a_signal_the_terminal_is_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for("Nothing in the queue")
        assert it.end(number) == 130
        tail = it.text[it.text.rindex("\x1b[?1049l") - 400 :]
        assert all(code in tail for code in RESTORED), tail
        assert "Traceback" not in it.text


def test_leaving_by_key_ends_with_0_and_a_clean_terminal(tmp_path: Path) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for("Nothing in the queue")
        it.press("q")
        assert it.end() == 0
        assert all(code in it.text for code in RESTORED)


def test_a_closed_window_ends_the_program(tmp_path: Path) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for("Nothing in the queue")
        it.vanish()
        it.process.wait(15)


async def test_no_byte_of_a_title_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    chance = random.Random(7)
    titles = ["".join(chance.choices(NASTY, k=chance.randint(1, 12))) for _ in range(400)]
    folder = Paths.private((tmp_path / "own").absolute())
    folder.make()
    options = JobOptions(archive=tmp_path / "archive")
    async with await Database.open(folder.database) as db:
        await submit(
            db,
            [
                Submission(
                    url=f"u{n}",
                    address=f"https://www.youtube.com/watch?v=title{n:06}",
                    kind=SourceKind.VIDEO,
                    video_id=f"title{n:06}",
                    options=options,
                )
                for n in range(len(titles))
            ],
        )
        async with db.write() as tx:
            for n, title in enumerate(titles):
                text = title.encode("utf-8", "replace").decode()
                await tx.run(
                    "UPDATE items SET title = ?, channel = ? WHERE video_id = ?", (text, text, f"title{n:06}")
                )
            await tx.run("UPDATE jobs SET status = 'paused', reason = ?", ("".join(NASTY[:-1]),))
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for("paused")
        it.wait_for("GB")
        for _ in range(16):
            it.press("\x1b[6~")
            it.wait_for("History")
        it.press("/z")
        it.wait_for("filter: z")
        it.press("\r")
        it.wait_for("Filter")
        it.press("?")
        it.wait_for("This screen")
        it.press("q")
        it.wait_for("History")
        it.press("q")
        assert it.end() == 0
        assert it.foreign_controls() == []
        assert "\x1b]52" not in it.text and "owned\x07" not in it.text
        assert "Traceback" not in it.text


def test_without_a_terminal_it_refuses_and_names_the_way_out(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "ytarchive_tui"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 2 and "--batch" in ran.stderr and not ran.stdout
