"""Each class of the taxonomy: what leads to it, what becomes of it, what the screen says, what is asked then.

`docs/failures.md` holds the table; `test_conditions.py` tells of every condition of the sandbox.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from end_to_end.archive_check import kept
from end_to_end.program import Program
from end_to_end.site_holds import assert_left_alone, holds

from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.runtime import Runtime
from ytarchive_tui.sandbox.catalog import condition_id, sized_id
from ytarchive_tui.sandbox.classify import RequestKind
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition
from ytarchive_tui.sandbox.request_log import RequestRecord
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.screens.queue import QueueScreen
from ytarchive_tui.tui.screens.recovery import RecoveryScreen

_C = FailureClass
TABLE = Path(__file__).parents[2] / "docs" / "failures.md"
GOOD = ("goodgoodgo1", "goodgoodgo2", "goodgoodgo3")
SETTINGS = {
    "RETRY__NETWORK_S": "0.1",
    "RETRY__THROTTLED_S": "0.5,1000",
    "RETRY__EXPIRED_S": "0.1,0.1",
    "RETRY__INCOMPLETE_S": "0.1,0.1",
    "RETRY__GONE_AGAIN_S": "0.5",
    "RETRY__LOCAL_S": "0.2,0.2,1000",
    "RETRY__PATIENCE_S": "3",
    "ENGINE__METADATA_WORKERS": "3",
    "SITE__SLOWEST_PER_HOUR": "1000000",
    "SITE__REQUESTS_PER_HOUR": "1000000",
}
"""The usual delays, so short that the last try comes within seconds; what is longer stays for another run."""


class Row(NamedTuple):
    """One class, as the table tells it and as a run shows it."""

    failure_class: str
    condition: str
    status: str
    queue_says: str
    plan: str
    asked: str


Ran = dict[FailureClass, str]
"""Class → the video that came to it."""


def the_usual(program: Program, youtube: ControlClient) -> Ran:
    ran = {
        _C.NET_TRANSIENT: condition_id(Condition.MEDIA_5XX),
        _C.URL_EXPIRED: condition_id(Condition.MEDIA_403),
        _C.AUTH: condition_id(Condition.PRIVATE),
        _C.GEO: condition_id(Condition.GEO),
        _C.GONE: condition_id(Condition.DELETED),
        _C.NOT_YET: condition_id(Condition.PREMIERE),
        _C.UNSUPPORTED: condition_id(Condition.DRM),
        _C.INCOMPLETE: condition_id(Condition.MEDIA_HTML),
        _C.UNKNOWN: condition_id(Condition.UNEXPLAINED),
    }
    assert program.run([*ran.values(), *GOOD], settings=SETTINGS | {"SITE__COOLDOWN_S": "0.2"}).code == 1
    assert kept(program.archive).keys() == set(GOOD)
    return ran


def refused_by_the_site(
    failure_class: FailureClass, condition: Condition, program: Program, youtube: ControlClient
) -> Ran:
    video_id = condition_id(condition)
    run = program.run([video_id, *GOOD], settings=SETTINGS | {"SITE__COOLDOWN_S": "0.7,1"})
    assert run.code == 1
    assert kept(program.archive).keys() == set(GOOD)
    found = holds(program.database)
    assert found
    assert_left_alone(program.database, found, youtube.log())
    return {failure_class: video_id}


def no_such_quality(program: Program, youtube: ControlClient) -> Ran:
    assert program.run([GOOD[0]], settings=SETTINGS | ALWAYS["no such quality"]).code == 1
    return {_C.FORMAT: GOOD[0]}


def a_tool_that_goes(program: Program, youtube: ControlClient) -> Ran:
    ffprobe, real = program.folder / "ffprobe", shutil.which("ffprobe")
    assert real is not None
    ffprobe.symlink_to(real)
    youtube.set(connection_bps=500_000)
    slow = sized_id("2M")
    with program.started([slow], settings=SETTINGS | {"TOOLS__FFPROBE": str(ffprobe)}) as run:
        until(lambda: bool(list(program.archive.glob(".ytarchive/staging/*/media.f*"))))
        ffprobe.unlink()
        youtube.set(connection_bps=0)
        assert run.wait(60) == 1
    return {_C.TOOL: slow}


def no_room(program: Program, youtube: ControlClient) -> Ran:
    run = program.run([GOOD[0]], settings=SETTINGS | ALWAYS["no room"])
    assert run.code == 1
    assert youtube.log("media") == []
    return {_C.LOCAL_DISK: GOOD[0]}


def an_archive_that_goes(program: Program, youtube: ControlClient) -> Ran:
    assert program.run([GOOD[0]], settings=SETTINGS).code == 0
    program.archive.rename(program.folder / "elsewhere")
    youtube.clear_log()
    assert program.run([GOOD[1]], settings=SETTINGS).code == 1
    assert youtube.log() == []
    return {_C.LOCAL_IO: GOOD[1]}


def a_child_that_dies(program: Program, youtube: ControlClient) -> Ran:
    stalled = condition_id(Condition.MEDIA_STALL)
    with program.started([stalled], settings=SETTINGS) as run:

        def connected() -> list[psutil.Process]:
            """Children that wait for the site, in the download that was begun last."""
            if downloads_begun(program) != len(killed) + 1:
                return []
            with suppress(psutil.Error):
                zygotes = psutil.Process(run.pid).children()
                children = [child for zygote in zygotes for child in zygote.children()]
                return [child for child in children if child.pid not in killed and child.net_connections()]
            return []

        killed = set[int]()
        for _ in range(2):
            until(lambda: bool(connected()))
            (child,) = connected()
            killed.add(child.pid)
            os.kill(child.pid, signal.SIGKILL)
        assert run.wait(60) == 1, (program.folder / "out").read_text()
    return {_C.BUG: stalled}


def downloads_begun(program: Program) -> int:
    if not program.database.exists():
        return 0
    with closing(sqlite3.connect(program.database)) as db, suppress(sqlite3.OperationalError):
        return int(db.execute("SELECT count(*) FROM attempts WHERE stage = 'download'").fetchone()[0])
    return 0


ALWAYS = {
    "no such quality": {"ARCHIVE__QUALITY": "bestvideo[height=77]"},
    "no room": {"ARCHIVE__KEEP_FREE": "900T"},
    "a tool that goes": {"TOOLS__FFPROBE": "/bin/false"},
}
"""What must hold in the later run too."""

SCENARIOS: dict[str, Callable[[Program, ControlClient], Ran]] = {
    "the usual": the_usual,
    "429": partial(refused_by_the_site, _C.THROTTLED, Condition.PLAYER_429),
    "bot check": partial(refused_by_the_site, _C.BOT_CHECK, Condition.BOT_CHECK),
    "no such quality": no_such_quality,
    "a tool that goes": a_tool_that_goes,
    "no room": no_room,
    "an archive that goes": an_archive_that_goes,
    "a child that dies": a_child_that_dies,
}


@pytest.mark.ci
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_each_class_ends_as_the_table_says(
    program: Program, youtube: ControlClient, scenario: str
) -> None:
    ran = SCENARIOS[scenario](program, youtube)
    records = youtube.log()
    youtube.reset()
    youtube.clear_log()
    later = SETTINGS | {"RETRY__PATIENCE_S": "0.1"} | ALWAYS.get(scenario, {})
    # What has failed is begun again by naming it: that would be asking.
    program.run(GOOD[:1] if GOOD[0] in kept(program.archive) else ran.values(), settings=later)
    asked = {(record.kind.value, record.video_id) for record in youtube.log()}
    assert asked == set(), "unasked, another run asks for nothing"

    said, plans = await on_screen(program)
    expected = {row.failure_class: row for row in table()}
    seen = [
        Row(
            failure_class,
            expected[failure_class].condition,
            status_of(program, video_id),
            said[video_id],
            plans[failure_class],
            asked_afterwards(program, video_id, records),
        )
        for failure_class, video_id in ran.items()
    ]
    assert seen == [expected[each] for each in ran], "docs/failures.md should say:\n" + "\n".join(
        f"| {' | '.join(row)} |" for row in seen
    )


def test_the_tables_tell_of_every_class() -> None:
    assert [row.failure_class for row in table()] == list(FailureClass)
    text = TABLE.read_text(encoding="utf-8").partition("<!-- classes -->")[0]
    told = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)))
    assert set(FailureClass) <= set(told), "what follows"


def table() -> list[Row]:
    part = TABLE.read_text(encoding="utf-8").partition("<!-- classes -->")[2].partition("\n## ")[0]
    lines = (line for line in part.splitlines() if line.startswith("|"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines][2:]
    return [Row(row[0].strip("`"), *row[1:]) for row in rows]


def status_of(program: Program, video_id: str) -> str:
    sql = "SELECT status FROM jobs WHERE item_id = (SELECT id FROM items WHERE video_id = ?)"
    with closing(sqlite3.connect(program.database)) as db:
        (row,) = db.execute(sql, (video_id,)).fetchall()
    return str(row[0])


def asked_afterwards(program: Program, video_id: str, records: list[RequestRecord]) -> str:
    """What the tries after the first failure asked of the site for this video, by the sandbox's log."""
    with closing(sqlite3.connect(program.database)) as db:
        tries = db.execute(
            "SELECT t.started_at / 1e6, t.ended_at / 1e6, t.outcome FROM attempts t JOIN jobs j ON j.id = "
            "t.job_id JOIN items i ON i.id = j.item_id WHERE i.video_id = ? ORDER BY t.started_at",
            (video_id,),
        ).fetchall()
    first = next(ended for _, ended, outcome in tries if outcome == "failed")
    spans = [(start, end) for start, end, _ in tries if start >= first]
    asked = [
        [record.kind for record in records if record.video_id == video_id and start <= at(record) <= end]
        for start, end in spans
    ]
    late = [record for record in records if record.video_id == video_id and at(record) > first]
    assert len(late) == sum(map(len, asked)), "something was asked outside of any try"
    times = sum(map(bool, asked))
    if times == 0:
        return "nothing"
    kinds = {kind for each in asked for kind in each}
    words = [name for kind, name in NAMES.items() if kind in kinds]
    prefix = "nothing by anybody in the cool-downs; " if holds(program.database) and len(spans) else ""
    return f"{prefix}{' and '.join(words)}, {'once' if times == 1 else f'{times} times'}"


NAMES = {RequestKind.WATCH: "its page", RequestKind.MEDIA: "its media"}


def at(record: RequestRecord) -> float:
    return datetime.fromisoformat(record.time).timestamp()


async def on_screen(program: Program) -> tuple[dict[str, str], dict[str, str]]:
    """Video → what its line in the queue says; class → the title of its plan, as Recovery shows it."""
    paths = Paths.private(program.state)
    settings = Settings.model_validate({"archive": {"root": program.archive}})

    @asynccontextmanager
    async def open_here() -> AsyncIterator[Runtime]:
        async with Runtime.attach(settings, paths) as runtime:
            yield runtime

    bridge = Bridge(open_here, open_here, database=paths.database, archive=program.archive)
    app = YtarchiveApp(settings, bridge)

    def lines() -> list[str]:
        return [strip.text for strip in app.screen._compositor.render_strips()]

    def queue() -> QueueScreen:
        assert isinstance(app.base, QueueScreen)
        return app.base

    async with app.run_test(size=(400, 50)) as pilot:
        await bridge.runtime()
        while not queue().table.ids or any(queue().table.row(each) is None for each in queue().table.ids):
            await pilot.pause(0.02)
        await pilot.pause(0.1)
        rows = [row for row in map(queue().table.row, queue().table.ids) if row is not None]
        top = next(number for number, line in enumerate(lines()) if "Why / next" in line)
        column = lines()[top].index("Why / next")
        strips = app.screen._compositor.render_strips()[top + 1 :]
        shown = [strip.crop(column).text.partition("│")[0].strip() for strip in strips]
        said = {row.url[-11:]: moments(shown[number]) for number, row in enumerate(rows)}
        await pilot.press("4")
        while not (isinstance(app.base, RecoveryScreen) and app.base.plans):
            await pilot.pause(0.02)
        await pilot.pause(0.1)
        plans = {str(plan.failure_class): plan.title for plan in app.base.plans.values()}
        for title in plans.values():
            assert any(title[:60] in line for line in lines()), title
    bridge.hurry()
    await bridge.close()
    # Folders have another name in each test.
    folder = str(program.archive)
    return (
        {video_id: text.replace(folder, "…") for video_id, text in said.items()},
        {name: title.replace(folder, "…") for name, title in plans.items()},
    )


def moments(text: str) -> str:
    """Without what is another at each run: times, and the free space."""
    text = re.sub(r"at (\d+ \w+ )?\d\d:\d\d: ", "at …: ", text)
    return re.sub(r"\d[\d.]* [kMGTP]?B (free|needed)", r"… \1", text)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
