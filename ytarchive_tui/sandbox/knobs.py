"""Checks changes of the knobs before they are made; a change is made whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from functools import partial

from .budget import BanKind
from .model import Condition, Knobs, Video

_CHOICES: dict[str, frozenset[str]] = {
    "ban_kind": frozenset(BanKind),
    "api_fault": frozenset({"", "500", "503", "rateLimitExceeded", "malformed", "hang"}),
}
_LONGEST = 40
_VIDEO_FIELDS = frozenset(field.name for field in fields(Video)) - {"id"}


class KnobError(ValueError):
    """A change that names no knob, or gives one a value it can't have."""


def change(knobs: Knobs, patch: Mapping[str, object]) -> None:
    """Set each knob named in `patch` to its value there. KnobError with the reason."""
    defaults = asdict(Knobs())
    unknown = patch.keys() - defaults.keys()
    if unknown:
        raise KnobError(f"no such knob: {', '.join(sorted(unknown))}; there are {', '.join(defaults)}")
    checked = {name: _check(name, value, defaults[name]) for name, value in patch.items()}
    for name, value in checked.items():
        setattr(knobs, name, value)


def replace(knobs: Knobs, values: Mapping[str, object]) -> None:
    """Set the knobs named in `values`, and every other one to its default. KnobError with the reason."""
    change(knobs, {**asdict(Knobs()), **values})


def parse(assignment: str) -> tuple[str, object]:
    """Split `name=value`; the value is JSON, or a plain word. KnobError when there is no `=`."""
    name, mark, text = assignment.partition("=")
    if not mark:
        raise KnobError(f"{assignment!r} is not of the form name=value")
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def _check(name: str, value: object, default: object) -> object:
    """Return `value` if it is of the default's type and within the knob's bounds."""
    match default:
        case bool():
            if not isinstance(value, bool):
                raise KnobError(f"{name} must be true or false, not {value!r}")
            return value
        case int():
            return _count(name, value)
        case float():
            return _duration(name, value)
        case str():
            return _one_of(_CHOICES[name], name, value) if name in _CHOICES else _words(name, value)
    if not isinstance(value, dict):
        raise KnobError(f"{name} must be an object, not {value!r}")
    return {key: _ENTRIES[name](f"{name}[{key!r}]", entry) for key, entry in value.items()}


def _count(name: str, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise KnobError(f"{name} must be a whole number of at least 0, not {value!r}")
    return value


def _duration(name: str, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise KnobError(f"{name} must be a number of at least 0, not {value!r}")
    return float(value)


def _one_of(choices: frozenset[str], name: str, value: object) -> object:
    if not isinstance(value, str) or value not in choices:
        raise KnobError(f"{name} must be one of {sorted(choices)}, not {value!r}")
    return value


def _words(name: str, value: object) -> object:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise KnobError(f"{name} must be a text of 1 to {_LONGEST} characters, not {value!r}")
    return value


def _video_fields(name: str, value: object) -> object:
    if not isinstance(value, dict) or not value.keys() <= _VIDEO_FIELDS:
        raise KnobError(f"{name} must be an object with fields out of {sorted(_VIDEO_FIELDS)}, not {value!r}")
    return value


_ENTRIES: dict[str, Callable[[str, object], object]] = {
    "api_keys": _count,
    "conditions": partial(_one_of, frozenset(Condition)),
    "fail_times": _count,
    "overrides": _video_fields,
}
