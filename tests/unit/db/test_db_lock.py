"""The engine's lock: one holder, named to the second, freed by a kill."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.domain.errors import EngineBusyError

HOLDER = """
import sys
from pathlib import Path
from ytarchive_tui.db.lock import EngineLock
EngineLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_engine_learns_who_holds_the_lock_and_a_kill_frees_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        lock = EngineLock(tmp_path)
        with pytest.raises(EngineBusyError, match=rf"Process {holder.pid}, running since 20.* UTC"):
            lock.acquire()
        assert not lock.held
        holder.kill()
        holder.wait()
        with lock:
            assert lock.held
    assert not lock.held


def test_a_lock_file_with_nonsense_still_refuses(tmp_path: Path) -> None:
    with EngineLock(tmp_path) as first:
        first.path.write_text("[]")
        with pytest.raises(EngineBusyError, match="Another process"):
            EngineLock(tmp_path).acquire()
    with EngineLock(tmp_path) as again:
        assert oct(again.path.stat().st_mode & 0o777) == "0o600"
