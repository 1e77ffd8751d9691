"""For moments there is no lock to be had, or no open file: nothing fails for good, and nothing is lost."""

from __future__ import annotations

import resource
import sqlite3
import time
from contextlib import closing

import psutil
import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import Program

from ytarchive_tui.sandbox.client import ControlClient

IDS = [f"aaaaaaaaa{number:02}" for number in range(12)]


def failures(program: Program) -> dict[str, int]:
    sql = (
        "SELECT json_extract(data, '$.failure_class'), count(*) FROM journal WHERE kind = 'stage_failed' "
        "GROUP BY 1"
    )
    with closing(sqlite3.connect(program.database)) as db:
        return dict(db.execute(sql).fetchall())


def wait_for_the_first(program: Program) -> None:
    deadline = time.monotonic() + 60
    while b'"event": "archived"' not in (program.folder / "out").read_bytes():
        assert time.monotonic() < deadline, (program.folder / "err").read_text()
        time.sleep(0.02)


@pytest.mark.ci
def test_another_program_that_holds_the_database_now_and_then(program: Program) -> None:
    held = 0
    with program.started(IDS) as run:
        wait_for_the_first(program)
        with closing(sqlite3.connect(program.database, timeout=30, isolation_level=None)) as other:
            while run.poll() is None:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(0.4)
                other.execute("ROLLBACK")
                held += 1
                time.sleep(0.05)
        assert run.returncode == 0, (program.folder / "err").read_text()
    assert held > 3
    assert failures(program) == {}
    assert kept(program.archive).keys() == set(IDS)
    assert_tidy(program.archive, program.database)


@pytest.mark.ci
def test_no_file_can_be_opened_for_a_while(program: Program, youtube: ControlClient) -> None:
    settings = {"RETRY__LOCAL_S": "0.5", "RETRY__PATIENCE_S": "30"}
    with program.started(IDS, settings=settings) as run:
        wait_for_the_first(program)
        open_files = psutil.Process(run.pid).num_fds()
        usual = resource.prlimit(run.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(run.pid, resource.RLIMIT_NOFILE, (max(open_files - 10, 8), usual[1]))
        deadline = time.monotonic() + 30
        while not failures(program):
            assert run.poll() is None and time.monotonic() < deadline, (program.folder / "err").read_text()
            time.sleep(0.05)
        resource.prlimit(run.pid, resource.RLIMIT_NOFILE, usual)
        code = run.wait(90)
        said = (program.folder / "out").read_text() + (program.folder / "err").read_text()
    print(failures(program), code)
    assert code == 0, said
    assert failures(program).keys() == {"local_io"}, said
    assert "Traceback" not in said
    assert kept(program.archive).keys() == set(IDS)
    assert_tidy(program.archive, program.database)
