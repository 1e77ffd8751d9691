"""The rule language, and expressions that cannot be slow."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytarchive_tui.domain.models import AtSource
from ytarchive_tui.domain.pattern import BadPattern, Pattern
from ytarchive_tui.domain.rules import BadRule, Facts, fields, parse
from ytarchive_tui.domain.selection import Candidate, Order, Selection

LECTURE = Facts('Lecture 12: "Clocks"', "MIT", "abcdefghijk", "video", 3725, date(2024, 5, 31))


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ('title ~ "lecture \\d+"', True),
        ("title !~ lecture", False),
        ('title = "LECTURE 12: \\"clocks\\""', True),
        ("duration > 1h", True),
        ("duration <= 1:02:05 and duration >= 62m", True),
        ("duration = 3725", True),
        ("date >= 2024-05-31 and date < 2024-06", True),
        ("date > 2025", False),
        ("kind = short or channel = mit", True),
        ("not (kind = video and channel = mit)", False),
        ("kind = live and kind = video or id = abcdefghijk", True),
        ("NOT kind != video", True),
    ],
)
def test_a_rule_decides(rule: str, kept: bool) -> None:
    assert parse(rule)(LECTURE) is kept


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("kind = short", {"kind"}),
        ('not (KIND != live or duration > 1h) and title ~ "kind = short"', {"kind", "duration", "title"}),
        ("title = kind", {"title"}),
        ('channel !~ "kind" and id = kind', {"channel", "id"}),
    ],
)
def test_which_fields_a_rule_names_is_not_taken_from_its_texts(rule: str, named: set[str]) -> None:
    parse(rule)
    assert fields(rule) == named


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("date > 2024", None),
        ("date > 2024 and title = other", False),
        ("date > 2024 or title = lecture", True),
        ("not date > 2024", None),
    ],
)
def test_what_is_not_told_is_neither_true_nor_false(rule: str, told: bool | None) -> None:
    assert parse(rule)(Facts(title="Lecture")) is told


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("", "ends where"),
        ("title", "ends where"),
        ("titel ~ x", "no field"),
        ("title > x", "compared with"),
        ("duration ~ 5", "compared with"),
        ("duration > long", "no length"),
        ("date > yesterday", "no date"),
        ("kind = movie", "a kind is"),
        ("title ~ x title ~ y", "one word too many"),
        ("(title ~ x", "closing bracket"),
        ('title ~ "x', "quotation mark"),
        ("title ~ (", "put it in quotation marks"),
        ('title ~ "("', "regular expression"),
        ('title ~ "(a)\\\\1"', "not supported"),
        ("(" * 30 + "title ~ x" + ")" * 30, "too many brackets"),
        ("not " * 300 + "title ~ x", "at most|too many"),
    ],
)
def test_a_mistake_is_named(rule: str, why: str) -> None:
    with pytest.raises(BadRule, match=why):
        parse(rule)


def test_hostile_expressions_end_at_once() -> None:
    began = time.process_time()
    for hostile in ("^(a+)+$", "^(a|aa)*$", "^" + "a?" * 40 + "a" * 40 + "$", "(.*)*b"):
        assert not Pattern(hostile).search("a" * 38 + "!" + "a" * 400)
    assert time.process_time() - began < 2
    with pytest.raises(BadPattern, match="too large"):
        Pattern("(a{1,30}){1,30}")


@given(st.text(alphabet="ab(|)*+?.^$c", max_size=12), st.text(alphabet="abcd", max_size=12))
def test_it_finds_what_pythons_own_finds(expression: str, text: str) -> None:
    try:
        ours = Pattern(expression)
    except BadPattern:
        return
    assert ours.search(text) is (re.search(expression, text) is not None)


def _candidate(n: int, **known: object) -> Candidate:
    return Candidate(n, n, Facts(title=f"t{n}"), **known)  # type: ignore[arg-type]


def test_order_and_limit() -> None:
    three = [_candidate(1), _candidate(2), _candidate(3)]
    assert Selection(most=2).pick(three) == [1, 2]
    assert Selection(order=Order.OLDEST, most=2).pick(three) == [3, 2]
    assert Selection.of("title != t3", "oldest", None).pick(three) == [2, 1]


def test_the_most_endangered_come_first() -> None:
    rows = [
        _candidate(1),
        _candidate(2, beside_missing=True),
        _candidate(3, at_source=AtSource.UNLISTED),
        _candidate(4),
    ]
    assert Selection(order=Order.ENDANGERED).pick(rows) == [3, 2, 4, 1]
