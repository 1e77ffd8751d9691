"""Terminal manners: whatever ends the program, the terminal is as it was, judged by its bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tui.terminal import COMMAND, FAILING, FIRST_WORDS, Terminal, arguments

ENDS_S = 60.0
"""A second or two on a quiet machine; a crowded one must not be taken for a program that hangs."""


def assert_clean(it: Terminal) -> None:
    """The terminal as a shell wants it, and nobody left who could write to it."""
    wire = it.wire()
    assert wire.left_on == frozenset(), wire.left_on
    assert wire.foreign == () and wire.copied == 0
    assert it.modes_kept()
    it.until(lambda: it.let_go, 5, "the terminal, closed by everybody,")


def wait_for_it_anew(it: Terminal, since: int) -> None:
    """The terminal given back, taken again and drawn: a key that came before that may be lost."""

    def drawn() -> bool:
        _, left, after = it.raw(since).partition(b"\x1b[?1049l")
        _, taken, last = after.rpartition(b"\x1b[?1049h")
        return bool(left and taken) and FIRST_WORDS.encode() in last

    it.until(drawn, what="the screen, drawn anew,")


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=LONG), pytest.param(signal.SIGINT, marks=LONG)],
)
def test_after_a_signal_the_terminal_is_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for(FIRST_WORDS, since=0)
        assert "alternate screen" in it.wire().left_on and not it.modes_kept()
        assert it.end(number, ENDS_S) == 130
        assert_clean(it)
        assert "Traceback" not in it.wire().text


@pytest.mark.long
@pytest.mark.parametrize("key", ["\x11", "\x03"])
def test_leaving_by_other_keys_ends_with_0_and_a_clean_terminal(tmp_path: Path, key: str) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for(FIRST_WORDS, since=0)
        it.press(key)
        assert it.end(seconds=ENDS_S) == 0
        assert_clean(it)


def test_an_error_of_ours_ends_with_1_and_a_clean_terminal_and_is_told_harmlessly(tmp_path: Path) -> None:
    program = (sys.executable, "-c", FAILING.replace("said:", "said with canary-key-1:"))
    env = {"YTARCHIVE_YOUTUBE__API_KEYS": "canary-key-1"}
    with Terminal(*arguments(tmp_path), home=tmp_path, command=program, env=env) as it:
        it.wait_for(FIRST_WORDS, since=0)
        it.press("s")
        assert it.end(seconds=ENDS_S) == 1
        assert_clean(it)
        shown = it.wire().text
        assert "RuntimeError: what a title said with [hidden]" in shown and "locals" not in shown
        assert "canary-key-1" not in it.text


@pytest.mark.ci
def test_a_closed_window_ends_the_program_even_while_it_draws(tmp_path: Path) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for(FIRST_WORDS, since=0)
        it.press("?j?j?j?j" * 100)
        it.vanish()
        assert it.process.wait(ENDS_S) == 130


@pytest.mark.ci
def test_killed_children_and_stops_are_survived_and_q_leaves_a_clean_terminal(tmp_path: Path) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for(FIRST_WORDS, since=0)
        program = psutil.Process(it.process.pid)
        it.until(program.children, what="the zygote")
        for child in program.children(recursive=True):
            child.kill()
        it.press_for("?", "This screen")
        it.press_for("q", FIRST_WORDS)
        # A stop from outside is slept through.
        program.suspend()
        it.until(lambda: program.status() == psutil.STATUS_STOPPED)
        woken = it.now
        program.resume()
        wait_for_it_anew(it, woken)
        # No shell could continue us here, so Ctrl-Z stops nothing.
        pressed = it.now
        it.press("\x1a")
        wait_for_it_anew(it, pressed)
        it.press("q")
        assert it.end(seconds=ENDS_S) == 0
        assert_clean(it)


@pytest.mark.parametrize("behind", [pytest.param("", marks=LONG), "sh -c '{}; true'"])
def test_ctrl_z_gives_the_shell_back_and_fg_the_screen(tmp_path: Path, behind: str) -> None:
    """Also when the shell did not start us itself, as with `uv run`."""
    shell = ("bash", "--norc", "--noprofile", "-i")
    with Terminal(home=tmp_path, command=shell, env={"PS1": "$ ", "HISTFILE": None}) as it:
        it.wait_for("$", since=0)
        program = " ".join((*COMMAND, *arguments(tmp_path)))
        it.press(f"{behind.format(program) if behind else program}\r")
        it.wait_for(FIRST_WORDS, since=0)
        for _ in range(2):
            began = it.now
            it.press("\x1a")
            it.wait_for("Stopped", since=began)
            # Bash asks for bracketed paste itself while it reads a line.
            assert it.wire().left_on <= {"bracketed paste"}
            it.press("echo a $((6 * 7))\r")
            it.wait_for("a 42", since=began)
            began = it.now
            it.press("fg\r")
            it.wait_for(FIRST_WORDS, since=began)
            assert it.wire().left_on >= {"alternate screen", "mouse", "keyboard"}
        began = it.now
        it.press("q")
        it.until(lambda: "alternate screen" not in it.wire().left_on)
        it.press("echo b $((6 * 7))\r")
        it.wait_for("b 42", since=began)
        it.press("exit\r")
        assert it.end(seconds=ENDS_S) == 0
        assert it.wire().left_on <= {"bracketed paste"}
        # Bash's own editor of lines writes bare carriage returns.
        assert all(each.startswith("\r") for each in it.wire().foreign), it.wire().foreign


@pytest.mark.ci
def test_clicks_the_wheel_a_storm_of_resizes_and_a_tiny_window_are_survived(tmp_path: Path) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path) as it:
        it.wait_for(FIRST_WORDS, since=0)
        it.wait_for(" GB", since=0)
        click: Callable[[int, int], str] = lambda x, y: f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"  # noqa: E731
        it.press_for(click(35, 1), "Nothing in the archive")
        it.press("\x1b[<64;40;12M\x1b[<65;40;12M" * 50 + "\x1b[<35;1;1M" * 50)
        it.press_for(click(15, 1), FIRST_WORDS)
        it.press("\x1b[<0;9999;9999M\x1b[<0;0;0M\x1b[<999;1;1M\x1b[M\x1b")
        for screen in "12345":
            it.press(screen)
            for n in range(40):
                it.resize(20 + n * 7 % 180, 5 + n * 3 % 50)
            it.resize(20, 5)
        it.press("1")
        began = it.now
        it.resize(100, 30)
        it.wait_for(FIRST_WORDS, ENDS_S, since=began)
        # A key is for the dialog once that is there.
        it.press_for("?", "This screen")
        it.resize(1, 1)
        it.resize(100, 30)
        it.press_for("\x1b", FIRST_WORDS)
        began = it.now
        it.resize(101, 31)
        it.wait_for(FIRST_WORDS, since=began)
        it.press("q")
        assert it.end(seconds=ENDS_S) == 0
        assert_clean(it)


@pytest.mark.long
def test_no_color_means_no_colour(tmp_path: Path) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path, env={"NO_COLOR": "1"}) as it:
        it.wait_for(FIRST_WORDS, since=0)
        it.press("q")
        it.end(seconds=ENDS_S)
        looks = {
            look
            for line in it.text.split("\x1b[")[1:]
            if "m" in line
            for look in line.split("m")[0].split(";2;")[1:]
        }
        assert all(len(set(look.split(";")[:3])) == 1 for look in looks), looks


@pytest.mark.parametrize("term", ["dumb", "unknown", None])
def test_a_terminal_that_can_show_no_screen_is_refused(tmp_path: Path, term: str | None) -> None:
    with Terminal(*arguments(tmp_path), home=tmp_path, env={"TERM": term}) as it:
        assert it.end(seconds=ENDS_S) == 2
        assert "--batch" in it.text and "\x1b" not in it.text


@pytest.mark.parametrize("redirected", ["stdin", "stdout"])
def test_without_a_terminal_it_refuses_and_names_the_way_out(tmp_path: Path, redirected: str) -> None:
    leader, follower = os.openpty()
    streams: dict[str, int] = {"stdin": follower, "stdout": follower} | {redirected: subprocess.DEVNULL}
    ran = subprocess.run(COMMAND, **streams, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(leader)
    os.close(follower)
    assert ran.returncode == 2 and "--batch" in ran.stderr


@pytest.mark.parametrize(
    ("locale", "is_ascii"),
    [({"LC_ALL": "POSIX"}, True), *(pytest.param(*each, marks=LONG) for each in (
        ({"LANG": "C"}, True), ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": None}, False), ({"LANG": "C", "LC_CTYPE": "en_GB.UTF-8"}, False)))],
)  # fmt: skip
def test_where_the_locale_has_no_utf_8_only_ascii_is_drawn(
    tmp_path: Path, locale: dict[str, str | None], is_ascii: bool
) -> None:
    nowhere = {"LC_ALL": None, "LC_CTYPE": None}
    with Terminal(*arguments(tmp_path), home=tmp_path, env=nowhere | locale) as it:
        it.wait_for(FIRST_WORDS, since=0)
        it.wait_for("GB", since=0)
        it.press("q")
        it.end(seconds=ENDS_S)
        assert it.wire().text.isascii() == is_ascii
