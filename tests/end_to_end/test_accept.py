"""A recording with holes is refused, until a person takes it as it is."""

from __future__ import annotations

import pytest
from end_to_end.archive_check import kept
from end_to_end.daemon_program import run
from end_to_end.program import Program

from ytarchive_tui.sandbox.client import ControlClient

VIDEO = "holesinit01"


@pytest.mark.long
@pytest.mark.timeout(200)
def test_what_was_accepted_is_archived_with_a_note_of_its_flaws(
    program: Program, youtube: ControlClient
) -> None:
    youtube.set(conditions={VIDEO: "hls_holes"})
    refused = program.run([VIDEO], settings={"RETRY__PATIENCE_S": "30"})
    assert refused.ends[VIDEO]["event"] == "blocked"
    assert not program.archive.exists() or not kept(program.archive)

    (plan,) = run(program, "recovery", "list")
    assert "accept" in [fix["fix"] for fix in plan["fixes"]]
    run(program, "recovery", "apply", plan["key"], "accept")
    taken = program.run([VIDEO], settings={"RETRY__PATIENCE_S": "30"})

    assert taken.ends[VIDEO]["event"] == "archived", taken.ends[VIDEO]["reason"]
    (note,) = (n for n in kept(program.archive)[VIDEO].manifest["notes"] if n.startswith("accepted"))
    assert "s long instead of" in note
