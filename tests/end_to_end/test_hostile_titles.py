"""Titles that try to leave the archive, to write the terminal, or to be each other."""

from __future__ import annotations

import re
import unicodedata

from end_to_end.archive_check import assert_plays, assert_tidy, kept, name_problems, tree
from end_to_end.on_terminal import show
from end_to_end.program import Program

from ytarchive_tui.sandbox.catalog import HOSTILE_PLAYLIST, playlist, video
from ytarchive_tui.sandbox.model import Knobs

_RICH = re.compile(rb"\x1b\[(\?25[lh]|[0-9;]*[mKAJHG])")
"""What the live view itself may send: colours, the cursor, and the erasing of lines."""


def controls(output: bytes, *, allowed: str = "\n") -> set[str]:
    """Control characters, and those that turn the direction of writing, apart from the ones allowed."""
    return {
        char
        for char in output.decode("utf-8")
        if char not in allowed
        and (
            unicodedata.category(char) in ("Cc", "Cs")
            or "\u202a" <= char <= "\u202e"
            or "\u2066" <= char <= "\u2069"
        )
    }


def as_told(stored: str, told: str) -> bool:
    """Whether the manifest has the title, less the colour codes and the NUL that no database can hold."""
    return stored == re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", told).replace("\0", "")


def test_hostile_titles_stay_in_the_archive_and_off_the_terminal(program: Program) -> None:
    made = playlist(HOSTILE_PLAYLIST)
    assert made is not None
    expected = {made.video_id(n): video(made.video_id(n), Knobs()) for n in range(made.length)}
    titles = [each.title for each in expected.values() if each]
    assert len(titles) - len(set(titles)) == 1, "two of them have the same title"
    line = f"https://www.youtube.com/playlist?list={HOSTILE_PLAYLIST}"
    around = tree(program.folder)

    plain = program.run([line], "--subs", "en", json_lines=False)

    assert plain.code == 0, plain.stdout.decode()
    assert controls(plain.stdout) == controls(plain.stderr) == set()
    items = kept(program.archive)
    assert items.keys() == expected.keys()
    for video_id, item in items.items():
        assert_plays(item)
        told = expected[video_id]
        assert told is not None and as_told(item.manifest["title"], told.title)
        for path in (item.folder, *item.folder.iterdir()):
            whose = None if path.name == "manifest.json" else video_id
            assert name_problems(path.relative_to(program.archive), whose) == []
    assert_tidy(program.archive, program.database)
    new = tree(program.folder).keys() - around.keys()
    assert {name.partition("/")[0] for name in new} == {"archive", "state", "urls.txt", "config.toml"}

    again = program.run([line])
    assert (again.code, again.summary["already"]) == (0, len(expected))
    assert len(again.of("already")) == len(expected)
    assert controls(again.stdout) == controls(again.stderr) == set()


def test_the_live_view_sends_no_byte_of_a_title_to_the_terminal(program: Program) -> None:
    lines = program.folder / "urls.txt"
    lines.write_text(f"https://www.youtube.com/playlist?list={HOSTILE_PLAYLIST}\n")

    shown = show(program.command("--batch", lines), program.environment())

    assert shown.code == 0, shown.output.decode(errors="replace")
    assert b"\x1b]" not in shown.output
    assert b"title [" in shown.output
    assert controls(_RICH.sub(b"", shown.output), allowed="\r\n") == set()
    assert shown.modes_kept
    assert shown.output.rfind(b"\x1b[?25h") > shown.output.rfind(b"\x1b[?25l")
