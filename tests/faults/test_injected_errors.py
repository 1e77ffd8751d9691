"""Each kind of call fails once with ENOSPC, EIO or EMFILE: no crash, typed errors, and all archived later."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import Program
from engine_driver import ALL_ENDED, TYPED_END
from failing_calls import Point, build, errors_of, traced
from forked_engine import ForkedEngine, Place, forked_engine

UNTYPED = {"bug", "unknown"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedEngine]:
    folder = tmp_path_factory.mktemp("engine")
    with forked_engine(folder, build(folder)) as running:
        yield running


class Strike(NamedTuple):
    """One call that is to fail: by its number of those at a point."""

    number: int
    error: int
    point: Point


@dataclass
class Seen:
    """What came of all strikes."""

    ends: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def fail_once(engine: ForkedEngine, folder: Path, items: int, strike: Strike, seen: Seen) -> None:
    """Run until the call fails, look at what is left, run again, and look that all is archived."""
    place = Place(folder, items)
    engine.plan.make(place.folder, strike=strike.number, how=strike.error, point=strike.point)
    code = engine.run(place, slow=2)
    call, words = engine.plan.struck, engine.last_words()
    if call is None:
        seen.ends["not come to"] += 1
    else:
        struck = f"{errno.errorcode[strike.error]} {' '.join(call)}"
        if code not in (ALL_ENDED, TYPED_END) or "Traceback" in words:
            seen.wrong.append(f"{struck}: ended with {code}: {words}")
        if untyped := UNTYPED & place.failure_classes().keys():
            seen.wrong.append(f"{struck}: {untyped}")
        seen.ends["went on" if code == ALL_ENDED else "stopped with a reason"] += 1
        seen.classes += place.failure_classes()
        seen.kinds[" ".join(struck.split()[:2])] += 1
    try:
        place.assert_nothing_is_wrong()
        engine.plan.make(place.folder)
        assert engine.run(place, slow=0) == ALL_ENDED, engine.last_words()
        place.assert_complete()
    except AssertionError as problem:
        seen.wrong.append(f"{strike} {call}: {problem}")
    shutil.rmtree(folder)


def tell(seen: Seen, of: str) -> None:
    print(f"\n{of}: {seen.kinds.total()} failed; {dict(seen.ends)}; {dict(seen.classes)}")
    print(dict(seen.kinds))
    assert seen.wrong == []
    assert seen.ends["not come to"] <= 0.1 * seen.ends.total()


@pytest.mark.parametrize(
    ("items", "part", "parts"),
    [
        pytest.param(2, 0, 8, marks=pytest.mark.ci),
        *(
            pytest.param(20, part, 8, marks=[pytest.mark.long, pytest.mark.timeout(1200)])
            for part in range(8)
        ),
    ],
)
def test_each_kind_of_call_fails_with_each_error(
    engine: ForkedEngine, tmp_path: Path, items: int, part: int, parts: int
) -> None:
    """Distinct by what it does, to which file, for which transition; at its first time and amidst the run."""
    undisturbed, trace = Place(tmp_path / "undisturbed", items), tmp_path / "trace"
    engine.plan.make(undisturbed.folder, trace=trace)
    assert engine.run(undisturbed, slow=2) == ALL_ENDED, engine.last_words()
    undisturbed.assert_complete()
    points = Counter(call.point for call in traced(trace))
    strikes = [
        Strike(number, error, point)
        for point, times in sorted(points.items())
        for error in errors_of(point)
        for number in sorted({1, (times + 1) // 2})
    ]
    seen = Seen()
    # By the point itself, not by its place in the list: runs differ in a few of them.
    strikes = [each for each in strikes if crc32(repr(each).encode()) % parts == part]
    for number, strike in enumerate(strikes):
        fail_once(engine, tmp_path / str(number), items, strike, seen)
    tell(seen, f"{len(points)} distinct calls, part {part + 1} of {parts}")


CALLS = (
    "fsync",
    "fdatasync",
    "renameat2,rename,renameat",
    "mkdir,mkdirat",
    "unlink,unlinkat",
    "ftruncate",
    "pwrite64",
)
REFUSALS = [(call, error, when) for call in CALLS for error in ("ENOSPC", "EIO", "EMFILE") for when in (1, 3)]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("call", "error", "when"), REFUSALS)
def test_the_whole_program_when_the_system_refuses_a_call(
    program: Program, call: str, error: str, when: int
) -> None:
    """With yt-dlp and ffmpeg: strace fails that call once in every thread of every process."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    ids = [f"aaaaaaaaa{number:02}" for number in range(20)]
    (program.folder / "urls.txt").write_text("\n".join(ids))
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}"]
    command += ["-e", f"inject={call}:error={error}:when={when}"]
    done = subprocess.run(
        [*command, *program.command("--batch", program.folder / "urls.txt", "--json")],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=program.environment({"RETRY__LOCAL_S": "0.1,0.1,5"}),
        timeout=300,
    )
    said = done.stdout.decode() + done.stderr.decode()
    if "PTRACE" in said:
        pytest.skip("tracing is not allowed here")
    assert done.returncode in (0, 1), said
    assert "Traceback" not in said, said
    assert '"failure_class": "bug"' not in said and '"failure_class": "unknown"' not in said, said
    again = program.run(ids, "--retry-failed", settings={"RETRY__PATIENCE_S": "10"}, timeout_s=300)
    assert again.code == 0, again.stdout
    assert kept(program.archive).keys() == set(ids)
    assert_tidy(program.archive, program.database)
