"""The command line as a shell sees it: exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ytarchive_tui import __version__
from ytarchive_tui.services.logs import log_file

Ran = subprocess.CompletedProcess[str]


class Shell:
    """Runs the program with a home folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        own = ("YTARCHIVE_", "XDG_")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        self.env["HOME"] = str(home)

    def __call__(self, *arguments: str, stdin: str = "", **env: str) -> Ran:
        return subprocess.run(
            [sys.executable, "-m", "ytarchive_tui", *arguments],
            input=stdin, capture_output=True, text=True, timeout=60, env=self.env | env, cwd=self.home,
        )  # fmt: skip


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_without_a_terminal_the_screen_is_refused_with_the_way_out(shell: Shell) -> None:
    ran = shell()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "needs a terminal" in ran.stderr and "--batch FILE" in ran.stderr


def test_help_and_version_go_to_standard_output(shell: Shell) -> None:
    assert "--dry-run" in shell("--help").stdout
    assert shell("--version").stdout.startswith(f"ytarchive-tui {__version__}\nyt-dlp 20")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch"], "needs a FILE"),
        (["--batch", "none.txt"], "can't read none.txt: No such file"),
        (["--batch", "-", "-j", "0"], "-j"),
        (["--batch", "-", "--no-such-option"], "no-such-option"),
        (["--batch", "-", "--proxy", "nonsense"], "network.proxy"),
        (["--batch", "-", "--config", "none.toml"], "none.toml: does not exist"),
        (["--batch", "-", "doctor"], "do not go with"),
        (["--demo", "--batch", "--proxy", "http://127.0.0.1:9"], "leave out --proxy"),
    ],
)
def test_wrong_use_is_exit_2_with_one_clear_message(shell: Shell, arguments: list[str], message: str) -> None:
    ran = shell(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_with_nothing_usable_names_every_bad_line(shell: Shell) -> None:
    ran = shell("--batch", "-", stdin="https://vimeo.com/1\n\n--exec rm\n")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "standard input:1: not a YouTube address" in ran.stderr
    assert "standard input:3: it looks like an option" in ran.stderr


def test_json_output_is_pure_even_when_nothing_is_usable(shell: Shell) -> None:
    ran = shell("--batch", "-", "--json", stdin="https://vimeo.com/1\n")
    assert ran.returncode == 2
    assert [json.loads(line)["event"] for line in ran.stdout.splitlines()] == ["bad_line", "batch"]


def test_missing_tools_are_exit_3(shell: Shell) -> None:
    ran = shell("--batch", "-", stdin="dQw4w9WgXcQ\n", YTARCHIVE_TOOLS__FFMPEG=str(shell.home / "none"))
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "ffmpeg does not start" in ran.stderr and "doctor" in ran.stderr


def test_nothing_is_written_when_nothing_could_be_started(shell: Shell) -> None:
    shell("--batch", "-", stdin="nope nope\n")
    assert list(shell.home.rglob("*")) == []


def test_a_dry_run_writes_nothing_not_even_the_copy_of_a_tool(shell: Shell) -> None:
    shell("--batch", "-", "--dry-run", stdin="nope nope\n", PATH=str(shell.home / "none"))
    assert list(shell.home.rglob("*")) == []


def test_config_show_tells_values_and_where_they_come_from(shell: Shell) -> None:
    ran = shell("-q", "720p", "config", "show", "--origin", "--json", YTARCHIVE_ENGINE__DOWNLOADS="5")
    rows = {row["name"]: row for row in map(json.loads, ran.stdout.splitlines())}
    assert rows["archive.quality"] == {"name": "archive.quality", "value": "720p", "origin": "command line"}
    assert rows["engine.downloads"]["origin"] == "environment YTARCHIVE_ENGINE__DOWNLOADS"
    assert rows["log.level"]["origin"] == "default"


def test_config_path_is_the_file_that_is_read(shell: Shell) -> None:
    assert shell("config", "path").stdout == f"{shell.home}/.config/ytarchive-tui/config.toml\n"
    assert shell("--config", "mine.toml", "config", "path").stdout == "mine.toml\n"


def test_doctor_reports_broken_settings_and_as_json(shell: Shell) -> None:
    ran = shell("doctor", "--json", YTARCHIVE_ENGINE__DOWNLOADS="many")
    checks = json.loads(ran.stdout)["checks"]
    assert ran.returncode == 1
    assert any(check["name"] == "settings" and check["status"] == "fail" for check in checks)


def test_the_sandbox_has_its_own_help(shell: Shell) -> None:
    ran = shell("sandbox", "--help")
    assert ran.returncode == 0
    assert ran.stdout.startswith("usage: python -m ytarchive_tui sandbox ") and "--knob" in ran.stdout


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_error(shell: Shell, closed: str) -> None:
    (shell.home / "urls.txt").write_text("https://vimeo.com/1\n")
    for arguments, code in (("config show", 0), ("--batch urls.txt --json", 2)):
        ran = subprocess.run(
            ["sh", "-c", f"exec {sys.executable} -m ytarchive_tui {arguments} {closed}"],
            capture_output=True, text=True, timeout=60, env=shell.env, cwd=shell.home,
        )  # fmt: skip
        assert ran.returncode == code
        assert "Traceback" not in ran.stderr


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "ytarchive_tui", "config", "show"],
            stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, env=shell.env,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert ran.stderr == ""


def test_logs_follow_what_is_written_until_ctrl_c(shell: Shell, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ytarchive_tui", "--state-dir", str(tmp_path), "logs", "-f", "word"]
    log = logging.getLogger("ytarchive_tui.test")
    (tmp_path / "log").mkdir()
    with (
        log_file(tmp_path / "log", level="info", keep_mb=1, secrets=()),
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=shell.env) as process,
    ):
        log.info("a first word")
        assert process.stdout is not None and b"a first word" in process.stdout.readline()
        log.info("nothing asked for")
        log.info("a second word")
        assert b"a second word" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
