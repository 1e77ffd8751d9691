"""`status`: how everything stands, without a program that runs and beside one."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.db.db_samples import video
from ytarchive_tui.cli import cli
from ytarchive_tui.db.bandwidth import BandwidthRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.lock import EngineLock
from ytarchive_tui.db.reach import wish_reach
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.bandwidth import Allowance, Cap
from ytarchive_tui.domain.reach import Reach


async def filled(state: Path) -> None:
    later = utcnow() + timedelta(hours=1)
    cap = Cap(span="today", used=10**9, most=10**9, renewed_at=later)
    async with await Database.open(state / "state" / "ytarchive.db") as db:
        await submit(db, [video("a")])
        held = Allowance(held_until=later, reason="data cap for today reached", caps=(cap,))
        await BandwidthRows(db).keep(held)
        async with db.write() as tx:
            await wish_reach(tx, Reach(proxy="http://bob:secret@h:1"))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YTARCHIVE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    asyncio.run(filled(tmp_path))
    return tmp_path


def test_it_says_what_waits_and_why(state: Path) -> None:
    told = CliRunner().invoke(cli, ["--state-dir", str(state), "status"])
    assert told.exit_code == 0, told.output
    assert "nothing works on it now" in told.output and "1 queued" in told.output
    assert "data cap for today reached: goes on" in told.output
    assert "100 % of the data cap for today used (1.0 GB of 1.0 GB)" in told.output
    assert "http://[hidden]@h:1" in told.output and "secret" not in told.output


def test_as_json_also_beside_a_program_that_runs(state: Path) -> None:
    with EngineLock(state / "state"):
        told = CliRunner().invoke(cli, ["--state-dir", str(state), "status", "--json"])
    facts = json.loads(told.output)
    assert facts["works"] is True
    assert facts["jobs"]["queued"] == 1
    assert facts["bandwidth"]["held"] and facts["bandwidth"]["sentences"][0].startswith(
        "data cap for today reached"
    )
    (cap,) = facts["bandwidth"]["caps"]
    assert (cap["span"], cap["reached"], cap["used"]) == ("today", True, 10**9)
    assert "secret" not in told.output
