"""Every way in which a video can go wrong, in one run: `docs/failures.md` says what becomes of each."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from end_to_end.archive_check import assert_plays, kept
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog import condition_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.sandbox.model import Condition

TABLE = Path(__file__).parents[2] / "docs" / "failures.md"
GOOD = ("goodgoodgo1", "goodgoodgo2")
MISSING = "missing-001"
HEALING = {
    condition_id(condition, 3): times
    for condition, times in {
        Condition.PLAYER_5XX: 6,
        Condition.MEDIA_403: 1,
        Condition.MEDIA_429: 1,
        Condition.MEDIA_5XX: 3,
        Condition.MEDIA_STALL: 1,
        Condition.MEDIA_RESET: 2,
        Condition.MEDIA_TRUNCATED: 2,
        Condition.MEDIA_HTML: 1,
        Condition.HLS_HOLES: 11,
    }.items()
}
"""Videos whose condition strikes so often and then no more."""
SETTINGS = {
    "RETRY__NETWORK_S": "0.1",
    "RETRY__THROTTLED_S": "0.5,1000",
    "RETRY__GONE_AGAIN_S": "0.5",
    "RETRY__PATIENCE_S": "3",
    "NETWORK__SOCKET_TIMEOUT_S": "1",
    "ENGINE__METADATA_WORKERS": "3",
    "SITE__COOLDOWN_S": "0.2",
    "SITE__SLOWEST_PER_HOUR": "1000000",
    "SITE__REQUESTS_PER_HOUR": "1000000",
}


class Row(NamedTuple):
    """One condition, as the table tells it and as a run shows it."""

    condition: str
    failure_class: str
    status: str
    tries: str
    media: str
    says: str


def table() -> list[Row]:
    lines = TABLE.read_text(encoding="utf-8").partition("<!-- conditions -->")[2].splitlines()
    cells = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")
    ]
    return [Row(*row) for row in cells[2:]]


@pytest.mark.timeout(300)
@pytest.mark.ci
def test_each_condition_ends_as_the_table_says_and_holds_up_no_other(
    program: Program, youtube: ControlClient
) -> None:
    conditions = {condition_id(each): each.value for each in Condition if each is not Condition.OK}
    # What takes longest comes first, so that the rest is done meanwhile.
    order = sorted(conditions, key=lambda video_id: conditions[video_id] != Condition.MEDIA_STALL)
    youtube.set(fail_times=HEALING)

    run = program.run(
        [*order, MISSING, *HEALING, *GOOD], "-j", "4", "--subs", "en,de", settings=SETTINGS, timeout_s=250
    )

    assert run.code == 1, run.stderr.decode()
    items = kept(program.archive)
    asked = Counter((record.video_id, record.kind.value) for record in youtube.log())
    seen = []
    for video_id, condition in [*conditions.items(), (MISSING, "no such video")]:
        end = run.ends[video_id]
        notes = items[video_id].manifest["notes"] if video_id in items else []
        seen.append(
            Row(
                condition,
                end["failure_class"] or "",
                end["event"],
                str(end["attempts"]),
                "yes" if asked[video_id, "media"] else "no",
                "; ".join(notes) if end["event"] == "archived" else end["reason"],
            )
        )
        assert end["event"] == "archived" or end["reason"], end
        assert (end["event"] == "waiting") == bool(end["run_after"]), end
    assert seen == table(), "docs/failures.md should say:\n" + "\n".join(
        f"| {' | '.join(row)} |" for row in seen
    )
    for video_id in (*GOOD, *HEALING):
        assert run.ends[video_id]["event"] == "archived", run.ends[video_id]
        assert_plays(items[video_id])
    unfinished = {job["video_id"] for job in run.summary["unfinished"]}
    assert unfinished | items.keys() == {*conditions, MISSING, *HEALING, *GOOD}
    blocked = [each["video_id"] for each in run.summary["unfinished"] if each["status"] == "blocked"]
    assert run.summary["blocked"] == len(blocked)
    # What can go on later keeps its files; what is over, or must start over, keeps none.
    over = [
        each["job_id"]
        for each in run.summary["unfinished"]
        if each["failure_class"] in ("gone", "unsupported")
    ]
    assert not any((program.archive / ".ytarchive" / "staging" / str(job)).exists() for job in over)
    assert json.dumps(run.events).count("Traceback") == 0


@pytest.mark.long
def test_what_the_site_throttled_stays_for_the_next_run(program: Program, youtube: ControlClient) -> None:
    throttled = condition_id(Condition.BOT_CHECK)
    first = program.run([throttled, *GOOD], settings={"RETRY__THROTTLED_S": "1000"})
    assert first.code == 1
    assert first.ends[throttled]["event"] == "waiting"
    youtube.clear_log()

    soon = program.run([throttled], "--retry-failed")

    assert (soon.code, soon.summary["waiting"]) == (1, 1)
    assert youtube.log() == [], "an hour has not passed"
