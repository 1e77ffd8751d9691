"""A small language of rules: which entries of a list are wanted.

    title ~ "lecture|talk" and duration > 10m and not kind = short
    date >= 2024-01-01 or channel = "Harbour Films"

`docs/sources.md` describes it for people. What a list does not tell (a date, often) is neither true nor
false: such an entry is decided when it is known better.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from ytarchive_tui.domain.pattern import BadPattern, Pattern
from ytarchive_tui.domain.text import plain

LONGEST = 1000
"""Characters of a rule."""
_DEEPEST = 20
_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(<=|>=|!=|!~|[=<>~()])|([^\s"=<>~()!]+))', re.DOTALL)
_UNITS = {"s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)([smh]?))|(?:(\d+):)?(\d{1,3}):(\d{2})")
KINDS = ("video", "short", "live")
"""Of videos, by the channel's tab on which they stand."""
FIELDS = ("title", "channel", "id", "kind", "duration", "date")


class BadRule(ValueError):
    """The text is no rule; the message says why and what would be right."""


class Facts(NamedTuple):
    """What is known of one entry; None is «not told»."""

    title: str | None = None
    channel: str | None = None
    video_id: str | None = None
    kind: str | None = None
    seconds: float | None = None
    published: date | None = None
    """UTC."""


Judge = Callable[[Facts], bool | None]


@lru_cache(maxsize=64)
def parse(text: str) -> Judge:
    """The rule as a function; raises `BadRule`."""
    if len(text) > LONGEST:
        raise BadRule(f"a rule has at most {LONGEST} characters")
    reader = _Reader(_tokens(text))
    judge = reader.any_of(0)
    if reader.next is not None:
        raise BadRule(f"«{plain(reader.next.text, 40)}» is one word too many; join parts with «and» or «or»")
    return judge


def fields(text: str) -> frozenset[str]:
    """The fields that a rule which can be parsed compares."""
    return frozenset(
        word.text.lower()
        for word, following in pairwise(_tokens(text))
        if following.sign and following.text not in "()" and not word.sign
    )


class _Word(NamedTuple):
    text: str
    quoted: bool = False
    sign: bool = False


def _tokens(text: str) -> list[_Word]:
    words, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadRule(f"it can't be read from «{plain(text[at:], 40)}» on; is a quotation mark missing?")
        quoted, sign, bare = match.groups()
        if quoted is not None:
            words.append(_Word(re.sub(r'\\(["\\])', r"\1", quoted), quoted=True))
        else:
            words.append(_Word(sign or bare, sign=sign is not None))
        at = match.end()
    return words


class _Reader:
    """Recursive descent: `or` binds less than `and`, `and` less than `not`."""

    def __init__(self, words: Sequence[_Word]) -> None:
        self._words = words
        self._at = 0

    @property
    def next(self) -> _Word | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def any_of(self, depth: int) -> Judge:
        parts = [self._all_of(depth)]
        while self._take("or"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else lambda facts: _or([part(facts) for part in parts])

    def _all_of(self, depth: int) -> Judge:
        parts = [self._one(depth)]
        while self._take("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda facts: _and([part(facts) for part in parts])

    def _one(self, depth: int) -> Judge:
        if depth > _DEEPEST:
            raise BadRule("too many brackets in each other")
        if self._take("not"):
            inner = self._one(depth + 1)
            return lambda facts: None if (found := inner(facts)) is None else not found
        if self._take("("):
            inner = self.any_of(depth + 1)
            if not self._take(")"):
                raise BadRule("a closing bracket is missing")
            return inner
        return self._comparison()

    def _comparison(self) -> Judge:
        field = self._word("one of " + ", ".join(FIELDS))
        name = field.text.lower()
        if field.quoted or field.sign or name not in FIELDS:
            raise BadRule(f"«{plain(field.text, 40)}» is no field; there are {', '.join(FIELDS)}")
        sign = self._word("a comparison such as = ~ < >=")
        if not sign.sign or sign.text in "()":
            raise BadRule(f"after «{name}» comes a comparison such as = ~ < >=")
        value = self._word("a value")
        if value.sign:
            raise BadRule(f"after «{name} {sign.text}» comes a value; put it in quotation marks")
        return _COMPARISONS[name](name, sign.text, value.text)

    def _take(self, text: str) -> bool:
        word = self.next
        if word is None or word.quoted or word.text.lower() != text:
            return False
        self._at += 1
        return True

    def _word(self, wanted: str) -> _Word:
        word = self.next
        if word is None:
            raise BadRule(f"it ends where {wanted} should come")
        self._at += 1
        return word


def _or(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _and(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _text(name: str, sign: str, value: str) -> Judge:
    attribute = "video_id" if name == "id" else name
    if name == "kind" and (sign not in ("=", "!=") or value.lower() not in KINDS):
        raise BadRule(f"a kind is {', '.join(KINDS)}, compared with = or !=")
    test: Callable[[str], bool]
    match sign:
        case "~" | "!~":
            try:
                test = Pattern(value).search
            except BadPattern as error:
                raise BadRule(str(error)) from None
        case "=" | "!=":
            folded = value.casefold()
            test = lambda told: told.casefold() == folded  # noqa: E731
        case _:
            raise BadRule(f"a {name} is compared with = != ~ or !~")
    wanted = not sign.startswith("!")

    def judge(facts: Facts) -> bool | None:
        told: str | None = getattr(facts, attribute)
        return None if told is None else test(told) is wanted

    return judge


def _seconds(name: str, sign: str, value: str) -> Judge:
    match = _DURATION.fullmatch(value)
    if match is None:
        raise BadRule(f"«{plain(value, 40)}» is no length; write 90s, 10m, 1.5h or 1:02:03")
    number, unit, hours, minutes, rest = match.groups()
    if number is not None:
        limit = float(number) * _UNITS[unit or "s"]
    else:
        limit = int(hours or 0) * 3600 + int(minutes) * 60 + int(rest)
    holds = _ordered(name, sign)
    return lambda facts: None if facts.seconds is None else holds(facts.seconds, limit)


def _date(name: str, sign: str, value: str) -> Judge:
    try:
        limit = date.fromisoformat(value if len(value) > 7 else value + ("-01-01", "-01")[len(value) > 4])
    except ValueError:
        raise BadRule(f"«{plain(value, 40)}» is no date; write 2024-05-31, 2024-05 or 2024") from None
    holds = _ordered(name, sign)
    return lambda facts: None if facts.published is None else holds(facts.published, limit)


def _ordered(name: str, sign: str) -> Callable[[Any, Any], bool]:
    signs: dict[str, Callable[[Any, Any], bool]] = {
        "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
        ">=": operator.ge,
    }  # fmt: skip
    if sign not in signs:
        raise BadRule(f"a {name} is compared with = != < <= > or >=")
    return signs[sign]


_COMPARISONS: dict[str, Callable[[str, str, str], Judge]] = {
    **dict.fromkeys(("title", "channel", "id", "kind"), _text),
    "duration": _seconds,
    "date": _date,
}
