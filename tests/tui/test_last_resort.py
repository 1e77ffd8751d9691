"""A program that hangs after it was told to end gives the terminal back and ends all the same."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios

HANGS = """
import sys, termios, time, tty
from ytarchive_tui.tui.last_resort import LastResort
last = LastResort()
tty.setraw(0)
sys.stdout.write("\\x1b[?1049h\\x1b[?25l"); sys.stdout.flush()
last.arm(0.2, 143)
time.sleep(60)
"""


def test_a_program_that_hangs_is_ended_and_its_terminal_is_as_it_was() -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], stdin=theirs, stdout=theirs, timeout=30, check=False
    )
    assert ended.returncode == 143
    assert termios.tcgetattr(theirs) == before
    written = os.read(ours, 65536)
    assert written.index(b"\x1b[?1049h") < written.index(b"\x1b[?1049l") < written.index(b"\x1b[0m")
    os.close(ours)
    os.close(theirs)
