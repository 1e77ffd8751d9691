"""Batch files in every form that an editor or a script leaves behind."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytarchive_tui.batch import input as batch_input
from ytarchive_tui.batch.input import BatchInput, parse_batch, read_batch
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import Container, SourceKind
from ytarchive_tui.domain.text import plain

A, B, C = "dQw4w9WgXcQ", "aaaaaaaaaaa", "bbbbbbbbbbb"


def ids(batch: BatchInput) -> list[tuple[int, str | None]]:
    return [(entry.line, entry.found.video_id) for entry in batch.entries]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_plain_text_with_comments_and_marks(newline: str, encoding: str) -> None:
    lines = ["# all mine", A, "", f"  {B}   # the second", f"https://youtu.be/{C}#t=3", ""]
    batch = parse_batch("urls.txt", newline.join(lines).encode(encoding))
    assert ids(batch) == [(2, A), (4, B), (5, C)]
    assert not batch.bad and not batch.duplicates


def test_every_bad_line_is_named_and_the_good_ones_stay() -> None:
    bad_lines = [b"https://vimeo.com/1", b"caf\xe9 bar", b"nul\x00inside", b"--exec rm"]
    raw = b"\n".join([A.encode(), *bad_lines, B.encode()])
    batch = parse_batch("urls.txt", raw)
    assert ids(batch) == [(1, A), (6, B)]
    assert [bad.line for bad in batch.bad] == [2, 3, 4, 5]
    assert "another site" in batch.bad[0].reason
    assert "not UTF-8" in batch.bad[1].reason
    assert "control characters" in batch.bad[2].reason
    assert all(bad.text.isprintable() for bad in batch.bad)


def test_duplicates_name_the_first_line() -> None:
    batch = parse_batch("urls.txt", f"{A}\n{B}\nhttps://youtu.be/{A}\n{A}\n".encode())
    assert ids(batch) == [(1, A), (2, B)]
    assert [(each.line, each.first) for each in batch.duplicates] == [(3, 1), (4, 1)]


def test_one_address_may_go_to_two_folders_but_not_be_asked_for_twice_in_one() -> None:
    text = f"""\
defaults: {{output: films}}
urls:
  - {A}
  - {{url: {A}, output: talks, quality: audio}}
  - {{url: {A}, output: films/}}
  - {{url: {A}, quality: 480p}}
"""
    batch = parse_batch("urls.yaml", text.encode())
    assert [(entry.line, entry.options.output) for entry in batch.entries] == [(3, None), (4, Path("talks"))]
    assert [(each.line, each.first) for each in batch.duplicates] == [(5, 3)]
    [bad] = batch.bad
    assert bad.line == 6 and "the same as line 3 but with other options" in bad.reason


def test_a_bare_height_is_refused_with_what_to_write() -> None:
    batch = parse_batch("urls.yaml", f"- {{url: {A}, quality: 720}}\n- {{url: {B}, quality: 4k}}\n".encode())
    assert [bad.reason for bad in batch.bad] == ["quality: write 720p", "quality: write 2160p"]


def test_hostile_text_of_a_bad_line_is_neutralised_and_cut() -> None:
    [bad] = parse_batch("urls.txt", f"http://x/\u202e{'y' * 500}".encode()).bad
    assert "\u202e" not in bad.text and len(bad.text) <= 80


YAML = f"""\
defaults:
  quality: 720p
  subtitles: en, de
urls:
  - {A}   # a comment
  - url: https://www.youtube.com/@tidewrackfilms
    quality: audio
    container: mkv
    auto_captions: true
    output: talks
  - url: {B}
    colour: red
  - 12345678901
  - url: {A}
"""


def test_yaml_has_options_for_each_entry_and_line_numbers() -> None:
    batch = parse_batch("urls.yaml", YAML.encode())
    assert (batch.defaults.quality, batch.defaults.subtitles) == ("720p", ("en", "de"))
    first, second = batch.entries
    assert (first.line, first.found.video_id) == (5, A)
    assert (second.line, second.found.kind) == (6, SourceKind.CHANNEL)
    options = second.options
    assert (options.quality, options.container, options.auto_captions) == ("audio", Container.MKV, True)
    assert options.output == Path("talks")
    assert [bad.line for bad in batch.bad] == [11, 13]
    assert "unknown option «colour»" in batch.bad[0].reason
    assert "quotes" in batch.bad[1].reason
    assert [(each.line, each.first) for each in batch.duplicates] == [(14, 5)]


def test_json_means_the_same_and_has_line_numbers() -> None:
    entries = f'"urls": [\n  "{A}",\n  {{"url": "{B}", "quality": "480p"}},\n  7]'
    text = f'{{"defaults": {{"container": "mkv"}},\n {entries}}}\n'
    batch = parse_batch("urls.json", text.encode())
    assert batch.defaults.container is Container.MKV
    assert ids(batch) == [(3, A), (4, B)]
    assert batch.entries[1].options.quality == "480p"
    assert [bad.line for bad in batch.bad] == [5]


def test_a_plain_list_will_do_and_json_needs_no_file_name() -> None:
    assert ids(parse_batch("x.yml", f"- {A}\n- {B}\n".encode())) == [(1, A), (2, B)]
    assert ids(parse_batch("standard input", f'["{A}", "{B}"]'.encode())) == [(1, A), (1, B)]


@pytest.mark.parametrize(
    ("name", "text", "line", "reason"),
    [
        ("x.yaml", "a: &a [x, x]\nurls: [*a, *a]\n", 1, "anchors and aliases"),
        ("x.yaml", "urls:\n  - a\n - b: [\n", 3, "not YAML"),
        ("x.yaml", "- a\n- \x07\n", 2, "not text"),
        ("x.yaml", "[" * 100, 1, "nested"),
        ("x.yaml", "just words", 1, "a batch is a list"),
        ("x.yaml", "- !!python/object/apply:os.system [ls]\n", 1, "not YAML"),
        ("x.yaml", "files: []\n", 1, "no «urls»"),
        ("x.json", '{"urls": [],\n "default": {}}', 1, "unknown name «default»"),
        ("x.json", '[\n"a",\n}', 3, "not JSON"),
        ("x.json", '["a"', 1, "missing"),
        ("x.json", '["a"]\n["b"]', 2, "more after its end"),
        ("x.json", "[" * 100_000, 1, "nested too deeply"),
        ("x.json", "", 1, "missing"),
        ("x.yaml", "urls: []\ndefaults: {output: ../../etc}\n", 2, "absolute folder"),
    ],
)
def test_a_broken_document_is_one_bad_line(name: str, text: str, line: int, reason: str) -> None:
    [bad] = parse_batch(name, text.encode()).bad
    assert bad.line == line
    assert reason in bad.reason


def test_a_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_input, "MAX_BYTES", 10)
    with pytest.raises(UsageError, match="larger than"):
        parse_batch("urls.txt", b"x" * 11)


def test_a_missing_file_is_a_usage_error_and_a_dash_is_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_batch(str(tmp_path / "none.txt"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(A.encode())))
    assert ids(read_batch("-")) == [(1, A)]


@given(st.binary(max_size=200), st.sampled_from(["x.txt", "x.yaml", "x.json", "-"]))
def test_no_bytes_can_break_it(raw: bytes, name: str) -> None:
    batch = parse_batch(name, raw)
    assert all(shown == plain(shown) for bad in batch.bad for shown in (bad.text, bad.reason))


@pytest.mark.parametrize(
    "value",
    [
        '!!int ""',
        '!!float ""',
        '!!bool "x"',
        '!!timestamp "x"',
        "0x" + "f" * 6000,
        '!!binary "x"',
        "!made up",
    ],
)
def test_a_yaml_value_that_can_t_be_made_spoils_its_own_entry_alone(value: str) -> None:
    batch = parse_batch("x.yaml", f"- {A}\n- {{url: {B}, quality: {value}}}\n- {value}\n- {C}\n".encode())
    assert ids(batch) == [(1, A), (4, C)]
    assert [bad.line for bad in batch.bad] == [2, 3] and all(bad.reason for bad in batch.bad)


def test_defaults_with_a_yaml_value_that_can_t_be_made_are_named() -> None:
    [bad] = parse_batch("x.yaml", f'defaults: {{quality: !!int ""}}\nurls:\n- {A}\n'.encode()).bad
    assert (bad.line, bad.text) == (1, "defaults")


@pytest.mark.parametrize("output", ["a\\u0000b", "\\ud800", "~no-such-user/x"])
def test_a_folder_that_can_t_be_one_is_refused_with_its_line(output: str) -> None:
    batch = parse_batch("x.json", f'["{A}",\n{{"url": "{B}", "output": "{output}"}}]'.encode())
    [bad] = batch.bad
    assert bad.line == 2 and bad.reason.startswith("output: there ")
    assert ids(batch) == [(1, A)]
