"""A proxy cuts every connection somewhere: what has come is kept, and in the end all is whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from cutting_proxy import cutting
from end_to_end.archive_check import assert_plays, assert_tidy, kept
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient

NETWORK = "net_transient"


@pytest.mark.parametrize(
    ("small", "large", "mean"),
    [
        pytest.param(4, 1, 60_000, marks=pytest.mark.ci),
        pytest.param(20, 4, 60_000, marks=[pytest.mark.long, pytest.mark.timeout(600)]),
    ],
)
def test_connections_that_are_cut_anywhere_cost_no_item(
    program: Program, youtube: ControlClient, small: int, large: int, mean: int
) -> None:
    ids = [f"aaaaaaaaa{number:02}" for number in range(small)]
    ids += [sized_id("1M", number + 1) for number in range(large)]
    settings = {
        "RETRY__NETWORK_S": ",".join(["0.1"] * 40),
        "RETRY__INCOMPLETE_S": ",".join(["0.1"] * 20),
        "RETRY__UNKNOWN_S": "0.1",
        "RETRY__PATIENCE_S": "120",
        "NETWORK__SOCKET_TIMEOUT_S": "5",
        "SITE__OFFLINE_S": "0.2",
    }
    with cutting(program.addresses.proxy, mean=mean) as proxy:
        program.addresses = replace(program.addresses, proxy=proxy.url)
        run = program.run(ids, settings=settings, timeout_s=500)
        cuts = proxy.cuts
    with closing(sqlite3.connect(program.database)) as db:
        failed = dict(
            db.execute(
                "SELECT json_extract(data, '$.failure_class'), count(*) FROM journal "
                "WHERE kind = 'stage_failed' GROUP BY 1"
            ).fetchall()
        )
        said = db.execute(
            "SELECT DISTINCT json_extract(data, '$.reason') FROM journal WHERE kind = 'stage_failed'"
        ).fetchall()
    print(f"\n{len(ids)} items, {cuts} connections cut, {failed}")
    assert cuts >= len(ids), "hardly anything was cut"
    assert failed.keys() <= {NETWORK}, said
    assert run.code == 0, run.stderr.decode()
    items = kept(program.archive)
    assert items.keys() == set(ids)
    for item in items.values():
        assert_plays(item)
    assert_tidy(program.archive, program.database)
