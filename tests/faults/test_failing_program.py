"""The whole program, with yt-dlp in its children: calls of any of these processes fail once.

Each distinct call is struck at its first time, up to eight in the life of one archive: a failed job is tried
again, and a program that has stopped is started again.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import COMMAND, Program
from failing_calls import ERRORS, READING, Numbered, Plan, Point, build, traced

from ytarchive_tui.sandbox.addresses import Addresses

DRIVER = Path(__file__).with_name("preloaded_driver.py")
IDS = [f"aaaaaaaaaa{number}" for number in range(3)]
OF_A_LIFE = 8
RUNS_OF_A_LIFE = 12
SETTINGS = {"RETRY__LOCAL_S": "0.1,0.1,0.1,0.1,0.1"}


def run(program: Program, plan: Plan) -> tuple[int, str]:
    listed = program.folder / "urls.txt"
    listed.write_text("\n".join(IDS))
    command = program.command("--batch", listed, "--json", "--retry-failed")[len(COMMAND) :]
    done = subprocess.run(
        [sys.executable, DRIVER, *command],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=program.environment(SETTINGS) | plan.environment,
        timeout=60,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def error_of(point: Point) -> int:
    """One of those that the system can answer, the same in each run of the tests."""
    return errno.EIO if point.kind in READING else ERRORS[crc32(repr(point).encode()) // 7 % len(ERRORS)]


def lives(points: list[Point]) -> Iterator[tuple[int, list[Numbered]]]:
    """An error, and the calls that are to fail with it."""
    for error in ERRORS:
        of_error = [Numbered(point, 1) for point in points if error_of(point) == error]
        # Neighbours far apart: those of one path would strike one job.
        number = -(-len(of_error) // OF_A_LIFE)
        yield from ((error, of_error[first::number]) for first in range(number))


@pytest.mark.parametrize(
    ("part", "parts"),
    [
        pytest.param(0, 48, marks=[pytest.mark.ci, pytest.mark.timeout(300)]),
        *(pytest.param(part, 4, marks=[pytest.mark.long, pytest.mark.timeout(1800)]) for part in range(4)),
    ],
)
def test_one_call_of_the_whole_program_fails(
    tmp_path: Path, local_youtube: Addresses, part: int, parts: int
) -> None:
    """Every distinct call has its part, and one of the errors that the system can answer."""
    plan = Plan(build(tmp_path), tmp_path / "plan")
    whole, trace = Program(tmp_path / "whole", local_youtube), tmp_path / "trace"
    whole.folder.mkdir()
    plan.make(whole.folder, trace=trace)
    assert run(whole, plan)[0] == 0
    points = {
        plain(call.point) for call in traced(trace) if call.path.startswith(("/state/state", "/archive"))
    }
    chosen = [each for each in sorted(points) if crc32(repr(each).encode()) % parts == part]
    ends, failed, missed, wrong = Counter[str](), 0, list[str](), list[str]()
    for number, (error, strikes) in enumerate(lives(chosen)):
        program = Program(tmp_path / str(number), local_youtube)
        program.folder.mkdir()
        plan.make_many(program.folder, strikes, error)
        struck: set[int] = set()
        for _ in range(RUNS_OF_A_LIFE):
            code, said = run(program, plan)
            now = {at for at, call in enumerate(plan.all_struck) if call} - struck
            struck |= now
            ends[f"code {code}"] += 1
            hit = f"{errno.errorcode[error]} {[' '.join(strikes[at].point) for at in sorted(now)]}"
            if code not in (0, 1) or "Traceback" in said:
                wrong.append(f"{hit}: ended with {code}: {said}")
            if '"failure_class": "bug"' in said or '"failure_class": "unknown"' in said:
                wrong.append(f"{hit}: {said}")
            if len(struck) == len(strikes) or (code == 0 and not now):
                break
        failed += len(struck)
        missed += [" ".join(each.point) for at, each in enumerate(strikes) if at not in struck]
        again = program.run(IDS, "--retry-failed", settings={"RETRY__PATIENCE_S": "10"})
        if again.code != 0 or kept(program.archive).keys() != set(IDS):
            wrong.append(f"{strikes}: then {again.stdout.decode()} {again.stderr.decode()}")
        assert_tidy(program.archive, program.database)
        shutil.rmtree(program.folder)
    print(f"\n{len(points)} distinct calls, {len(chosen)} in part {part + 1} of {parts}: {failed} failed, "
          f"not come to {missed}; runs {dict(ends)}")  # fmt: skip
    assert wrong == []
    assert len(missed) <= 0.1 * len(chosen) + 1


def plain(point: Point) -> Point:
    """Nothing tells here what a transaction is about; and titles are those of the videos."""
    return point._replace(doing="")
