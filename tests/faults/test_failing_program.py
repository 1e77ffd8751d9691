"""The whole program, with yt-dlp in its children: one call of one of these processes fails once."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from zlib import crc32

import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import COMMAND, Program
from failing_calls import READING, Plan, Point, build, traced

from ytarchive_tui.sandbox.addresses import Addresses

DRIVER = Path(__file__).with_name("preloaded_driver.py")
IDS = [f"aaaaaaaaaa{number}" for number in range(3)]
ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE)
PARTS = 96
SETTINGS = {"RETRY__LOCAL_S": "0.1,0.1,5"}


def run(program: Program, plan: Plan) -> tuple[int, str]:
    listed = program.folder / "urls.txt"
    listed.write_text("\n".join(IDS))
    command = program.command("--batch", listed, "--json")[len(COMMAND) :]
    done = subprocess.run(
        [sys.executable, DRIVER, *command],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=program.environment(SETTINGS) | plan.environment,
        timeout=60,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(0, marks=[pytest.mark.ci, pytest.mark.timeout(300)]),
        *(pytest.param(part, marks=[pytest.mark.long, pytest.mark.timeout(600)]) for part in range(1, PARTS)),
    ],
)
def test_one_call_of_the_whole_program_fails(tmp_path: Path, local_youtube: Addresses, part: int) -> None:
    """Every distinct call has its part, and one of the errors that the system can answer."""
    plan = Plan(build(tmp_path), tmp_path / "plan")
    whole, trace = Program(tmp_path / "whole", local_youtube), tmp_path / "trace"
    whole.folder.mkdir()
    plan.make(whole.folder, trace=trace)
    assert run(whole, plan)[0] == 0
    points = {
        plain(call.point) for call in traced(trace) if call.path.startswith(("/state/state", "/archive"))
    }
    chosen = [each for each in sorted(points) if crc32(repr(each).encode()) % PARTS == part]
    ends, wrong = Counter[str](), list[str]()
    for number, point in enumerate(chosen):
        program = Program(tmp_path / str(number), local_youtube)
        program.folder.mkdir()
        error = errno.EIO if point.kind in READING else ERRORS[number % len(ERRORS)]
        plan.make(program.folder, strike=1, how=error, point=point)
        code, said = run(program, plan)
        struck = f"{errno.errorcode[error]} {point} {plan.struck}"
        ends["not come to" if plan.struck is None else f"code {code}"] += 1
        if code not in (0, 1) or "Traceback" in said:
            wrong.append(f"{struck}: ended with {code}: {said}")
        if '"failure_class": "bug"' in said or '"failure_class": "unknown"' in said:
            wrong.append(f"{struck}: {said}")
        again = program.run(IDS, "--retry-failed", settings={"RETRY__PATIENCE_S": "10"})
        if again.code != 0 or kept(program.archive).keys() != set(IDS):
            wrong.append(f"{struck}: then {again.stdout.decode()} {again.stderr.decode()}")
        assert_tidy(program.archive, program.database)
        shutil.rmtree(program.folder)
    print(f"\n{len(chosen)} of {len(points)} distinct calls: {dict(ends)}")
    assert wrong == []


def plain(point: Point) -> Point:
    """Nothing tells here what a transaction is about; and titles are those of the videos."""
    return point._replace(doing="")
