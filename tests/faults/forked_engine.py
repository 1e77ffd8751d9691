"""An engine that is run again and again on one folder, struck at chosen calls, and looked at from outside."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from end_to_end.archive_check import kept
from failing_calls import Plan

DRIVER = Path(__file__).with_name("engine_driver.py")


@dataclass
class ForkedEngine:
    """`run` answers with the exit code, or the negative number of the signal that ended the run."""

    plan: Plan
    media: Path
    said: Path
    process: subprocess.Popen[str]

    def run(self, place: Place, *, seed: int | None = None, slow: int = 10**6) -> int:
        """Run the engine once on a place; `seed`, `slow`: see `engine_driver`."""
        assert self.process.stdin is not None and self.process.stdout is not None
        task = {
            "folder": str(place.folder),
            "ids": place.ids,
            "media": str(self.media),
            "ffprobe": shutil.which("ffprobe"),
            "told": str(place.told),
            "seed": seed,
            "slow": slow,
        }
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        return os.waitstatus_to_exitcode(int(self.process.stdout.readline()))

    def last_words(self) -> str:
        """What the runs have said on standard error; empty from here on."""
        words = self.said.read_text(errors="replace")
        os.truncate(self.said, 0)
        return words


@contextmanager
def forked_engine(folder: Path, library: Path) -> Iterator[ForkedEngine]:
    """A warm process that forks the runs; `library` as `failing_calls.build` made it."""
    media, said = folder / "media.mp4", folder / "said"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=2"]
    subprocess.run(
        [*command, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", media], check=True
    )
    plan = Plan(library, folder / "plan")
    with (
        said.open("a") as errors,
        subprocess.Popen(
            [sys.executable, DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | plan.environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process,
    ):
        yield ForkedEngine(plan, media, said, process)
        assert process.stdin is not None
        process.stdin.close()


class Place:
    """A state folder and an archive with the items that belong into it."""

    def __init__(self, folder: Path, items: int) -> None:
        self.folder = folder / "place"
        self.folder.mkdir(parents=True)
        self.told = folder / "told"
        self.told.touch()
        self.ids = [f"video{number:06}" for number in range(items)]
        self.archive = self.folder / "archive"
        self.database = self.folder / "state" / "ytarchive.db"

    def assert_nothing_is_wrong(self) -> None:
        """After any end of a run: sound tables, and what was acknowledged or is called done is there."""
        acknowledged = self.told.read_text().splitlines()
        there = kept(self.archive)
        assert self.ask("PRAGMA quick_check") in ([], ["ok"])
        done = set(self.ask("SELECT video_id FROM items i JOIN copies c ON c.item_id = i.id"))
        called = set(
            self.ask("SELECT video_id FROM items i JOIN jobs j ON j.item_id = i.id WHERE status = 'done'")
        )
        assert called <= done <= there.keys(), "falsely done"
        assert {line.split()[1] for line in acknowledged if line.startswith("done")} <= done, "lost"
        if "submitted" in acknowledged:
            stored = self.ask("SELECT video_id FROM items i JOIN jobs j ON j.item_id = i.id")
            assert sorted(stored) == self.ids, "a submitted item is lost, or is there twice"

    def assert_complete(self) -> None:
        """After the last run: every item once, and nothing besides."""
        self.assert_nothing_is_wrong()
        assert kept(self.archive).keys() == set(self.ids)
        private = self.archive / ".ytarchive"
        assert {path.name for path in private.iterdir()} <= {
            "archive.json",
            "engine.lock",
            "staging",
            "trash",
        }
        for name in ("staging", "trash"):
            folder = private / name
            assert not folder.exists() or list(folder.iterdir()) == [], f"orphans in {name}"
        archived = self.ask(
            "SELECT video_id FROM journal e JOIN items i ON i.id = e.item_id WHERE e.kind = 'item_archived'"
        )
        assert Counter(archived) == Counter(self.ids), "archived twice"

    def failure_classes(self) -> Counter[str]:
        """The classes of all failures in the journal."""
        return Counter(
            self.ask("SELECT json_extract(data, '$.failure_class') FROM journal WHERE kind = 'stage_failed'")
        )

    def ask(self, sql: str) -> list[str]:
        """The first column; empty while the tables are not there yet."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(self.database)) as db:
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'copies'").fetchall():
                return []
            return [row[0] for row in db.execute(sql)]
