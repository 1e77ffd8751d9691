from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from storage_driver import SameProcess

from ytarchive_tui.domain.models import (
    ArchivedCopy,
    FileRole,
    ItemMetadata,
    Job,
    JobKind,
    JobOptions,
    Stage,
    StagedDownload,
    StagedFile,
    Status,
)
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.manifest import check

DRIVER = Path(__file__).with_name("storage_driver.py")
FFPROBE = shutil.which("ffprobe")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "tone.m4a"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=3", "-c:a", "aac", path], check=True
    )
    return path


def prepare(root: Path, media: Path) -> tuple[dict[str, Any], StagedDownload]:
    """An archive with one staged download; the state that the driver is given."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    options = JobOptions(archive=root, quality="audio")
    job = Job(
        id=7,
        kind=JobKind.ITEM,
        stage=Stage.STORAGE,
        status=Status.RUNNING,
        options=options,
        created_at=now,
        updated_at=now,
    )
    known: dict[Path, UUID] = {}
    staging = LocalArchive(SameProcess(), ffprobe=FFPROBE, ffmpeg=None, known=known).staging(job)
    shutil.copy(media, staging / "v.m4a")
    (staging / "v.description").write_text("words")
    (staging / "v.info.json").write_text("{}")
    (staging / "v.de.vtt").write_text("broken")
    staged = StagedDownload(
        metadata=ItemMetadata(
            extractor="youtube", video_id="dQw4w9WgXcQ", provider="ytdlp", title="Tone", published_at=now
        ),
        files=(
            StagedFile(name="v.m4a", role=FileRole.MEDIA),
            StagedFile(name="v.description", role=FileRole.DESCRIPTION),
            StagedFile(name="v.info.json", role=FileRole.INFO),
            StagedFile(name="v.de.vtt", role=FileRole.SUBTITLE, language="de"),
        ),
        obtained=(),
        nonce="0123456789abcdef",
    )
    state = {
        "job": job.model_dump(mode="json"),
        "staged": staged.model_dump(mode="json"),
        "uuid": str(known[root]),
        "ffprobe": FFPROBE,
    }
    return state, staged


def assert_one_whole_item(root: Path, copy: ArchivedCopy) -> None:
    assert check(copy) == []
    folders = [path for path in root.glob("*/*") if ".ytarchive" not in path.parts]
    assert [str(path.relative_to(root)) for path in folders] == [copy.folder]
    names = {file.name for file in copy.manifest.files} | {"manifest.json"}
    assert {path.name for path in folders[0].iterdir()} == names
    assert len(names) == 4
    assert list((root / ".ytarchive/staging").iterdir()) == []
    assert list((root / ".ytarchive/trash").iterdir()) == []


def start(root: Path, state: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(DRIVER), str(root), str(state)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_kill_at_random_moments_leaves_one_whole_item(tmp_path: Path, media: Path, kills: int) -> None:
    random_ = random.Random(7)
    longest_s = 0.3
    for number in range(kills):
        root = tmp_path / f"archive{number}"
        state, _ = prepare(root, media)
        state_file = tmp_path / f"{number}.json"
        state_file.write_text(json.dumps(state))
        with start(root, state_file) as victim:
            assert victim.stdout is not None and victim.stdout.readline() == "ready\n"
            began = time.monotonic()
            if number == 0:  # an undisturbed run tells how long the moments may be
                victim.wait()
                longest_s = time.monotonic() - began
            else:
                time.sleep(random_.uniform(0, longest_s))
                victim.kill()
        finish(root, state_file)


KILL_POINTS = (
    "os.rename",
    "os.mkdir",
    "open",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.listdir",
    "os.scandir",
)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_kill_at_every_file_operation_leaves_one_whole_item(tmp_path: Path, media: Path) -> None:
    """Kills by the interpreter's own audit events: before the first call, the second, and so on."""
    point, killed = 0, True
    while killed:
        root = tmp_path / f"archive{point}"
        state, _ = prepare(root, media)
        state_file = tmp_path / f"{point}.json"
        state_file.write_text(json.dumps(state))
        script = (
            "import asyncio, json, os, runpy, signal, sys\n"
            "import storage_driver\n"
            "from pathlib import Path\n"
            f"left = {point}\n"
            "def strike(event, arguments):\n"
            "    global left\n"
            f"    if event in {KILL_POINTS!r}:\n"
            "        left -= 1\n"
            "        if left < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
            "state = json.loads(Path(sys.argv[2]).read_text())\n"
            "coroutine = storage_driver.main(Path(sys.argv[1]), state)\n"
            "loop = asyncio.new_event_loop()\n"
            "sys.addaudithook(strike)\n"
            "loop.run_until_complete(coroutine)\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", script, str(root), str(state_file)],
            capture_output=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(DRIVER.parent), *sys.path])},
            check=False,
        )
        killed = run.returncode == -9
        assert killed or run.returncode == 0, run.stderr.decode()
        finish(root, state_file)
        point += 1
    assert point > 20


def finish(root: Path, state_file: Path) -> None:
    """Run again, undisturbed, and see that all is as if nothing had happened."""
    with start(root, state_file) as again:
        answer = again.communicate()[0].splitlines()
    assert again.returncode == 0
    assert_one_whole_item(root, ArchivedCopy.model_validate_json(answer[1]))
