from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytarchive_tui.domain.models import FileRole, ItemMetadata, StagedFile
from ytarchive_tui.storage import layout
from ytarchive_tui.storage.safe_text import safe_text, shorten

FILES = (
    StagedFile(name="m.mkv", role=FileRole.MEDIA),
    StagedFile(name="i.json", role=FileRole.INFO),
    StagedFile(name="t.webp", role=FileRole.THUMBNAIL),
    StagedFile(name="d", role=FileRole.DESCRIPTION),
    StagedFile(name="c", role=FileRole.CHAPTERS),
    StagedFile(name="s1.vtt", role=FileRole.SUBTITLE, language="zh-Hans-TW", auto=True),
    StagedFile(name="s2.vtt", role=FileRole.SUBTITLE, language="../../etc/x" * 20),
)
PIECES = [
    *("..", "/", "\\", "\0", "\x1b]0;x\a", "-rf ", "CON", "nul.", "COM1.x", "aux ", "LPT¹", "[/b]", "\u202e"),
    *(
        "\u200d",
        "\ufe0f",
        "👨\u200d👩\u200d👧",
        "🏳\ufe0f\u200d🌈",
        "🇩🇪",
        "é",
        "e\u0301",
        "\u0301",
        "\ud800",
        "港",
    ),
    *(
        "\u200b",
        ". ",
        " .",
        "~",
        ":",
        "?",
        "\u212a",
        "<\u0338",
        "\U0001f3fd",
        "한",
        "ᄒ",
        "ᅡ",
        "\ufeff",
        "\ufffe",
    ),
    *("\x85", "\u2028", "A" * 90, "🎉" * 40),
]
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
)
YOUTUBE_ID = st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True)
DATES = st.none() | st.datetimes(timezones=st.just(UTC))
RESERVED = re.compile(
    r"(CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])[ ]*(\.|$)", re.IGNORECASE
)


def item(
    title: str | None = "A title",
    channel: str | None = "A channel",
    video_id: str = "dQw4w9WgXcQ",
    published_at: datetime | None = None,
) -> ItemMetadata:
    return ItemMetadata(
        extractor="youtube",
        video_id=video_id,
        provider="ytdlp",
        title=title,
        channel=channel,
        published_at=published_at,
    )


def assert_valid(component: str) -> None:
    """The rules of ext4, APFS, NTFS, exFAT and FAT long names together, and those of people."""
    assert component not in ("", ".", "..")
    assert len(component.encode()) <= 255, "ext4, APFS: bytes, valid UTF-8"
    assert len(component.encode("utf-16-le")) // 2 <= 255, "NTFS, exFAT, FAT: UTF-16 units"
    assert not set(component) & set('<>:"/\\|?*\0'), "NTFS, exFAT, FAT"
    assert component[-1] not in " ." and component[0] not in " .-~"
    assert not RESERVED.match(component), "a device of Windows"
    assert unicodedata.is_normalized("NFC", component), "APFS and HFS+ would find two spellings"
    for before, char in zip(" " + component, component, strict=False):
        category = unicodedata.category(char)
        assert category not in ("Cc", "Cs", "Co", "Zl", "Zp")
        assert category != "Cf" or (
            char == "\u200d" and unicodedata.category(before) not in ("Ll", "Lu", "Zs")
        )


@settings(max_examples=1500, deadline=None)
@given(
    title=st.none() | HOSTILE,
    channel=st.none() | HOSTILE,
    video_id=YOUTUBE_ID | HOSTILE,
    date=DATES,
    attempt=st.integers(0, 3),
)
def test_hostile_names_are_valid_everywhere(
    title: str | None, channel: str | None, video_id: str, date: datetime | None, attempt: int
) -> None:
    metadata = item(title, channel, video_id, date)
    folder = layout.folder(metadata, attempt)
    names = layout.file_names(metadata, FILES)
    assert len(folder.parts) == 2 and not folder.is_absolute()
    assert len({name.casefold() for name in names.values()} | {layout.MANIFEST}) == len(FILES) + 1
    tag = f"[{layout.safe_id(video_id)}]"
    for component in (*folder.parts, *names.values()):
        assert_valid(component)
    assert all(tag in name for name in (folder.name, *names.values()))
    for name in (*names.values(), layout.MANIFEST):
        assert len(f"{folder}/{name}.part".encode("utf-16-le")) // 2 <= layout.PATH_UNITS
    if re.fullmatch(r"[A-Za-z0-9_-]{11}", video_id):
        assert tag == f"[{video_id}]"


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(max_examples=20_000, deadline=None)
@given(title=HOSTILE, channel=HOSTILE)
def test_many_more_hostile_names(title: str, channel: str) -> None:
    metadata = item(title, channel)
    for component in (*layout.folder(metadata).parts, *layout.file_names(metadata, FILES).values()):
        assert_valid(component)


def test_names_look_as_people_expect() -> None:
    metadata = item(
        'What? A/B: "test"  [4K]', "MIT OpenCourseWare", published_at=datetime(2026, 3, 1, 23, tzinfo=UTC)
    )
    assert layout.folder(metadata) == PurePosixPath(
        "MIT OpenCourseWare/2026-03-01 What？ A⧸B： ＂test＂ [4K] [dQw4w9WgXcQ]"
    )
    names = layout.file_names(metadata, FILES)
    assert names["s1.vtt"] == "What？ A⧸B： ＂test＂ [4K] [dQw4w9WgXcQ].zh-Hans-TW.auto.vtt"
    assert names["i.json"].endswith("[dQw4w9WgXcQ].info.json")


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("../../../etc/passwd", "⧸..⧸..⧸etc⧸passwd"),
        ("..", ""),
        ("-rf /", "rf ⧸"),
        ("a\x1b[31m\0\u202eb\u200b c\n d", "a[31mb c d"),
        ("e\u0301", "é"),
        ("👨\u200d👩\u200d👧 x\u200dy", "👨\u200d👩\u200d👧 xy"),
        ("❤\ufe0f x\ufe0f", "❤\ufe0f x"),
        ("lone \ud83d half", "lone half"),
        (" .hidden. ", "hidden"),
    ],
)
def test_safe_text(hostile: str, safe: str) -> None:
    assert safe_text(hostile) == safe


@pytest.mark.parametrize(
    "cluster", ["👨\u200d👩\u200d👧", "🇩🇪", "👍🏽", "e\u0323\u0301", "\u1112\u1161\u11ab", "🎉"]
)
def test_cuts_fall_between_graphemes(cluster: str) -> None:
    for octets in range(80):
        cut = shorten(cluster * 9, octets=octets, units=999)
        assert cut == cluster * (len(cut) // len(cluster)), octets
        assert len(cut.encode()) <= octets


def test_ids_that_differ_in_case_or_bytes_never_share_a_name() -> None:
    upper, lower = item(video_id="aBcDeFgHiJk"), item(video_id="abcdefghijk")
    assert str(layout.folder(upper, 1)).casefold() != str(layout.folder(lower, 0)).casefold()
    assert str(layout.folder(upper, 1)).casefold() != str(layout.folder(lower, 1)).casefold()
    ids = ["a/b", "a%2Fb", "a b", "a.b", "x" * 200, "x" * 201, ""]
    assert len({layout.safe_id(video_id) for video_id in ids}) == len(ids)


def test_missing_parts_have_a_stand_in() -> None:
    assert layout.folder(item(None, None)) == PurePosixPath("Unknown channel/[dQw4w9WgXcQ]")
    assert layout.folder(item("CON.mp3", "nul")) == PurePosixPath("_nul/_CON.mp3 [dQw4w9WgXcQ]")
