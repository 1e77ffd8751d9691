"""Named strategies of trying again: how long to wait before the next try, as pure functions of the past.

A strategy is written as its name and what it goes by: `exponential first=5 longest=30m tries=6`,
`fixed every=10m`, `adaptive shortest=30 longest=6h`, `none`, `usual`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models.base import Frozen

MOST_S = 366 * 86_400.0
MOST_TRIES = 1000
FACTOR = 2.0
GROWTH = 32
"""How much the first delay may grow where neither the strategy nor the class names a longest one."""
REMEMBERED = timedelta(days=7)
"""How far back the adaptive strategy looks."""
DAY = timedelta(days=1)

_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_TWICE = "a video counts as gone only when it was missed twice, a day apart"
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class StrategyName(StrEnum):
    """How the delays of one class of failure follow each other."""

    USUAL = "usual"
    """The class's own list of delays."""
    EXPONENTIAL = "exponential"
    """Each delay is the one before times a factor, up to a bound."""
    FIXED = "fixed"
    """Always the same."""
    ADAPTIVE = "adaptive"
    """Learned from how the last tries ended there: longer after failures, shorter after successes."""
    NONE = "none"
    """No further try by itself."""


class Past(NamedTuple):
    """How one try ended."""

    at: datetime
    good: bool


class Strategy(Frozen):
    """One strategy; what is None is taken from the class's own list of delays."""

    name: StrategyName = StrategyName.USUAL
    first_s: float | None = None
    """The first delay, of `adaptive` the shortest, of `fixed` the only one."""
    longest_s: float | None = None
    factor: float = FACTOR
    tries: int | None = None
    """Tries after the first one; None: as many as the class is usually granted."""

    def __str__(self) -> str:
        """As it is written in the settings."""
        words = _WORDS[self.name]
        given = {"first_s": self.first_s, "longest_s": self.longest_s, "tries": self.tries}
        if self.factor != FACTOR:
            given["factor"] = self.factor
        told = (f"{word}={_short(value, field)}" for word, field in words.items()
                if (value := given.get(field)) is not None)  # fmt: skip
        return " ".join((self.name.value, *told))


_WORDS: dict[StrategyName, dict[str, str]] = {
    StrategyName.USUAL: {},
    StrategyName.EXPONENTIAL: {
        "first": "first_s", "longest": "longest_s", "factor": "factor", "tries": "tries",
    },
    StrategyName.FIXED: {"every": "first_s", "tries": "tries"},
    StrategyName.ADAPTIVE: {
        "shortest": "first_s", "longest": "longest_s", "factor": "factor", "tries": "tries",
    },
    StrategyName.NONE: {},
}  # fmt: skip
"""What each strategy may be told, and the field that it fills."""

Strategies = Mapping[FailureClass, Strategy]
"""Classes that are not named keep to their usual delays."""


def parse_strategy(text: str) -> Strategy:
    """The strategy of such a text; raises `ValueError` with what would be right."""
    name, *parts = text.lower().split() or [""]
    if name not in set(StrategyName):
        raise ValueError(f"should begin with one of {', '.join(StrategyName)}")
    words = _WORDS[StrategyName(name)]
    fields: dict[str, float] = {}
    for part in parts:
        word, _, value = part.partition("=")
        if word not in words:
            known = f"takes {', '.join(f'{each}=…' for each in words)}" if words else "takes nothing more"
            raise ValueError(f"«{name}» {known}, not «{part}»")
        fields[words[word]] = _value(words[word], word, value)
    made = Strategy.model_validate({"name": name, **fields})
    if made.first_s and made.longest_s and made.first_s > made.longest_s:
        raise ValueError(f"its longest delay should not be below {_short(made.first_s, 'first_s')} s")
    return made


def next_delay_s(
    strategy: Strategy, usual: Sequence[float], granted: int | None, earlier: int, past: Iterable[Past] = ()
) -> float | None:
    """Seconds until the next try after `earlier` failed ones before this; None: there is none.

    `usual`: the class's own delays, at least one. `granted`: how many tries it usually gets, None for no end.
    `past`: how the last tries ended there, the oldest first; of use to `adaptive` alone.
    """
    tries = granted if strategy.tries is None else strategy.tries
    if strategy.name is StrategyName.NONE or (tries is not None and earlier >= tries):
        return None
    first = usual[0] if strategy.first_s is None else strategy.first_s
    longest = usual[-1] if usual[-1] > first else first * GROWTH
    if strategy.longest_s is not None:
        longest = max(first, strategy.longest_s)
    match strategy.name:
        case StrategyName.EXPONENTIAL:
            # From 64 on any factor has long passed the bound, and the power would overflow.
            return min(longest, first * strategy.factor ** min(earlier, 64))
        case StrategyName.FIXED:
            return first
        case StrategyName.ADAPTIVE:
            return learned_s(first, longest, strategy.factor, past)
        case _:
            return usual[min(earlier, len(usual) - 1)]


def learned_s(shortest: float, longest: float, factor: float, past: Iterable[Past]) -> float:
    """The delay that the past has taught, between its bounds.

    Each failure makes it longer by the factor, each success shorter. Failures within the delay that the one
    before led to are one with it: ten downloads that break at once say no more than a single one.
    """
    delay, counted, waited = shortest, None, 0.0
    for each in past:
        if each.good:
            delay = max(shortest, delay / factor)
        elif counted is None or (each.at - counted).total_seconds() >= waited or each.at < counted:
            delay, counted, waited = min(longest, delay * factor), each.at, delay
    return delay


def problem_of(failure_class: FailureClass, strategy: Strategy) -> str | None:
    """Why a class can't have that strategy; None when it can."""
    if failure_class is not FailureClass.GONE:
        return None
    if strategy.name is StrategyName.NONE or strategy.tries == 0:
        return f"needs a second look: {_TWICE}"
    if strategy.first_s is not None and strategy.first_s < DAY.total_seconds():
        return f"should wait at least 1d: {_TWICE}"
    return None


def _value(field: str, word: str, text: str) -> float:
    if field == "tries":
        if not text.isdecimal() or int(text) > MOST_TRIES:
            raise ValueError(f"«{word}» should be a number of tries, 0 to {MOST_TRIES}")
        return int(text)
    if field == "factor":
        factor = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
        if not 1 < factor <= 10:
            raise ValueError(f"«{word}» should be a number above 1, at most 10")
        return factor
    found = _DURATION.fullmatch(text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds <= MOST_S:
        raise ValueError(f"«{word}» should be a time such as 30, 90s, 15m, 6h or 2d; at most a year")
    return seconds


def _short(value: float, field: str) -> str:
    """`90`, `15m`, `6h`: the largest unit that leaves no fraction."""
    if field.endswith("_s"):
        for unit in ("d", "h", "m"):
            if value >= _UNITS[unit] and value % _UNITS[unit] == 0:
                return f"{value / _UNITS[unit]:g}{unit}"
    return f"{value:g}"
