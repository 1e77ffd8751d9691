"""`remove`: what has ended leaves the list from a shell, by the words of the queue's filter."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.db.db_samples import video
from ytarchive_tui.cli import cli
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.control import Control
from ytarchive_tui.db.intake import submit


async def filled(state: Path) -> None:
    async with await Database.open(state / "state" / "ytarchive.db") as db:
        jobs = [one.job_id or 0 for one in await submit(db, [video(name) for name in "abc"])]
        await Control(db).cancel(jobs[:2])


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YTARCHIVE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    asyncio.run(filled(tmp_path))
    return tmp_path


def run(state: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--state-dir", str(state), *words])


def test_it_removes_what_has_ended_and_fits(state: Path) -> None:
    assert run(state, "--dry-run", "remove", "reason:cancelled by you").output == "2 jobs would be removed\n"
    assert json.loads(run(state, "remove", "id:a", "--json").output) == {"jobs": 1, "removed": True}
    assert run(state, "remove", "status:queued,cancelled").output == "1 job removed\n"
    assert run(state, "remove", "status:queued,cancelled").output == "0 jobs removed\n"
    assert json.loads(run(state, "status", "--json").output)["jobs"]["queued"] == 1


def test_without_a_filter_it_removes_nothing(state: Path) -> None:
    told = run(state, "remove")
    assert told.exit_code == 2 and "FILTER" in told.output
