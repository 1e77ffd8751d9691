"""The screen with 100 and with a million jobs, idle and while it downloads, beside a minimal Textual app.

All are on a pseudo-terminal that answers as a modern one does, and take turns.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import many_jobs
from bench_measure import Row
from bench_pty import Screen
from bench_site import Site, site

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.filters import parse
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.pages import QueuePages, Sort, View
from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.sandbox.catalog.ids import sized_id
from ytarchive_tui.settings.paths import Paths

MINIMAL = Path(__file__).with_name("minimal_app.py")
ROW = rb"#\d{7}"
DOWN, UP, PAGE_DOWN, PAGE_UP = b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[5~"
CLEAR = b"\x15"
KEYS = (DOWN, PAGE_DOWN, DOWN, UP, PAGE_UP, UP)
"""They lead back to where they began: 100 jobs have an end."""
DOWNLOADS = 8
SETTLE_S = 5.0
"""By then the engine is open, and the whole view is there."""
PAGE = 64
VIEWS = (
    *(View(sort) for sort in Sort),
    *(View(words=parse(text)) for text in ("tide", many_jobs.RARE, "status:blocked", "#0000777")),
    View(Sort.TITLE, False, parse("tide -lecture")),
)


@dataclass
class Seen:
    """What was measured; seconds and bytes."""

    first: dict[str, list[float]] = field(default_factory=dict)
    """To the first frame that shows rows: `minimal`, `few`, `many`."""
    keys: dict[str, list[float]] = field(default_factory=dict)
    """From a key to its frame: `minimal`, `few`, `many`, `downloading`."""
    resident: dict[str, list[float]] = field(default_factory=dict)
    views: list[float] = field(default_factory=list)
    """To the first rows of each of `VIEWS`, on the screen's own connections."""
    whole: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    painted: dict[str, float] = field(default_factory=dict)
    """From the last key of a sort or filter to the frame that shows its rows."""


class States:
    """State folders with databases of a few and of many jobs."""

    def __init__(self, folder: Path, many: int) -> None:
        self.folder = folder
        for name, jobs in (("few", 100), ("many", many)):
            paths = self.paths(name)
            paths.make()
            many_jobs.build(paths.database, jobs, self.archive(name))
            # As on any but the first start of a day: the day's copy of the state is there.
            copies = paths.state_dir / "snapshots"
            copies.mkdir()
            (copies / f"{paths.database.stem}.1.db").touch()

    def paths(self, name: str) -> Paths:
        return Paths.private(self.folder / name / "own")

    def archive(self, name: str) -> Path:
        return self.folder / name / "archive"

    def command(self, name: str, *more: str) -> list[str]:
        """The program on one of the states."""
        (self.folder / "settings.toml").touch()
        return [
            *(sys.executable, "-m", "ytarchive_tui", "--config", str(self.folder / "settings.toml")),
            *("--state-dir", str(self.folder / name / "own"), "-o", str(self.archive(name)), *more),
        ]


def screens(folder: Path, *, rounds: int = 3, jobs: int = 1_000_000, presses: int = 120) -> Seen:
    """Everything, with databases made for it."""
    states, seen = States(folder, jobs), Seen()
    minimal = [sys.executable, str(MINIMAL)]
    for _ in range(rounds):
        for name in ("minimal", "few", "many"):
            command = minimal if name == "minimal" else states.command(name)
            with Screen(command, folder) as it:
                seen.first.setdefault(name, []).append(it.wait_for(ROW))
                it.settle(SETTLE_S)
                _press(it, seen, name, presses)
                seen.resident.setdefault(name, []).append(it.resident())
    with Screen(states.command("many"), folder) as it:
        it.wait_for(ROW)
        it.settle(SETTLE_S)
        _type(it, seen)
    asyncio.run(_views(states.paths("many").database, seen))
    with (
        site(folder, yields=True) as running,
        _to_download(states, running),
        Screen(minimal, folder) as beside,
    ):
        more = (
            "--proxy",
            running.addresses.proxy,
            "--ca-file",
            running.addresses.ca_file,
            "-j",
            str(DOWNLOADS),
        )
        beside.wait_for(ROW)
        with Screen(states.command("many", *more), folder) as it:
            it.wait_for(rb"\d MB/s", seconds=120)
            it.settle(2)
            # The downloads stand on top; below them begin the rows that are numbered.
            it.press(4 * PAGE_DOWN)
            it.settle(1)
            _press(it, seen, "downloading", presses)
            _press(beside, seen, "beside", presses)
    return seen


def _press(it: Screen, seen: Seen, name: str, presses: int) -> None:
    for n in range(presses):
        seen.keys.setdefault(name, []).append(it.key_s(KEYS[n % len(KEYS)]))
        it.settle(0.02)


def _type(it: Screen, seen: Seen) -> None:
    """Sort by title, and filter for a rare and for a frequent word."""
    seen.painted["sort by title"] = it.key_s(b"s", re.compile(rb"\x1b\[1;[0-9;]*m[A-Z][a-z]+ [#a-z]"))
    it.settle(SETTLE_S)
    it.press(b"/")
    for word in (many_jobs.RARE.encode(), b"tide"):
        it.settle(2)
        it.press(CLEAR)
        it.settle(SETTLE_S)
        row = re.compile(rb"m[A-Z][a-z]+ [^\x1b]*" + word)
        seen.painted[f"filter {word.decode()}"] = it.key_s(word, row)


async def _views(database: Path, seen: Seen) -> None:
    chance = random.Random(1)
    pages = QueuePages(database)
    await pages.first(View(), 1)
    for view in VIEWS:
        started = time.monotonic()
        first = await pages.first(view, 256)
        seen.views.append(time.monotonic() - started)
        started = time.monotonic()
        whole = await pages.whole(view)
        seen.whole.append(time.monotonic() - started)
        assert whole[: len(first)] == first and len(first) == min(256, len(whole))
    ids = await pages.whole(View())
    for _ in range(1000):
        at = chance.randrange(len(ids) - PAGE) if len(ids) > PAGE else 0
        started = time.monotonic()
        rows = await pages.rows(ids[at : at + PAGE])
        seen.pages.append(time.monotonic() - started)
        assert len(rows) == min(PAGE, len(ids))
    await pages.close()


@contextmanager
def _to_download(states: States, running: Site) -> Iterator[None]:
    """Large files are queued on top; the archive begins anew, so that nothing else is there."""
    shutil.rmtree(states.archive("many"), ignore_errors=True)
    options = JobOptions(archive=states.archive("many"))
    wanted = [
        Submission(
            url=video_id, address=f"https://www.youtube.com/watch?v={video_id}", kind=SourceKind.VIDEO,
            video_id=video_id, options=options, priority=10,
        )
        for video_id in (sized_id("512M", n) for n in range(1, 4 * DOWNLOADS))
    ]  # fmt: skip

    async def queue() -> None:
        async with await Database.open(states.paths("many").database) as db:
            await submit(db, wanted)

    asyncio.run(queue())
    yield


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def rows(seen: Seen) -> list[Row]:
    """What the project promises."""

    def ms(value: float) -> str:
        return f"{value * 1e3:.1f} ms"

    def spread(name: str) -> str:
        return (
            " / ".join(f"{percentile(seen.keys[name], share) * 1e3:.0f}" for share in (0.5, 0.95, 0.99))
            + " ms"
        )

    def compare(
        what: str, figures: dict[str, list[float]], a: str, b: str, shown: object, wanted: str
    ) -> Row:
        ours, theirs = median(figures[a]), median(figures[b])
        return Row(what, shown(ours), shown(theirs), f"{ours / theirs:.2f}", wanted)  # type: ignore[operator]

    def key(what: str, name: str, beside: str, wanted: str) -> Row:
        ours, theirs = percentile(seen.keys[name], 0.95), percentile(seen.keys[beside], 0.95)
        return Row(what, spread(name), spread(beside), f"p95 {ours / theirs:.2f}", wanted)

    def mib(value: float) -> str:
        return f"{value / 2**20:.0f} MiB"

    page = " / ".join(ms(percentile(seen.pages, share)) for share in (0.5, 0.99))
    made = [
        compare("first rows: a million jobs / 100", seen.first, "many", "few", ms, "≤ 1.30"),
        compare("first rows: a million jobs / minimal app", seen.first, "many", "minimal", ms, ""),
        key("key to frame, p50 / p95 / p99: a million / minimal app", "many", "minimal", "≤ 3"),
        key("the same, 8 downloads / idle minimal app", "downloading", "minimal", "≤ 3"),
        key("the same / minimal app beside the same downloads", "downloading", "beside", ""),
        compare("memory of its process: a million / 100", seen.resident, "many", "few", mib, "≤ 1.20"),
        Row("page of 64 rows: p50 / p99", page, "", "", "p99 < 1 ms"),
    ]  # fmt: skip
    made += [
        Row(f"{what}, key to its rows", ms(took), "", "", "< 100 ms") for what, took in seen.painted.items()
    ]
    for view, first, whole in zip(VIEWS, seen.views, seen.whole, strict=True):
        words = " ".join(f"{'' if word.wanted else '-'}{word.field or ''}:{word.text}" for word in view.words)
        made.append(Row(f"by {view.sort} {words}: first 256", ms(first), f"all {whole:.2f} s", "", ""))
    return made
