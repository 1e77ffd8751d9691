"""Each call fails once with ENOSPC, EIO or EMFILE: no crash, typed errors, and all archived later."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from end_to_end.archive_check import assert_tidy, kept
from end_to_end.program import Program
from engine_driver import ALL_ENDED, TYPED_END
from failing_calls import build
from forked_engine import ForkedEngine, Place, forked_engine

ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE)
UNTYPED = {"bug", "unknown"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedEngine]:
    folder = tmp_path_factory.mktemp("engine")
    with forked_engine(folder, build(folder)) as running:
        yield running


@pytest.mark.parametrize(
    ("items", "runs"),
    [
        (2, 8),
        pytest.param(20, 300, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
        pytest.param(20, 10**6, marks=[pytest.mark.long, pytest.mark.timeout(36000)]),
    ],
)
def test_each_call_fails_once(engine: ForkedEngine, tmp_path: Path, items: int, runs: int) -> None:
    """`runs` calls in equal distances, or every one where there are fewer, each on a place of its own."""
    undisturbed = Place(tmp_path / "undisturbed", items)
    engine.plan.make(undisturbed.folder)
    assert engine.run(undisturbed) == ALL_ENDED, engine.last_words()
    undisturbed.assert_complete()
    calls = engine.plan.calls

    ends, classes, kinds = Counter[str](), Counter[str](), Counter[str]()
    wrong: list[str] = []
    for number, strike in enumerate(range(1, calls + 1, max(1, calls // runs))):
        place = Place(tmp_path / str(strike), items)
        how = ERRORS[number % len(ERRORS)]
        engine.plan.make(place.folder, strike=strike, how=how)
        code = engine.run(place)
        struck = f"{errno.errorcode[how]} {engine.plan.struck.replace(str(place.folder), '')}"
        words = engine.last_words()
        if code not in (ALL_ENDED, TYPED_END) or "Traceback" in words:
            wrong.append(f"{struck}: ended with {code}: {words}")
        if untyped := UNTYPED & place.failure_classes().keys():
            wrong.append(f"{struck}: {untyped}")
        place.assert_nothing_is_wrong()
        ends["went on" if code == ALL_ENDED else "stopped with a reason"] += 1
        classes += place.failure_classes()
        kinds[" ".join(struck.split()[:2])] += 1
        engine.plan.make(place.folder)
        assert engine.run(place) == ALL_ENDED, (struck, engine.last_words())
        place.assert_complete()
        shutil.rmtree(tmp_path / str(strike))
    print(f"\n{calls} calls of {items} items, {kinds.total()} of them failed; {dict(ends)}; {dict(classes)}")
    print(dict(kinds))
    assert wrong == []


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
        env=program.environment({"RETRY__LOCAL_S": "0.1"}),
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
