"""Text of strangers is harmless on a line of the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytarchive_tui.domain.text import plain


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        ("\x9b2Jgone?", "gone?"),
        ("never closed \x1b]0;and the text stays", "never closed 0;and the text stays"),
        ("one\r\ntwo\u2028three\tfour", "one two three four"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\u2066b\u2069\u200e", "ab"),
        ("nul\0bel\a", "nulbel"),
        ("half \ud83d emoji", "half \ufffd emoji"),
        ("[/b] [bold] stays", "[/b] [bold] stays"),
        ("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"),
    ],
)
def test_plain(hostile: str, safe: str) -> None:
    assert plain(hostile) == safe


def test_cut_to_a_limit() -> None:
    assert plain("abcdef", 4) == "abc…"
    assert plain("abcd", 4) == "abcd"
    assert plain("abcd", 0) == ""


@given(st.text(), st.integers(0, 40))
def test_whatever_comes_fits_one_line(text: str, limit: int) -> None:
    safe = plain(text, limit)
    assert len(safe) <= limit
    assert len(safe.splitlines()) <= 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in safe)
    safe.encode("utf-8")


@given(st.text(alphabet="\x1b\x9b[]0;m\x07\\a\n\u202e"))
def test_taking_out_never_puts_together(text: str) -> None:
    assert plain(plain(text)) == plain(text)
