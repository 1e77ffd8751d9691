"""A writer that is killed loses nothing it acknowledged and leaves a sound file."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from db_samples import check

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import JobKind, Stage
from ytarchive_tui.domain.policy import after_release

WRITER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from db_samples import downloaded, resolved, stored, video
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import JobKind, Stage
from ytarchive_tui.domain.policy import after_success

async def main():
    db = await Database.open(Path(sys.argv[1]))
    queue = Queue(db)
    n = (await db.fetch("SELECT count(*) FROM items"))[0][0]
    while True:
        answers = await submit(db, [video(f"v{n + k}") for k in range(5)])
        n += 5
        print(*("submitted %d" % one.job_id for one in answers), sep="\\n", flush=True)
        for stage, make in (
            (Stage.METADATA, resolved), (Stage.DOWNLOAD, downloaded), (Stage.STORAGE, stored)
        ):
            for _ in range(3):
                if claim := await queue.claim(stage, JobKind.ITEM, "w"):
                    outcome = make(claim.job)
                    await queue.finish(claim, outcome, after_success(claim.job, outcome))
                    if stage is Stage.STORAGE:
                        print("done", claim.job.id, flush=True)

asyncio.run(main())
"""


def run_and_kill(path: Path, after_lines: int) -> list[tuple[str, int]]:
    """What the writer said was committed before it was killed, some lines after its start."""
    command = [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as writer:
        assert writer.stdout is not None
        limit = threading.Timer(30, writer.kill)
        limit.start()
        lines = [writer.stdout.readline() for _ in range(after_lines)]
        writer.kill()
        # A last line may be cut in the middle: only whole ones were said.
        rest = writer.stdout.read()
        lines += rest[: rest.rfind("\n") + 1].splitlines()
        limit.cancel()
    said = [line.split() for line in lines]
    return [(word, int(job)) for word, job in said]


@pytest.mark.ci
async def test_twenty_kills(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    chance = random.Random(4)
    said: list[tuple[str, int]] = []
    for _ in range(20):
        said += run_and_kill(path, chance.randrange(1, 40))
        async with await Database.open(path) as db:
            assert [row[0] for row in await db.fetch("PRAGMA integrity_check")] == ["ok"]
            await check(db)
            stands = {row["id"]: row["status"] for row in await db.fetch("SELECT id, status FROM jobs")}
            assert {job for _, job in said} <= stands.keys()
            assert all(stands[job] == "done" for word, job in said if word == "done")
            with EngineLock(tmp_path) as lock:
                await Queue(db).adopt(lock)
            await check(db)
    assert len({job for word, job in said if word == "done"}) > 20
    async with await Database.open(path) as db:
        claim = await Queue(db).claim(Stage.METADATA, JobKind.ITEM, "w")
        assert claim is not None
        assert await Queue(db).finish(claim, None, after_release(claim.job, "stop"))
