"""Regular expressions that cannot be slow: searched in time linear in the text, whatever their form.

Python's own engine tries one way after the other, and a hostile expression has it try for years. Here all
ways are followed at once (Thompson), and what was met is remembered (a lazily made automaton). What needs
more than that, such as references to groups and looking ahead, is refused.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NamedTuple

LONGEST = 200
"""Characters of an expression."""
_MOST_STATES = 500
_MOST_REMEMBERED = 5000

_re: Any = import_module("re._parser")
"""The parser of Python's own expressions; it has no public name."""

_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda char: not char.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda char: not char.isspace(),
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
    "CATEGORY_NOT_WORD": lambda char: not (char.isalnum() or char == "_"),
}
_Test = Callable[[str], bool]


class BadPattern(ValueError):
    """The text is no expression that can be used; the message says why."""


class _State(NamedTuple):
    """One step: consume a character that passes, or go on where the surroundings pass, or end."""

    test: _Test | None = None
    guard: str | None = None
    then: tuple[int, ...] = ()


class Pattern:
    """A case-blind expression; raises `BadPattern`."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise BadPattern(f"an expression has at most {LONGEST} characters")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parsed = _re.parse(_folded(text), 0)
        except (_re.error, OverflowError, RecursionError) as error:
            raise BadPattern(f"not a regular expression: {error}") from None
        self._states: list[_State] = [_State()]
        self._start = self._sequence(parsed, 0)
        self._steps: dict[tuple[frozenset[int], str, str], frozenset[int]] = {}

    def search(self, text: str) -> bool:
        """Whether the expression is found anywhere in the text."""
        now: frozenset[int] = frozenset()
        before = ""
        for char in (*text.casefold(), ""):
            key = (now, before, char)
            known = self._steps.get(key)
            if known is None:
                if len(self._steps) >= _MOST_REMEMBERED:
                    self._steps.clear()
                known = self._steps[key] = self._step(now, before, char)
            if 0 in known:
                return True
            now, before = known, _class(char)
        return False

    def _step(self, now: Iterable[int], before: str, char: str) -> frozenset[int]:
        """The states after a character; 0 among them: found."""
        after: set[int] = set()
        open_, met = [*now, self._start], set[int]()
        while open_:
            number = open_.pop()
            if number in met:
                continue
            met.add(number)
            if number == 0:
                return frozenset({0})
            state = self._states[number]
            if state.test is None:
                if state.guard is None or _holds(state.guard, before, _class(char)):
                    open_.extend(state.then)
            elif char and state.test(char):
                after.update(state.then)
        return frozenset(after)

    def _add(self, state: _State) -> int:
        if len(self._states) >= _MOST_STATES:
            raise BadPattern("the expression is too large; write smaller repetitions")
        self._states.append(state)
        return len(self._states) - 1

    def _sequence(self, parts: Iterable[Any], then: int) -> int:
        for part in reversed(list(parts)):
            then = self._part(part, then)
        return then

    def _part(self, part: Any, then: int) -> int:
        code, value = str(part[0]), part[1]
        match code:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return self._add(_State(test=_test(code, value), then=(then,)))
            case "BRANCH":
                return self._add(_State(then=tuple(self._sequence(each, then) for each in value[1])))
            case "SUBPATTERN":
                if value[1] or value[2]:
                    raise BadPattern(
                        "flags inside an expression are not supported; it is case-blind as it is"
                    )
                return self._sequence(value[3], then)
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, body = value
                return self._repeat(least, most, body, then)
            case "AT" if str(value) in _GUARDS:
                return self._add(_State(guard=str(value), then=(then,)))
        raise BadPattern("references to groups and looking ahead or behind are not supported")

    def _repeat(self, least: int, most: Any, body: Any, then: int) -> int:
        if str(most) == "MAXREPEAT":
            loop = self._add(_State())
            self._states[loop] = _State(then=(self._sequence(body, loop), then))
            then = loop
        else:
            end = then
            for _ in range(int(most) - least):
                then = self._add(_State(then=(self._sequence(body, then), end)))
        for _ in range(least):
            then = self._sequence(body, then)
        return then


def _folded(text: str) -> str:
    """The expression in small letters; what follows a backslash means something else then, so it stays."""
    return re.sub(r"(\\.)|([^\\]+)", lambda m: m[1] or m[2].casefold(), text, flags=re.DOTALL)


_GUARDS = frozenset(
    {"AT_BEGINNING", "AT_BEGINNING_STRING", "AT_END", "AT_END_STRING", "AT_BOUNDARY", "AT_NON_BOUNDARY"}
)


def _class(char: str) -> str:
    """What a guard has to know of a character: none, one of a word, another."""
    return "" if not char else "w" if char.isalnum() or char == "_" else "-"


def _holds(guard: str, before: str, after: str) -> bool:
    match guard:
        case "AT_BEGINNING" | "AT_BEGINNING_STRING":
            return not before
        case "AT_END" | "AT_END_STRING":
            return not after
    boundary = (before == "w") != (after == "w")
    return boundary == (guard == "AT_BOUNDARY")


def _test(code: str, value: Any) -> _Test:
    match code:
        case "LITERAL":
            return lambda char: ord(char) == value
        case "NOT_LITERAL":
            return lambda char: ord(char) != value
        case "ANY":
            return lambda char: char != "\n"
    tests = [_member(str(kind), each) for kind, each in value if str(kind) != "NEGATE"]
    wanted = not any(str(kind) == "NEGATE" for kind, _ in value)
    return lambda char: any(test(char) for test in tests) is wanted


def _member(kind: str, value: Any) -> _Test:
    match kind:
        case "LITERAL":
            return lambda char: ord(char) == value
        case "RANGE":
            low, high = value
            return lambda char: low <= ord(char) <= high
        case "CATEGORY" if str(value) in _CATEGORIES:
            return _CATEGORIES[str(value)]
    raise BadPattern("that kind of character class is not supported")
