"""What is noted of the files in a staging folder, also after a line that was cut short."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ytarchive_tui.ytdlp.child.ledger import LEDGER, Ledger

A = {"fingerprint": {"etag": "x", "total": 9}}


def test_facts_are_added_and_forgotten_for_the_next_reader(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.put("a", **A)
    ledger.put("a", size=9)
    ledger.put("b", size=1)
    ledger.drop("b")
    ledger.put("b", rewritten=True)
    again = Ledger(tmp_path)
    assert again.get("a") == {**A, "size": 9} == ledger.get("a")
    assert again.get("b") == {"rewritten": True} == ledger.get("b")
    assert again.get("c") == {}


def test_what_is_known_already_is_not_written_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.put("a", size=9)
    before = (tmp_path / LEDGER).read_bytes()
    ledger.put("a", size=9)
    ledger.drop("b")
    assert (tmp_path / LEDGER).read_bytes() == before


@pytest.mark.parametrize("torn", [b'["a", {"size": 7', b'["a", {"size": 7}]', b"\0\0\0\0", b"7\n", b"\xff\n"])
def test_a_line_that_was_cut_short_ends_what_is_known(tmp_path: Path, torn: bytes) -> None:
    Ledger(tmp_path).put("a", size=9)
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(torn)
    ledger = Ledger(tmp_path)
    assert ledger.get("a") == {"size": 9}
    ledger.put("b", size=1)
    assert Ledger(tmp_path).get("a") == {"size": 9}
    assert Ledger(tmp_path).get("b") == {"size": 1}


@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_what_somebody_took_away_is_written_again(tmp_path: Path, how: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.put("a", size=9)
    if how == "removed":
        (tmp_path / LEDGER).unlink()
    else:
        (tmp_path / LEDGER).write_bytes(b"")
    ledger.put("b", size=1)
    ledger.drop("b")
    assert Ledger(tmp_path).get("a") == {"size": 9}
    assert Ledger(tmp_path).get("b") == {}


def test_a_note_for_which_there_is_no_room_is_an_error_and_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    ledger.put("a", size=9)
    write = os.write
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
        with pytest.raises(OSError, match="No space left"):
            ledger.put("b", size=1)
    assert ledger.get("b") == {} == Ledger(tmp_path).get("b")
    ledger.put("b", size=2)
    assert Ledger(tmp_path).get("b") == {"size": 2}


def test_a_link_in_its_place_leads_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    staging = tmp_path / "staging"
    staging.mkdir()
    (staging / LEDGER).symlink_to(outside)
    with pytest.raises(OSError):
        Ledger(staging).put("a", size=9)
    assert outside.read_text() == "precious"
