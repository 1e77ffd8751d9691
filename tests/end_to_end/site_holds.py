"""The cool-downs of a run, by the program's own journal, held against what the sandbox was asked."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from ytarchive_tui.sandbox.budget import COUNTED
from ytarchive_tui.sandbox.request_log import RequestRecord


class Hold(NamedTuple):
    """One cool-down; moments in seconds."""

    begins: float
    ends: float
    trips: int


def holds(database: Path) -> list[Hold]:
    """All cool-downs of the site, in order."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute("SELECT data FROM journal WHERE kind = 'site_held' ORDER BY id").fetchall()
    told_of = [json.loads(data) for (data,) in rows]
    ends = [datetime.fromisoformat(of["until"]).timestamp() for of in told_of]
    return [
        Hold(end - of["lasts_s"], end, of["trips"])
        for of, end in zip(told_of, ends, strict=True)
        if of["site"] == "youtube"
    ]


def assert_left_alone(database: Path, found: list[Hold], log: list[RequestRecord]) -> None:
    """In each cool-down only jobs ask that had begun before it, and one probe goes between two of them."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute(
            "SELECT i.video_id, t.started_at / 1e6, t.ended_at / 1e6, t.failure_class FROM attempts t "
            "JOIN jobs j ON j.id = t.job_id JOIN items i ON i.id = j.item_id WHERE t.stage <> 'storage'"
        ).fetchall()
    asked = [
        (datetime.fromisoformat(record.time).timestamp(), record.video_id)
        for record in log
        if record.kind in COUNTED
    ]
    for hold in found:
        assert [video for video, start, *_ in rows if hold.begins < start < hold.ends] == [], hold
        begun = {video for video, start, end, _ in rows if start < hold.begins <= end}
        late = [(at, video) for at, video in asked if hold.begins < at < hold.ends and video not in begun]
        assert late == [], hold
    for hold, following in pairwise(found):
        between = [
            (end, why) for _, start, end, why in rows if hold.ends <= start and end <= following.begins
        ]
        # Once a probe has gone well, work goes on until the next refusal.
        well = any(why is None for _, why in between)
        soon = following.begins - hold.ends < hold.ends - hold.begins
        if following.trips == hold.trips + 1 and soon and not well:
            running = {video for video, start, end, _ in rows if start < hold.ends <= end}
            probes = {video for at, video in asked if hold.ends <= at < following.begins} - running
            assert len(probes) <= 1, (hold, following)
